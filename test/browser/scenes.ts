/** Every state of the page: before, in and after a room. */
import type { RoomEventDetails } from '@conclave/node'
import type { Scene, Stage } from './gallery.ts'
import {
  act,
  choose,
  converse,
  createRoom,
  emit,
  goIn,
  heading,
  keys,
  knock,
  memberMenu,
  members,
  PEER,
  roomMenu,
  say,
} from './staging.ts'

export const SCENES: readonly Scene[] = [
  // Before.
  { name: 'entrance', comesAlone: true, show: async ({ page }) => await page.locator('h1').waitFor() },
  {
    name: 'entrance-options',
    comesAlone: true,
    show: async ({ page, t }) => {
      await page.getByText(t.entrance.options).click()
      await page.getByLabel(t.entrance.excludeLabel).selectOption('quorum')
    },
  },
  { name: 'entrance-invited', show: async ({ page, t }) => await heading(page, t.entrance.invitedTitle) },
  { name: 'entrance-named', comesAlone: true, show: async (stage) => await aim(stage, 'Lobby of the house') },
  { name: 'entrance-problem', comesAlone: true, show: async (stage) => await aim(stage, 'https://x/#half') },
  {
    name: 'connecting',
    fake: 'connecting',
    show: async (stage) => {
      await knock(stage)
      await stage.page.locator('button[aria-busy=true]').waitFor()
    },
  },
  { name: 'settings', comesAlone: true, show: settings },
  { name: 'settings-all', comesAlone: true, show: settingsAll },
  { name: 'identity', comesAlone: true, show: identity },
  // On the way in.
  { name: 'waiting', fake: 'joining', show: goIn },
  { name: 'offline', fake: 'offline', show: goIn },
  { name: 'denied', fake: 'joining', show: async (stage) => await refused(stage, DENIED) },
  { name: 'blocked', fake: 'joining', show: async (stage) => await refused(stage, BLOCKED) },
  // In the room.
  { name: 'room-alone', comesAlone: true, fake: 'quiet', show: createRoom },
  { name: 'room-quiet', fake: 'quiet', show: goIn },
  {
    name: 'room',
    show: async (stage) => {
      await converse(stage)
      // The last thing to show is what waits for its key.
      await stage.page.locator('.notice-waiting').waitFor()
    },
  },
  { name: 'room-behind', show: behind },
  { name: 'room-wake', show: async (stage) => await moved(stage) },
  { name: 'room-menu', show: roomMenu },
  { name: 'member-menu', show: async (stage) => await memberMenu(stage) },
  { name: 'members', show: members },
  { name: 'keys', show: keys },
  { name: 'key-table', show: keyTable },
  { name: 'members-log', show: membersLog },
  { name: 'keys-tree', fake: 'tree', show: keys },
  { name: 'details', show: details },
  { name: 'emoji', show: emoji },
  { name: 'reply', show: reply },
  { name: 'sending', show: sending },
  { name: 'earlier-asked', show: earlierAsked },
  { name: 'earlier', fake: 'quiet', show: earlier },
  { name: 'earlier-unasked', show: earlierUnasked },
  { name: 'too-long', fake: 'quiet', show: tooLong },
  { name: 'dropping', show: dropping },
  { name: 'files-coming', fake: 'quiet', show: filesComing },
  { name: 'files-over', fake: 'quiet', show: filesOver },
  { name: 'files-own', fake: 'quiet', show: filesOwn },
  // Over the room.
  { name: 'invite', show: invite },
  { name: 'invites-made', show: invitesMade },
  { name: 'safety', show: async (stage) => await safety(stage) },
  { name: 'safety-room', show: async (stage) => await choose(stage, stage.t.menu.safety) },
  { name: 'safety-none', show: safetyNone },
  { name: 'exclude', show: exclude },
  { name: 'exclude-several', show: excludeSeveral },
  { name: 'vote', fake: 'quorum', show: vote },
  { name: 'scheme', show: scheme },
  { name: 'refresh', show: async (stage) => await choose(stage, stage.t.menu.refresh) },
  { name: 'split', show: async (stage) => await choose(stage, stage.t.menu.split) },
  { name: 'merge', show: merge },
  { name: 'destroy', show: async (stage) => await choose(stage, stage.t.menu.destroy) },
  { name: 'leave', show: async (stage) => await choose(stage, stage.t.menu.leave) },
  { name: 'connection', show: connection },
  { name: 'ask-earlier', show: async (stage) => await choose(stage, stage.t.menu.earlier) },
  { name: 'hand-on', show: async (stage) => await act(stage, stage.t.members.handOn) },
  // After.
  { name: 'excluded', show: async (stage) => await over(stage, 'excluded') },
  { name: 'destroyed', show: async (stage) => await over(stage, 'destroyed') },
  { name: 'left', show: left },
  { name: 'closed', show: async (stage) => await over(stage, 'closed') },
]

const DENIED = {
  code: 'denied',
  message: 'Somebody in the room said no. Talk to them before you knock again: the second no is for good.',
}
const BLOCKED = {
  code: 'invite-revoked',
  message: 'This invite does not count any more, or is for another room. Ask a member for a new one.',
}

async function aim({ page, t }: Stage, at: string): Promise<void> {
  await page.getByLabel(t.entrance.otherWay).fill(at)
  await page.getByRole('button', { name: t.entrance.goOn }).click()
}

async function refused(stage: Stage, error: RoomEventDetails['error']): Promise<void> {
  await goIn(stage)
  await emit(stage, 'error', error)
}

async function settings({ page, t }: Stage): Promise<void> {
  await page.getByRole('button', { name: t.button.settings }).click()
  await page.getByRole('dialog').waitFor()
}

async function settingsAll(stage: Stage): Promise<void> {
  const { page, t } = stage
  await settings(stage)
  await page.getByText(t.settings.connection, { exact: true }).click()
  await page.getByLabel(t.settings.ice).fill('stun:here and there')
  await page.getByRole('button', { name: t.settings.save, exact: true }).click()
}

/** A file that is opened with the wrong passphrase. */
async function identity(stage: Stage): Promise<void> {
  const { page, t } = stage
  await settings(stage)
  await page.getByText(t.settings.identity, { exact: true }).click()
  await page.getByLabel(t.settings.passphrase).fill('correct horse battery')
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: t.settings.export }).click()
  const file = await (await downloading).path()
  await page.getByLabel(t.settings.passphrase).fill('wrong horse battery')
  await page.locator('dialog input[type=file]').setInputFiles(file)
  await page.getByText(t.errors['bad-passphrase']).waitFor()
}

async function moved(stage: Stage): Promise<void> {
  await converse(stage)
  await emit(stage, 'moved', { by: PEER.ana, room: 'c8' }, { status: 'joining' })
}

async function keyTable(stage: Stage): Promise<void> {
  await keys(stage)
  await stage.page.getByLabel(stage.t.keys.rowOf).selectOption({ label: 'Ana Sousa' })
  await stage.page.locator('.table-picture').scrollIntoViewIfNeeded()
}

/** Somebody reads further up while more is said; then they catch up, and more is said once more. */
async function behind(stage: Stage): Promise<void> {
  const { page, t } = stage
  await converse(stage)
  const newest = page.getByRole('button', { name: t.chat.newMessages })
  for (const text of ['Page 4 is done.', 'And page 5.']) {
    await page.locator('.entries').evaluate((list) => list.scrollTo({ top: 0 }))
    // What follows would follow the end still, had the page not noticed yet.
    await page.evaluate(() => new Promise(requestAnimationFrame))
    const said = { from: PEER.ana, name: 'Ana Sousa', version: '58', revision: 0, verified: true }
    await emit(stage, 'message', { ...said, text })
    await newest.waitFor()
    if (text !== 'Page 4 is done.') continue
    await newest.click()
    await newest.waitFor({ state: 'detached' })
  }
}

/** Who was let in and excluded by whom, with one signature open. */
async function membersLog(stage: Stage): Promise<void> {
  await keys(stage)
  await stage.page.locator('.deeds summary').first().click()
  await stage.page.locator('.deeds').evaluate((list) => list.scrollIntoView({ block: 'end' }))
}

async function details(stage: Stage): Promise<void> {
  await converse(stage)
  await stage.page.locator('.message').first().focus()
  await stage.page.locator('.message').first().getByRole('button', { name: stage.t.chat.details }).click()
}

async function emoji(stage: Stage): Promise<void> {
  await converse(stage)
  await stage.page.getByRole('button', { name: stage.t.chat.emoji }).click()
}

async function reply(stage: Stage): Promise<void> {
  await converse(stage)
  await stage.page.locator('.message').first().focus()
  await stage.page
    .locator('.message')
    .first()
    .getByRole('button', { name: stage.t.chat.reply, exact: true })
    .click()
}

async function sending(stage: Stage): Promise<void> {
  await converse(stage)
  await say(stage, 'I agree with all of it.')
  await say(stage, 'wait')
  await say(stage, 'fail')
  await say(stage, 'unheard')
  await stage.page.getByText(stage.t.chat.unheard).waitFor()
}

const EARLIER = [
  { from: PEER.ben, name: 'Ben', text: 'Shall we begin?', at: 1_790_000_000_000 },
  { from: PEER.ana, name: 'Ana Sousa', text: 'Yes. See `draft.md`, page 4.', at: 1_790_000_060_000 },
]

async function hear(stage: Stage, data: unknown): Promise<void> {
  await emit(stage, 'action', { from: PEER.ana, name: 'Ana Sousa', action: 'page-earlier', data })
}

/** A newcomer asks, and the page says so. */
async function earlierAsked(stage: Stage): Promise<void> {
  await converse(stage)
  await hear(stage, { kind: 'ask', before: '' })
  await stage.page.getByText(stage.t.earlier.asks).waitFor()
}

/** What was asked for has come. */
async function earlier(stage: Stage): Promise<void> {
  const { page, t } = stage
  await goIn(stage)
  await page.locator('.emptiness button').click()
  await page.getByRole('button', { name: t.earlier.action, exact: true }).click()
  await page.getByText(t.chat.happened.asked).waitFor()
  await hear(stage, { kind: 'messages', messages: EARLIER })
  await page.locator('.earlier').waitFor()
}

/** Somebody hands on what nobody asked for: it stays shut. */
async function earlierUnasked(stage: Stage): Promise<void> {
  await converse(stage)
  await hear(stage, { kind: 'messages', messages: EARLIER })
  await stage.page.locator('.earlier').scrollIntoViewIfNeeded()
}

async function tooLong(stage: Stage): Promise<void> {
  await goIn(stage)
  await stage.page.getByRole('textbox', { name: stage.t.chat.message }).fill('Much ado. '.repeat(1_700))
}

async function dropping(stage: Stage): Promise<void> {
  await converse(stage)
  await stage.page.evaluate(() => {
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File(['x'], 'x'))
    const event = new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true })
    document.querySelector('.chat')?.dispatchEvent(event)
  })
}

async function offer(stage: Stage, id: string, fileName: string, type = ''): Promise<void> {
  const from = { from: PEER.ana, name: 'Ana Sousa' }
  await emit(stage, 'file', { ...from, id, fileName, type, size: 20_345_678, hash: '' })
}

async function receive({ page, t }: Stage): Promise<void> {
  await page.getByRole('button', { name: t.file.accept }).last().click()
}

async function filesComing(stage: Stage): Promise<void> {
  await goIn(stage)
  await offer(stage, 'f1', `Minutes of ${'a very long meeting '.repeat(9)}.pdf`)
  await offer(stage, 'slow', 'Plan of the house.dwg')
  await receive(stage)
  const transfer = { peer: PEER.ana, direction: 'in', bytes: 9_000_000, size: 20_345_678 } as const
  await emit(stage, 'transfer', { ...transfer, id: 'slow', status: 'active' })
  await offer(stage, 'slow2', 'Photographs.zip')
  await receive(stage)
}

async function filesOver(stage: Stage): Promise<void> {
  const { page, t } = stage
  await goIn(stage)
  await offer(stage, 'f1', 'Agreement.pdf')
  await receive(stage)
  await offer(stage, 'slow', 'Plan of the house.dwg')
  await receive(stage)
  await page.getByRole('button', { name: t.file.cancel, exact: true }).last().click()
  await offer(stage, 'f2', 'Nobody wants this.exe')
  await page.getByRole('button', { name: t.file.decline }).last().click()
  await offer(stage, 'long', 'Film.mp4')
  await receive(stage)
  await page.getByText(t.file.failed).waitFor()
}

async function filesOwn(stage: Stage): Promise<void> {
  const { page } = stage
  await goIn(stage)
  // Drawn by the page itself: a picture that needs no file in the repository.
  const picture = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 480, height: 300 })
    const context = canvas.getContext('2d')
    for (let i = 0; i < 12; i++) {
      Object.assign(context ?? {}, { fillStyle: `hsl(${i * 30} 60% 55%)` })
      context?.fillRect(i * 40, i * 12, 40, 300 - i * 24)
    }
    return canvas.toDataURL('image/png').split(',')[1] ?? ''
  })
  const input = page.locator('.composer input[type=file]')
  await input.setInputFiles([
    { name: 'Sketch.png', mimeType: 'image/png', buffer: Buffer.from(picture, 'base64') },
    { name: 'Notes.txt', mimeType: 'text/plain', buffer: Buffer.alloc(5_000) },
  ])
  const transfer = { direction: 'out', id: 'own-5000', bytes: 2_000, size: 5_000 } as const
  await page.locator('.file-state').nth(1).waitFor()
  await emit(stage, 'transfer', { ...transfer, peer: PEER.ana, status: 'active' })
  await emit(stage, 'transfer', { ...transfer, peer: PEER.ben, bytes: 0, status: 'waiting' })
}

async function invite(stage: Stage): Promise<void> {
  await converse(stage)
  await stage.page.getByRole('button', { name: stage.t.room.invite, exact: true }).click()
  await stage.page.locator('svg.qr').waitFor()
}

async function invitesMade(stage: Stage): Promise<void> {
  const { page, t } = stage
  await invite(stage)
  await page.locator('dialog select').nth(1).selectOption('2')
  await page.getByText(t.invite.made).click()
}

async function safety(stage: Stage): Promise<void> {
  await act(stage, stage.t.members.compare)
  await stage.page.getByRole('button', { name: stage.t.safety.mark }).click()
}

async function safetyNone(stage: Stage): Promise<void> {
  const { page } = stage
  await converse(stage)
  await page.evaluate(() => {
    const { fakeRoom } = window as unknown as { fakeRoom: { state: { version?: string } } }
    delete fakeRoom.state.version
  })
  await page.getByRole('button', { name: stage.t.room.menu }).click()
  await page.getByRole('menuitem', { name: stage.t.menu.safety }).click()
}

async function exclude(stage: Stage): Promise<void> {
  await act(stage, stage.t.members.exclude)
}

async function excludeSeveral(stage: Stage): Promise<void> {
  await members(stage)
  await stage.page.getByRole('button', { name: stage.t.members.several }).click()
}

async function vote(stage: Stage): Promise<void> {
  await act(stage, stage.t.members.vote)
}

async function scheme(stage: Stage): Promise<void> {
  await choose(stage, stage.t.menu.scheme)
  await stage.page.getByRole('radio').nth(1).check()
}

async function merge(stage: Stage): Promise<void> {
  await choose(stage, stage.t.menu.merge)
  await stage.page.getByLabel(stage.t.merge.invite).fill('A'.repeat(200))
  await stage.page.getByRole('button', { name: stage.t.merge.action, exact: true }).click()
  await stage.page.locator('dialog .problem').waitFor()
}

async function connection(stage: Stage): Promise<void> {
  await choose(stage, stage.t.menu.connection)
  await stage.page.getByRole('button', { name: stage.t.test.run }).waitFor()
}

async function over(stage: Stage, status: 'excluded' | 'destroyed' | 'closed'): Promise<void> {
  await converse(stage)
  const by = PEER.ana
  if (status === 'excluded') await emit(stage, status, { by, reason: 'Sold the minutes' }, { status })
  else if (status === 'destroyed') await emit(stage, status, { by }, { status })
  else await emit(stage, 'status', { status }, { status })
  await heading(stage.page, stage.t.ended[status])
}

async function left(stage: Stage): Promise<void> {
  await choose(stage, stage.t.menu.leave)
  await stage.page.getByRole('button', { name: stage.t.leave.action }).click()
  await heading(stage.page, stage.t.ended.left)
}

/** What is done less often than talking: one page, and headless peers in this process. One story, told in order. */
import { createRoom, joinRoom, type ReceivedFile, type Room, type RoomEventDetails } from '@conclave/node'
import type { Browser } from 'playwright-core'
import { toString } from 'uint8arrays/to-string'
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import type { CliProcess } from '../../scripts/cli-process.ts'
import { startPage } from '../../scripts/local-page.ts'
import type { PageServer } from '../../scripts/page-server.ts'
import { launchChromium } from '../support/browser.ts'
import { until } from '../support/until.ts'
import { hide, pretend } from './hidden.ts'
import { Visitor } from './visitor.ts'
import { ALARM, XSS_CORPUS } from './xss.ts'

const rtcConfiguration = { iceServers: [] }
/** Every candidate is dropped: nothing but the relay connects. */
const NO_DIRECT_PATH = { iceServers: [], iceTransportPolicy: 'relay' } as const
/** A tab that nobody looks at; `scripts/long-sleep.ts` hides it for minutes. */
const HIDDEN_MS = 3_000
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='

describe('on the page', () => {
  let relay: CliProcess
  let relays: string[]
  let server: PageServer
  let browser: Browser
  let ada: Visitor
  const rooms: Room[] = []
  let ben: Room
  let dora: Room
  const dorasSeed = crypto.getRandomValues(new Uint8Array(32))

  beforeAll(async () => {
    ;({ relay, relays, server } = await startPage())
    browser = await launchChromium()
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })
    await context.addInitScript(pretend)
    ada = await Visitor.open(context, server.origin)
    await ada.createRoom('Ada')
    await ada.isIn()
  })

  afterAll(async () => {
    await Promise.all(rooms.map(async (room) => await room.close()))
    await browser?.close()
    await server?.close()
    await relay?.stop()
  })

  /** Shows what the tab looked like when a step failed. */
  const showFailure = (): void => {
    onTestFailed(async ({ task }) => {
      await ada.screenshot(`failed-${task.name.replaceAll(/\W+/gu, '-')}`)
      console.error(ada.offences)
    })
  }

  /** A peer that comes in by a link. */
  async function joined(name: string, link: string, more = {}): Promise<Room> {
    const room = await joinRoom({ name, rtcConfiguration, ...more }, link)
    rooms.push(room)
    await until(() => room.state.version !== undefined, { what: `${name} is in` })
    return room
  }

  it('a file of more than 1 MB is refused where nothing but the relay connects, in a sentence that says so', async () => {
    showFailure()
    dora = await joined('Dora', await ada.inviteLink(), {
      identity: dorasSeed,
      rtcConfiguration: NO_DIRECT_PATH,
    })
    await ada.seesMember('Dora', 'via relay')
    const input = ada.page.locator('.composer input[type=file]')
    await input.setInputFiles({ name: 'film.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(2_000_000) })
    await ada.hears('Without a direct connection a file can have 1 MB at most.')
  })

  it('the name of a file is nothing but a name', async () => {
    showFailure()
    const names = [...XSS_CORPUS.slice(0, 8), '\u202Egnp.exe', `${'long '.repeat(60)}.exe`]
    for (const name of names) {
      const sent = await dora.sendFile(new Uint8Array(10), { name })
      sent.done.catch(() => {})
    }
    const shown = ada.page.locator('.message:not(.own) .file-name')
    await expect.poll(() => shown.count()).toBe(names.length)
    const texts = await shown.allTextContents()
    expect(texts.join('')).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/u)
    expect(texts).toContain('gnp.exe')
    // However long, what it is can be seen.
    expect(texts.at(-1)).toMatch(/^long .{10,40}….exe$/u)
    expect(await ada.page.evaluate((alarm) => alarm in window, ALARM)).toBe(false)
    expect(await ada.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    for (const name of ['Decline', 'Decline']) await ada.page.getByRole('button', { name }).last().click()
    await expect.poll(() => ada.page.getByText('Not offered any more').count()).toBe(2)
  })

  it('a picture is pasted, and a file dropped', async () => {
    showFailure()
    ben = await joined('Ben', await ada.inviteLink())
    await ada.seesMember('Ben', 'direct')
    const files: RoomEventDetails['file'][] = []
    ben.addEventListener('file', ({ detail }) => files.push(detail))
    await ada.page.getByRole('textbox', { name: 'Message' }).evaluate((field, base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0) ?? 0)
      const clipboardData = new DataTransfer()
      clipboardData.items.add(new File([bytes], 'image.png', { type: 'image/png' }))
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    }, PNG)
    await ada.page.locator('.own .picture').waitFor()
    await ada.page.locator('.chat').evaluate((chat) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File(['Hello'], 'dropped.txt', { type: 'text/plain' }))
      for (const type of ['dragover', 'drop'])
        chat.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
    })
    await until(() => files.length === 2, { what: 'Ben is offered both' })
    expect(files.map(({ fileName, type }) => [fileName, type])).toEqual([
      ['image.png', 'image/png'],
      ['dropped.txt', 'text/plain'],
    ])
    const [picture, text] = await Promise.all(files.map(async ({ id }) => await ben.acceptFile(id)))
    expect(toString(await bytesOf(picture), 'base64pad')).toBe(PNG)
    expect(await text?.file?.text()).toBe('Hello')
  })

  it('a file that comes is stopped, and goes on', async () => {
    showFailure()
    const content = new SlowFile([new Uint8Array(3_000_000)], 'film.mp4')
    const sent = await ben.sendFile(content)
    sent.done.catch(() => {})
    const { promise, resolve } = Promise.withResolvers<void>()
    content.patience = promise
    const film = ada.page.locator('.message', { hasText: 'film.mp4' }).last()
    await film.getByRole('button', { name: 'Receive' }).click()
    await film.getByText(/Receiving · [1-9]/u).waitFor()
    await film.getByRole('button', { name: 'Cancel' }).click()
    await film.getByText('Cancelled').waitFor()
    resolve()
    await film.getByRole('button', { name: 'Try again' }).click()
    await film.getByText('Received').waitFor()
    await film.getByRole('link', { name: 'Save' }).waitFor()
  })

  it('notices are shown when they were asked for and nobody looks, and a throttled tab stays in the room', async () => {
    showFailure()
    const notices = async (): Promise<unknown> => await ada.page.evaluate('notices')
    await hide(ada.page, true)
    await ben.send('Unnoticed')
    await ada.hears('Unnoticed')
    await ada.choose('Settings')
    await ada.page.getByLabel('Notify me').check()
    await ada.page.getByRole('button', { name: 'Done' }).click()
    await new Promise((resolve) => setTimeout(resolve, HIDDEN_MS))
    await ben.send('Come and see')
    await ada.hears('Come and see')
    expect(await notices()).toEqual([['Ben', 'Come and see']])
    // What is painted after a message waits for a timer, too.
    await expect.poll(() => ada.page.title(), { timeout: 10_000 }).toBe('(2) Conclave')
    expect(ben.members.find(({ name }) => name === 'Ada')?.online).toBe(true)
    await hide(ada.page, false)
    await ben.send('Seen')
    await ada.hears('Seen')
    expect(await notices()).toHaveLength(1)
  })

  it('what was said before is asked for and handed on', async () => {
    showFailure()
    const action = ben.makeAction<unknown>('page-earlier')
    const heard: unknown[] = []
    action.addEventListener('receive', ({ detail }) => heard.push(detail.data))
    await action.send({ kind: 'ask', before: '' }, { to: await ada.ownPeer() })
    await ada.page.getByRole('button', { name: 'Hand on earlier messages to Ben' }).click()
    // Ben was there when all of it was said; before he came in there were files alone.
    await until(() => heard.length === 1, { what: 'an answer' })
    expect(heard).toEqual([{ kind: 'none' }])

    await ada.choose('Ask for earlier messages')
    await ada.page.getByLabel('Whom to ask').selectOption({ label: 'Ben' })
    await ada.page.getByRole('button', { name: 'Ask', exact: true }).click()
    await until(() => heard.length === 2, { what: 'a request' })
    const message = { from: ben.self, name: '<b>Ben</b>', text: 'Long ago', at: 1_790_000_000_000 }
    await action.send({ kind: 'messages', messages: [message] }, { to: await ada.ownPeer() })
    const earlier = ada.page.locator('.earlier')
    await earlier.getByText('Long ago').waitFor()
    expect(await earlier.innerText()).toContain('handed on by Ben')
    expect(await earlier.innerText()).toContain('Nobody’s signature was checked')
  })

  it('an invite is revoked', async () => {
    showFailure()
    const link = await ada.inviteLink()
    await ada.page.getByRole('button', { name: 'Invite' }).click()
    await ada.page.getByText('Links you made here').click()
    const row = ada.page.locator('.row', { hasText: `…${link.slice(-8)}` })
    await row.getByRole('button', { name: 'Revoke' }).click()
    await row.getByText('revoked').waitFor()
    await ada.page.getByRole('button', { name: 'Done' }).click()
    const late = await joinRoom({ name: 'Late', rtcConfiguration }, link)
    rooms.push(late)
    expect(await refusalOf(late)).toContain('does not count any more')
    await late.close()
  })

  it('one member takes over the keys, and everybody again', async () => {
    showFailure()
    for (const [words, scheme] of [
      ['One manager, flat table', 'centralized-flat'],
      ['Everybody, no manager', 'distributed-flat'],
    ] as const) {
      await ada.choose('Who manages the keys')
      await ada.page.getByRole('radio', { name: words }).check()
      await ada.page.getByRole('button', { name: 'Change', exact: true }).click()
      await ada.page.getByRole('dialog').waitFor({ state: 'detached' })
      await until(() => ben.state.scheme === scheme, { what: scheme })
      await ada.page.getByRole('button', { name: 'Keys', exact: true }).click()
      await ada.page.locator('.facts', { hasText: words }).waitFor()
      await ada.page.getByRole('button', { name: /^Members/u }).click()
    }
    await ben.send('Under new keys')
    await ada.hears('Under new keys')
  })

  it('who is banned does not come back, not even by a new invite', async () => {
    showFailure()
    await ada.act('Dora', 'Exclude…')
    await ada.page.getByLabel('Reason').fill('Too many films')
    await ada.page.getByLabel('Ban for the life').check()
    await ada.page.getByRole('button', { name: 'Exclude from the room' }).click()
    await ada.page.getByRole('dialog').waitFor({ state: 'detached' })
    await ada.seesNoMember('Dora')
    await until(() => dora.state.status === 'excluded', { what: 'Dora is told' })
    await dora.close()
    const again = await joinRoom(
      { name: 'Dora', rtcConfiguration, identity: dorasSeed },
      await ada.inviteLink(),
    )
    rooms.push(again)
    expect(await refusalOf(again)).toContain('said no')
    await again.close()
  })

  it('some split off with us, and then merge into another room', async () => {
    showFailure()
    const cleo = await joined('Cleo', await ada.inviteLink())
    await ada.seesMember('Cleo')
    const before = await ada.page.locator('.room-title').innerText()
    await ada.choose('Split off')
    await ada.page.getByRole('dialog').getByText('Ben').click()
    await ada.page.getByRole('button', { name: 'Split the room' }).click()
    await ada.page.getByRole('dialog').waitFor({ state: 'detached' })
    await ada.seesNoMember('Cleo')
    await ada.isIn()
    expect(await ada.page.locator('.room-title').innerText()).not.toBe(before)
    await until(() => ben.state.members === 2 && cleo.state.members === 1, { what: 'two rooms' })
    expect(await ada.page.getByText('was excluded').count()).toBe(1)

    const eva = await createRoom({
      relays,
      name: 'Eva',
      rtcConfiguration,
      policy: { exclude: 'quorum', quorum: 2 },
    })
    rooms.push(eva)
    await until(() => eva.state.version !== undefined, { what: 'Eva is in' })
    await ada.choose('Merge into')
    await ada.page.getByLabel('Invite link').fill(eva.invite())
    await ada.page.getByRole('button', { name: 'Merge', exact: true }).click()
    await ada.page.getByRole('dialog').waitFor({ state: 'detached' })
    await ada.seesMember('Eva')
    await ada.seesMember('Ben')
    await ada.isIn()
    await until(() => ben.id === eva.id && eva.state.members === 3, { what: 'one room' })
    await ada.say('All together')

    await ada.act('Ben', 'Vote to exclude')
    await ada.page.getByRole('button', { name: 'Vote', exact: true }).click()
    await ada.seesMember('Ben', '1 of 2 votes')
    await until(() => eva.members.some(({ votes }) => votes === 1), { what: 'the vote is known' })
    await eva.vote(ben.self)
    await ada.seesNoMember('Ben')
    await until(() => ben.state.status === 'excluded', { what: 'Ben is told' })
  })

  it('nothing happened that its policy forbids, and nobody else was asked for anything', () => {
    expect(ada.offences).toEqual([])
  })
})

/** A file of which nothing but the beginning can be read for a while. */
class SlowFile extends File {
  patience = Promise.resolve()

  override slice(start = 0, end?: number): Blob {
    const piece = super.slice(start, end)
    if (start === 0) return piece
    const read = piece.arrayBuffer.bind(piece)
    const arrayBuffer = async (): Promise<ArrayBuffer> => {
      await this.patience
      return await read()
    }
    return Object.assign(piece, { arrayBuffer })
  }
}

async function bytesOf(received: ReceivedFile | undefined): Promise<Uint8Array> {
  return new Uint8Array((await received?.file?.arrayBuffer()) ?? new ArrayBuffer())
}

/** In which words a room does not let somebody in. */
async function refusalOf(room: Room): Promise<string> {
  return await new Promise((resolve) => {
    room.addEventListener('error', ({ detail }) => resolve(detail.message))
  })
}

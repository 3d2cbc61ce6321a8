/** The steps that scenes share: on the way in, in the room, and its events, which the imitated room is made to tell. */
import type { RoomEventDetails, RoomEventName, RoomState } from '@conclave/node'
import { peerOf } from '../../packages/demo-chat/src/dev/fake-peers.ts'
import type { Stage } from './gallery.ts'

export const PEER = { ana: peerOf('A'), ben: peerOf('B') }

/** Makes the imitated room tell an event. */
export async function emit<K extends RoomEventName>(
  { page }: Stage,
  name: K,
  detail: RoomEventDetails[K],
  state: Partial<RoomState> = {},
): Promise<void> {
  await page.waitForFunction(() => 'fakeRoom' in window)
  await page.evaluate(
    ([event, what, change]) => {
      const { fakeRoom } = window as unknown as { fakeRoom: { emit(...parts: unknown[]): void } }
      fakeRoom.emit(event, what, change)
    },
    [name, detail, state] as const,
  )
}

export async function heading(page: Stage['page'], text: string): Promise<void> {
  await page.getByRole('heading', { name: text }).waitFor()
}

export async function goIn(stage: Stage): Promise<void> {
  await knock(stage)
  await stage.page.locator('.room').waitFor()
}

export async function knock({ page, t }: Stage): Promise<void> {
  await page.getByLabel(t.entrance.yourName).fill('Zoë')
  await page.getByRole('button', { name: t.entrance.join }).click()
}

export async function createRoom({ page, t }: Stage): Promise<void> {
  await page.getByLabel(t.entrance.yourName).fill('Zoë')
  await page.getByRole('button', { name: t.entrance.create }).click()
  await page.locator('.emptiness').waitFor()
}

/** Into a room in which much was said already. */
export async function converse(stage: Stage): Promise<void> {
  await goIn(stage)
  await stage.page.getByText('A long line').waitFor()
}

export async function roomMenu(stage: Stage): Promise<void> {
  await converse(stage)
  await stage.page.getByRole('button', { name: stage.t.room.menu }).click()
}

/** Chooses from a menu, and waits for its dialog. */
export async function choose(stage: Stage, action: string, open = roomMenu): Promise<void> {
  await open(stage)
  await stage.page.getByRole('menuitem', { name: action }).click()
  await stage.page.getByRole('dialog').waitFor()
}

export async function members(stage: Stage): Promise<void> {
  await converse(stage)
  await stage.page.locator('.switch [data-to=members]').click()
}

export async function memberMenu(stage: Stage): Promise<void> {
  await members(stage)
  await stage.page.getByRole('button', { name: stage.t.members.actions('Ana Sousa') }).click()
}

export async function act(stage: Stage, action: string): Promise<void> {
  await choose(stage, action, memberMenu)
}

export async function keys(stage: Stage): Promise<void> {
  await converse(stage)
  await stage.page.locator('.switch [data-to=keys]').click()
}

export async function say({ page, t }: Stage, text: string): Promise<void> {
  await page.getByRole('textbox', { name: t.chat.message }).fill(text)
  await page.getByRole('button', { name: t.chat.send, exact: true }).click()
}

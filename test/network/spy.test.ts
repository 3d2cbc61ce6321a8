/** What an excluded member that stays connected, records everything and forgets nothing can read: nothing new. */
import { isRejection } from '@conclave/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseFrame, ROOM_FRAME, type RoomFrame } from '../../packages/protocol/src/traffic/frame.ts'
import { Coalition } from '../simulation/attacker.ts'
import { Conference, type Peer } from '../support/conference.ts'
import { hoardOf } from '../support/hoard.ts'
import { Spy } from '../support/spy.ts'
import { until } from '../support/until.ts'

let conference: Conference
let spy: Spy

beforeEach(async () => {
  conference = await Conference.start()
})

afterEach(async () => {
  await spy.stop()
  await conference.stop()
})

function framesOf(recorded: Spy['recorded']): RoomFrame[] {
  return recorded
    .filter(({ bytes }) => bytes[0] === ROOM_FRAME)
    .map(({ bytes }) => parseFrame(bytes))
    .filter((frame): frame is RoomFrame => !isRejection(frame))
}

test('an excluded member that records every frame and stream decrypts nothing sent after its exclusion', async () => {
  const { peers, invite } = await conference.room(4)
  spy = await Spy.on(invite)
  const hoard = hoardOf(spy)
  await spy.enter(invite)
  const everybody = 5
  await until(async () => (await peers[0]?.state())?.['members'] === everybody, {
    what: 'the spy is a member',
  })
  await conference.converse(peers, 'before')
  await until(() => spy.notifications.filter(({ event }) => event === 'message').length === 4, {
    what: 'the spy listens',
  })
  const coalition = (): Coalition => new Coalition(hoard, [spy.member.self])
  // What came before it was let in it cannot read either.
  const readable = framesOf(spy.recorded).filter((frame) => coalition().reads(frame))
  expect(readable.length).toBeGreaterThanOrEqual(4)

  const [first] = peers as [Peer]
  await first.process.command('exclude', { peers: [spy.member.self], reason: 'it listens' })
  await conference.agree(peers)
  await until(() => spy.member.state.status === 'excluded', { what: 'the spy is told' })
  const told = spy.recorded.length
  await conference.converse(peers, 'after')
  const { version } = await first.state()
  const framesAfter = () =>
    framesOf(spy.recorded.slice(told)).filter(({ reference }) => reference.version === version)
  // It is still connected: what was said reaches it, and it has the exclusion itself.
  await until(() => framesAfter().length >= 4, { what: 'what was said reaches the spy' })
  const after = framesAfter()
  expect(hoard.operations.has(String(version) as never)).toBe(true)
  expect(after.filter((frame) => coalition().reads(frame))).toEqual([])
})

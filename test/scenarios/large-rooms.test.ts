/** Rooms in which not everybody beats (SPEC B3, H3, H6, H7). */
import { expect, test } from 'vitest'
import { BEATS_MAX } from '../../packages/protocol/src/limits.ts'
import { slotDisagreements, whyApart } from '../simulation/checkers.ts'
import { logOf } from '../simulation/crowd.ts'
import { World } from '../simulation/world.ts'
import { Room } from './room.ts'

test('in a large room the presence of who was not heard is unknown, and nobody is told to be offline', () => {
  const world = new World(1)
  const peers = Array.from({ length: 4 }, (_, i) => world.peer(`p${i}`))
  const absent = Array.from({ length: 60 }, (_, i) => world.peer(`absent${i}`))
  const log = logOf(world, [...peers, ...absent])
  for (const peer of [...peers, ...absent]) peer.alive = false
  for (const peer of peers) {
    peer.stored.push(...log)
    peer.restart()
  }
  world.until(() => whyApart(peers) === undefined, 60_000, 'they agree')
  const [first, second] = peers
  world.run(30_000)
  const presenceOf = (label: string): boolean | null | undefined =>
    first?.state.members.find(({ name }) => name === label)?.online
  expect([presenceOf('p0'), presenceOf('p1'), presenceOf('absent7')]).toEqual([true, true, null])
  second?.crash()
  world.run(90_000)
  expect(presenceOf('p1')).toBeNull()
  expect(presenceOf('p2')).toBe(true)
  expect(first?.seen.filter((one) => one.event === 'member' && one.change === 'offline')).toEqual([])
})

test('the key holder of all slots is gone: others have taken over, and a newcomer gets the same keys', () => {
  const room = new Room(6)
  const [founder, ...others] = room.peers
  founder?.crash()
  // Until it counts as offline.
  room.world.run(90_000)
  const newcomer = room.join('newcomer')
  const keysOf = (): ReadonlyMap<unknown, { creator: string }> =>
    newcomer.member.unsafeInsideForTests.keys.at(-1)?.slots ?? new Map()
  room.world.until(() => keysOf().size === 128, 20_000, 'it has a full row')
  expect(slotDisagreements([...others, newcomer])).toEqual([])
  const founding = newcomer.member.unsafeInsideForTests.log.entries[0]?.operation.id
  const made = [...keysOf().values()].filter(({ creator }) => creator === founding)
  expect(made.length).toBeGreaterThan(10)
})

test('of two dozen members all beat, but the room is not the louder for it; and two answer who asks all, however often', () => {
  const world = new World(2)
  const peers = Array.from({ length: 24 }, (_, i) => world.peer(`p${i}`))
  const log = logOf(world, peers)
  for (const peer of peers) {
    peer.alive = false
    peer.stored.push(...log)
    peer.restart()
  }
  world.until(() => whyApart(peers) === undefined, 60_000, 'they agree')
  world.run(10_000)
  const sent = (about: string): number => world.traffic.get(about)?.messages ?? 0
  world.traffic.clear()
  world.run(25_000)
  // Each beat is two messages; jitter and news make it a few more.
  expect(sent('heartbeat')).toBeLessThan(2 * BEATS_MAX * 5 * 1.2)
  const [first, deaf] = peers
  expect(first?.state.members.every(({ online }) => online)).toBe(true)
  deaf?.crash()
  world.filter = ({ to }) => to !== deaf
  world.traffic.clear()
  deaf?.restart()
  world.run(25_000)
  expect(sent('request')).toBeGreaterThan(4)
  expect(sent('reply')).toBeLessThanOrEqual(2 * sent('request'))
})

test('whom nobody could hear at first is let in by a few, also where an admission is longer under way than they wait', () => {
  const { world, peers } = new Room(20)
  world.faults = { loss: 0, duplication: 0, latencyMs: [700, 800] }
  const newcomer = world.peer('newcomer')
  world.filter = ({ from }) => from !== newcomer
  newcomer.start({ kind: 'join' })
  for (let i = 0; i < 5; i++) {
    world.run(250)
    newcomer.comeOnline()
  }
  world.filter = () => true
  newcomer.comeOnline()
  world.until(() => newcomer.state.status === 'joined', 10_000, 'it is let in')
  world.run(10_000)
  const entries = peers[0]?.member.unsafeInsideForTests.log.entries ?? []
  const admissions = entries.filter(
    ({ operation: { body } }) => body.kind === 'admission' && body.peer === newcomer.id,
  )
  expect(admissions.length).toBeGreaterThan(0)
  expect(admissions.length).toBeLessThanOrEqual(4)
})

test('whose turn to let somebody in comes late waits as long again, and then does it', () => {
  const { world, peers } = new Room(5)
  world.filter = () => false
  let knock: Uint8Array | undefined
  let admissions = 0
  world.onStep = (_, outputs) => {
    for (const output of outputs) {
      if (output.kind !== 'broadcast') continue
      if (output.about === 'request') knock = output.bytes
      if (output.about === 'operations') admissions++
    }
  }
  const newcomer = world.peer('newcomer')
  newcomer.start({ kind: 'join' })
  newcomer.crash()
  if (knock === undefined) throw new Error('it does not knock')
  for (const peer of peers) peer.receive(knock, newcomer.id)
  world.run(1)
  // Whoever ranks first.
  expect(admissions).toBe(1)
  for (const peer of peers) peer.sleep()
  world.run(2_000)
  for (const peer of peers) peer.wake()
  expect(admissions).toBe(1)
  world.run(2_000)
  expect(admissions).toBeGreaterThan(1)
})

test('among many, a newcomer whose questions are not answered in time does not ask the more, nor makes keys that others have', () => {
  const { world, peers } = new Room(24)
  const newcomer = world.peer('newcomer')
  newcomer.start({ kind: 'join' })
  world.until(() => newcomer.state.status === 'joined', 10_000, 'it is let in')
  world.filter = ({ to }) => to !== newcomer
  let asked = 0
  world.onStep = (peer, outputs) => {
    if (peer === newcomer)
      asked += outputs.filter((output) => output.kind === 'send' && output.about === 'request').length
  }
  world.run(8_000)
  expect(asked).toBeGreaterThan(3)
  expect(asked).toBeLessThanOrEqual(15)
  expect(slotDisagreements([...peers, newcomer])).toEqual([])
  world.filter = () => true
  const slots = (): number => newcomer.member.unsafeInsideForTests.keys.at(-1)?.slots.size ?? 0
  const isComplete = (): boolean => slots() === 128 && slotDisagreements([...peers, newcomer]).length === 0
  world.until(isComplete, 30_000, 'it has the keys of its row')
})

/** Rooms in which not everybody beats (SPEC H3, H6, H7). */
import { expect, test } from 'vitest'
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

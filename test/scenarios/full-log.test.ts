/** A room whose log takes nothing more: it is said to whoever wants to change something, and people talk on. */
import { expect, test, vi } from 'vitest'
import type * as Limits from '../../packages/protocol/src/limits.ts'
import type { Wish } from '../../packages/protocol/src/member/decider.ts'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

/** The last size of the log at which a wish has the places that it may take. */
const LAST_BEGUN = 6

vi.mock(import('../../packages/protocol/src/limits.ts'), async (original) => ({
  ...(await original<typeof Limits>()),
  LOG_MAX: 8 as never,
  LOG_RESERVE: 2 as never,
}))

const full = expect.objectContaining({ code: 'log-full', message: expect.stringContaining('new room') })

/** Lets the log of a room grow. */
function fill({ world }: Room, by: SimPeer, size: number): void {
  while (by.member.unsafeInsideForTests.log.size < size) {
    by.decide({ kind: 'refresh' })
    world.run(5_000)
  }
}

test('where the log is full, an exclusion and whatever else would enter it is refused in words', () => {
  const room = new Room(3)
  const [a, b] = [room.peer(0), room.peer(1)]
  fill(room, a, LAST_BEGUN + 1)
  const before = { ...a.state }
  expect(() => a.exclude([b])).toThrow(full)
  const wishes: Wish[] = [
    { kind: 'refresh' },
    { kind: 'destroy' },
    { kind: 'transition', to: 'centralized-flat' },
  ]
  for (const wish of wishes) expect(() => a.decide(wish)).toThrow(full)
  expect({ ...a.state }).toEqual(before)
  b.say('still here')
  room.world.run(1_000)
  room.agree(room.peers)
})

test.each([
  ['has places for both operations that it takes', LAST_BEGUN],
  ['is refused where the second one has none', LAST_BEGUN + 1],
])('L14 the exclusion of a manager, for which a generation has to begin, %s', (_, size) => {
  const room = new Room(3, 1, { moderators: [0] })
  const [a, b, c] = [room.peer(0), room.peer(1), room.peer(2)]
  a.decide({ kind: 'transition', to: 'centralized-flat', manager: b.id })
  room.world.run(5_000)
  fill(room, b, size)
  if (size > LAST_BEGUN) {
    expect(() => a.exclude([b])).toThrow(full)
    room.agree(room.peers)
  } else {
    a.exclude([b])
    room.agree([a, c])
  }
})

/** A room whose log takes nothing more: it is said to whoever wants to change something, and people talk on. */
import { expect, test, vi } from 'vitest'
import type * as Limits from '../../packages/protocol/src/limits.ts'
import type { Wish } from '../../packages/protocol/src/member/decider.ts'
import { Room } from './room.ts'

const LOG_MAX = 6

vi.mock(import('../../packages/protocol/src/limits.ts'), async (original) => ({
  ...(await original<typeof Limits>()),
  LOG_MAX: 6 as never,
}))

test('where the log is full, an exclusion and whatever else would enter it is refused in words', () => {
  const room = new Room(3)
  const [a, b] = [room.peer(0), room.peer(1)]
  const { log } = a.member.unsafeInsideForTests
  while (log.size < LOG_MAX) {
    a.decide({ kind: 'refresh' })
    room.world.run(5_000)
  }
  const before = { ...a.state }
  const full = expect.objectContaining({ code: 'log-full', message: expect.stringContaining('new room') })
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

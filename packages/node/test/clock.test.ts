import { expect, test } from 'vitest'
import { Clock } from '../src/clock.ts'

test('time goes on in a sleep in which the monotonic clock stands still, once, and never back', () => {
  let [monotonic, wall] = [100, 1_000_000]
  const clock = new Clock({ monotonic: () => monotonic, wall: () => wall })
  function pass(awake: number, onTheWall: number): number {
    monotonic += awake
    wall += onTheWall
    return clock.now()
  }
  expect(pass(50, 50)).toBe(150)
  // Small corrections of the wall clock are none of ours.
  expect(pass(1_000, 3_000)).toBe(1_150)
  expect(pass(0, 600_000)).toBe(601_150)
  expect(pass(1_000, 1_000)).toBe(602_150)
  expect(pass(1_000, -600_000)).toBe(603_150)
  // Where the monotonic clock goes on in a sleep, nothing is counted twice.
  expect(pass(600_000, 600_000)).toBe(1_203_150)
})

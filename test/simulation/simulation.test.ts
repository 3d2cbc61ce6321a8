/** Random histories: those that failed once, then 250 more. `run.ts` runs any number of them, and replays one with a trace. */
import { expect, test } from 'vitest'
import { failedOf, seedsFrom } from './histories.ts'
import seeds from './seeds.json' with { type: 'json' }

test('histories that failed once', () => {
  expect(failedOf(seeds.seeds)).toEqual([])
})

test('I1 to I10 hold in 250 random histories', () => {
  expect(failedOf(seedsFrom(1_001, 250))).toEqual([])
})

/** Random histories of rooms that change their scheme: those that failed once, then 180 more. */
import { expect, test } from 'vitest'
import { failedOf, seedsFrom } from './histories.ts'
import seeds from './seeds.json' with { type: 'json' }

test('histories with schemes that failed once', () => {
  expect(failedOf(seeds.schemes, { schemes: true })).toEqual([])
})

test('I1 to I10 hold in 180 random histories of rooms that change their scheme', () => {
  expect(failedOf(seedsFrom(1_001, 180), { schemes: true })).toEqual([])
})

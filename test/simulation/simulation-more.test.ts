/** As many random histories again, so that two processors share them: 500 in all. */
import { expect, test } from 'vitest'
import { failedOf, seedsFrom } from './histories.ts'

test('I1 to I10 hold in 250 more random histories', () => {
  expect(failedOf(seedsFrom(1_251, 250))).toEqual([])
})

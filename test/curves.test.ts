/** `npm run curves` at small sizes: what grows with the group, and that the check would see it. */
import { expect, test } from 'vitest'
import { costsAt, growths } from './costs/curves.ts'
import { RELATED, relatedCosts } from './costs/related.ts'

const SIZES = [30, 1_000]

test('in no scheme anything grows faster than the logarithm of the group but for what the paper says does', () => {
  const costs = SIZES.flatMap(costsAt)
  const grown = growths(costs)
  expect(grown.filter(({ why }) => why === undefined)).toEqual([])
  // Who leaves a flat table with others takes some along: as the paper says, and the check sees it.
  expect(grown.map(({ counted, operation }) => `${operation}: ${counted}`)).toContain(
    '10 leaves at once: again',
  )
  const one = (scheme: RegExp, operation: string): number[] =>
    costs
      .filter((cost) => scheme.test(cost.scheme) && cost.operation === operation)
      .map(({ multicasts }) => multicasts)
  expect(one(/Centralized/, 'join')).toEqual(Array(6).fill(0))
  expect(one(/./, 'leave')).toEqual(Array(8).fill(1))
})

test('what related work needs by its formulas does grow, and the check says so', () => {
  const costs = [200, 1_000, 10_000].flatMap((members) => relatedCosts(members, 'leave'))
  const grown = growths(costs).filter(({ counted }) => counted === 'bytes')
  // Of Iolus what grows is not a leave but how often every packet is wrapped anew.
  expect(grown.map(({ scheme }) => scheme)).toEqual(RELATED.slice(0, 3).map(({ name }) => name))
})

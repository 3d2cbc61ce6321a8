/** Which lineage of an open room to move to, and when (SPEC F4, F5). */
import { expect, test } from 'vitest'
import { isBetter, Rivals } from '../src/member/rivals.ts'
import { operationId } from './support.ts'

const [SMALL, LARGE] = [operationId(1), operationId(2)]
const HEARTBEAT_MS = 5_000
const OWN = { root: LARGE, members: 3 }

test('more members are better, of as many the smaller founding, and no lineage is better than itself', () => {
  expect(isBetter({ root: LARGE, members: 4 }, { root: SMALL, members: 3 })).toBe(true)
  expect(isBetter({ root: SMALL, members: 3 }, { root: LARGE, members: 3 })).toBe(true)
  expect(isBetter({ root: LARGE, members: 3 }, { root: SMALL, members: 3 })).toBe(false)
  // What others count of our own lineage is no reason to give up what we know of it.
  expect(isBetter({ root: LARGE, members: 9 }, OWN)).toBe(false)
})

test('a better one is tried within a heartbeat, and after a failure only when the pause is over', () => {
  const rivals = new Rivals(HEARTBEAT_MS)
  const rival = { root: SMALL, members: 9 }
  rivals.hear(rival, OWN, { now: 0, fraction: 0.99 })
  expect(rivals.deadline).toBeLessThan(HEARTBEAT_MS)
  expect(rivals.takeDue(OWN, HEARTBEAT_MS)).toMatchObject(rival)
  // It goes on beating while we try it.
  rivals.hear(rival, OWN, { now: HEARTBEAT_MS, fraction: 0 })
  rivals.failed(SMALL, false, HEARTBEAT_MS)
  expect(rivals.deadline).toBeUndefined()
  rivals.hear(rival, OWN, { now: 2 * HEARTBEAT_MS, fraction: 0 })
  expect(rivals.deadline).toBeUndefined()
  rivals.hear(rival, OWN, { now: 3 * HEARTBEAT_MS, fraction: 0 })
  expect(rivals.deadline).toBe(3 * HEARTBEAT_MS)
})

test('one that became smaller than ours while we waited is not tried', () => {
  const rivals = new Rivals(HEARTBEAT_MS)
  rivals.hear({ root: SMALL, members: 4 }, OWN, { now: 0, fraction: 0.5 })
  expect(rivals.takeDue({ ...OWN, members: 5 }, HEARTBEAT_MS)).toBeUndefined()
})

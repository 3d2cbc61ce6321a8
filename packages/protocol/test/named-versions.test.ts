/** What the lobby is told of versions (SPEC H1). */
import { expect, test } from 'vitest'
import type { VersionId } from '../src/ids.ts'
import { RIVALS_MAX } from '../src/limits.ts'
import { NamedVersions } from '../src/member/named-versions.ts'

const versions = Array.from({ length: 1_000 }, (_, i) => `version ${i}` as VersionId)

test('what was sent under is named by turns, then what is sent under now', () => {
  const named = new NamedVersions()
  const [first, second] = versions
  for (const version of [first, second, first]) if (version) named.sentUnder(version)
  expect([1, 2, 3].map(() => named.next(first))).toEqual([first, second, first])
})

test('who has not beaten for long names the last ones only, as many as others remember', () => {
  const named = new NamedVersions()
  for (const version of versions) named.sentUnder(version)
  const last = versions.at(-1)
  const told = Array.from({ length: RIVALS_MAX + 1 }, () => named.next(last))
  expect(told).toEqual([...versions.slice(-RIVALS_MAX), last])
})

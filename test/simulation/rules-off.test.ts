/** Each rule is switched off in turn, and each time the attacker reads something: so the attacker is awake, and no rule is decoration. */
import { afterEach, expect, test, vi } from 'vitest'
import type * as Cover from '../../packages/protocol/src/keys/cover.ts'
import type * as Derivation from '../../packages/protocol/src/keys/derivation.ts'
import { Report } from './report.ts'

type Rule = 'taint' | 'covering' | 'revision'

const off = vi.hoisted(() => new Set<string>())

vi.mock(import('../../packages/protocol/src/keys/cover.ts'), async (original) => {
  const real = await original<typeof Cover>()
  return {
    ...real,
    // Only whoever a change itself excludes is tainted then, as in the paper.
    taintedSlots: (...args) => (off.has('taint') ? new Set() : real.taintedSlots(...args)),
    covers: (...args) => off.has('covering') || real.covers(...args),
  }
})

vi.mock(import('../../packages/protocol/src/keys/derivation.ts'), async (original) => {
  const real = await original<typeof Derivation>()
  return {
    ...real,
    advanceTek: (group, version, step) =>
      off.has('revision') ? step.tek.slice() : real.advanceTek(group, version, step),
  }
})

afterEach(() => off.clear())

function leaksWithout(rule: Rule, histories: number): number {
  off.add(rule)
  const report = new Report()
  const crashed = Array.from({ length: histories }, (_, i) => report.run(1 + i))
    .flat()
    .filter((line) => line.includes('I10'))
  // What leaks must leak because of the rule, not because something else broke.
  expect(crashed).toEqual([])
  console.log(`without ${rule}: ${report.leaky} of ${histories} histories leak`)
  return report.leaky
}

test('without cumulative taint the excluded read on', () => {
  expect(leaksWithout('taint', 20)).toBeGreaterThan(0)
})

test('without covering versions the excluded read on', () => {
  expect(leaksWithout('covering', 20)).toBeGreaterThan(0)
})

test('without the revision step newcomers read what was said before', () => {
  expect(leaksWithout('revision', 20)).toBeGreaterThan(0)
})

/** Random histories: those that failed once, then 500 more. `run.ts` runs any number of them, and replays one with a trace. */
import { expect, test } from 'vitest'
import { Report } from './report.ts'
import seeds from './seeds.json' with { type: 'json' }

const HISTORIES = 500
const FIRST = 1_001

function run(from: readonly number[]): Report {
  const report = new Report()
  for (const seed of from) for (const line of report.run(seed)) console.log(line)
  console.log(report.summary)
  return report
}

test('histories that failed once', () => {
  expect(run(seeds.seeds).failed).toEqual([])
})

test(`I1 to I10 hold in ${HISTORIES} random histories`, () => {
  const report = run(Array.from({ length: HISTORIES }, (_, i) => FIRST + i))
  expect(report.failed).toEqual([])
})

/**
 * Runs many histories, or one again:
 *
 *     node_modules/.bin/node test/simulation/run.ts --histories 10000 --from 1
 *     node_modules/.bin/node test/simulation/run.ts --histories 500 --schemes
 *     node_modules/.bin/node test/simulation/run.ts --seed 42 --verbose
 *
 * With `--schemes` the room changes its scheme. Prints each failing seed with the line that replays it, and at the end what was done and injected. Exits with 1 when any failed.
 */
import { parseArgs } from 'node:util'
import { Report } from './report.ts'

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '300' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    schemes: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})

const from = Number(values.seed ?? values.from)
const count = values.seed === undefined ? Number(values.histories) : 1
const report = new Report({
  schemes: values.schemes,
  ...(values.verbose && { trace: (line: string): void => console.log(line) }),
})
for (let seed = from; seed < from + count; seed++) {
  for (const line of report.run(seed)) console.log(line)
  if ((seed - from + 1) % 500 === 0)
    console.log(`${seed - from + 1} histories, ${report.failed.length} failed`)
}
console.log(report.summary)
process.exitCode = report.failed.length > 0 ? 1 : 0

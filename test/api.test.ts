/** What the packages offer, as it is kept for reviews. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { apiReports, documented, reportPath } from '../scripts/api.ts'

const reports = apiReports()

test.each(documented)(
  'packages/%s/api.md is what the package offers, and something is said of all of it',
  async (name) => {
    const { text, unsaid } = (await reports).get(name) ?? { text: '', unsaid: [] }
    expect(unsaid, 'Say above each of these what it does, gives and throws').toEqual([])
    const isCurrent = text === (await readFile(reportPath(name), 'utf8'))
    expect(
      isCurrent,
      `packages/${name}/api.md is out of date: run "npm run api", look at what changed, and commit it`,
    ).toBe(true)
  },
)

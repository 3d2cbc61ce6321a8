/**
 * Writes what the packages offer into their `api.md`, out of the declarations that TypeScript emits: `npm run api`. Tests compare it
 * with what is kept, so that a change of the API is seen in review.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Declarations } from './api/declarations.ts'
import { reportOf, type Report } from './api/report.ts'

const packages = join(import.meta.dirname, '../packages')
export const documented = ['protocol', 'node']

/** The documents as they should be, by the package's name. */
export async function apiReports(): Promise<Map<string, Report>> {
  return await Declarations.use(documented, async (all) => {
    const reports = new Map<string, Report>()
    for (const name of documented) {
      const manifest = JSON.parse(await readFile(join(packages, name, 'package.json'), 'utf8')) as {
        name: string
        exports: Record<string, string>
      }
      const entries = Object.entries(manifest.exports).map(async ([path, entry]) => ({
        name: manifest.name + path.slice(1),
        module: await all.entry(name, entry),
      }))
      reports.set(name, await reportOf(all, manifest.name, await Promise.all(entries)))
    }
    return reports
  })
}

export function reportPath(name: string): string {
  return join(packages, name, 'api.md')
}

if (import.meta.main) {
  for (const [name, { text, unsaid }] of await apiReports()) {
    await writeFile(reportPath(name), text)
    for (const what of unsaid) console.warn(`Nothing is said of ${what}.`)
  }
}

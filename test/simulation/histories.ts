/** Runs random histories in a test, and prints how to see the failed ones again. */
import { Report } from './report.ts'

/** Seeds of those that failed. */
export function failedOf(
  seeds: readonly number[],
  options: { readonly schemes?: boolean } = {},
): readonly number[] {
  const report = new Report(options)
  for (const seed of seeds) for (const line of report.run(seed)) console.log(line)
  console.log(report.summary)
  return report.failed
}

export function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i)
}

/** Runs histories and adds up what they did, so that it shows what they cover. */
import { History, type HistoryOptions, type Outcome } from './history.ts'

export class Report {
  readonly failed: number[] = []
  readonly #options: HistoryOptions
  readonly #operations = new Map<string, number>()
  readonly #faults = new Map<string, number>()
  #histories = 0
  #checked = 0
  #excused = 0
  #leaky = 0
  #slowest = 0

  constructor(options: HistoryOptions = {}) {
    this.#options = options
  }

  /** Histories in which somebody read what it should not have. */
  get leaky(): number {
    return this.#leaky
  }

  /** Runs one; returns what is wrong, and how to see it again. */
  run(seed: number): string[] {
    this.#histories++
    const wrong = this.#wrongOf(seed)
    if (wrong.length === 0) return []
    this.failed.push(seed)
    const mode = this.#options.schemes ? ' --schemes' : ''
    return [
      ...wrong,
      `  replay: node_modules/.bin/node test/simulation/run.ts --seed ${seed}${mode} --verbose`,
    ]
  }

  #wrongOf(seed: number): string[] {
    try {
      const outcome = new History(seed, this.#options).run()
      this.#add(outcome)
      return outcome.wrong.map((what) => `seed ${seed}: ${what}`)
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
      return [`seed ${seed}: I10: ${what}`]
    }
  }

  #add({ operations, faults, leaks, checked, excused, settledMs }: Outcome): void {
    for (const [name, count] of operations)
      this.#operations.set(name, (this.#operations.get(name) ?? 0) + count)
    for (const [name, count] of faults) this.#faults.set(name, (this.#faults.get(name) ?? 0) + count)
    this.#checked += checked
    this.#excused += excused
    if (leaks > 0) this.#leaky++
    this.#slowest = Math.max(this.#slowest, settledMs)
  }

  get summary(): string {
    return [
      `${this.#histories} histories, ${this.failed.length} failed, ${this.#leaky} with a leak`,
      `${this.#checked} frames checked against all outside their sender's view; ${this.#excused} times somebody was left out`,
      `slowest agreement after the faults stopped: ${this.#slowest / 1_000} s`,
      `done: ${listed(this.#operations)}`,
      `injected: ${listed(this.#faults)}`,
    ].join('\n')
  }
}

function listed(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ')
}

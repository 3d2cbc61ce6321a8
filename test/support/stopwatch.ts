/** How long things took, for one line of a test's output. */
export class Stopwatch {
  readonly #laps: string[] = []
  #since = performance.now()

  /** The time since the last lap was for this. */
  lap(what: string): void {
    const now = performance.now()
    this.#laps.push(`${what} ${Math.round(now - this.#since)}`)
    this.#since = now
  }

  async time<T>(what: string, run: () => Promise<T>): Promise<T> {
    this.#since = performance.now()
    const result = await run()
    this.lap(what)
    return result
  }

  toString(): string {
    return this.#laps.join(', ')
  }
}

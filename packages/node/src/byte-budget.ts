/** A token bucket for each of several: so many bytes at once, so many a second in the long run. */

export interface BudgetLimits {
  burstBytes: number
  bytesPerSecond: number
}

export class ByteBudget {
  readonly #limits: BudgetLimits
  readonly #now: () => number
  readonly #buckets = new Map<string, { bytes: number; at: number }>()

  /** `now` is monotonic, in milliseconds. */
  constructor(limits: BudgetLimits, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
  }

  /** Takes `bytes` from the budget of `whom`; false, and nothing is taken, when it has fewer left. */
  take(whom: string, bytes: number): boolean {
    const now = this.#now()
    const { burstBytes, bytesPerSecond } = this.#limits
    const bucket = this.#buckets.get(whom) ?? { bytes: burstBytes, at: now }
    const left = Math.min(burstBytes, bucket.bytes + ((now - bucket.at) / 1000) * bytesPerSecond)
    const isEnough = left >= bytes
    this.#buckets.set(whom, { bytes: isEnough ? left - bytes : left, at: now })
    return isEnough
  }

  delete(whom: string): void {
    this.#buckets.delete(whom)
  }
}

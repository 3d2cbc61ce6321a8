/** A token bucket a client: so many bytes at once, so many a second in the long run. */

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

  /** Takes `bytes` from the client's budget; false, and nothing is taken, when it has fewer left. */
  take(client: string, bytes: number): boolean {
    const now = this.#now()
    const { burstBytes, bytesPerSecond } = this.#limits
    const bucket = this.#buckets.get(client) ?? { bytes: burstBytes, at: now }
    const left = Math.min(burstBytes, bucket.bytes + ((now - bucket.at) / 1000) * bytesPerSecond)
    const isEnough = left >= bytes
    this.#buckets.set(client, { bytes: isEnough ? left - bytes : left, at: now })
    return isEnough
  }

  delete(client: string): void {
    this.#buckets.delete(client)
  }
}

/** A token bucket for each peer, so that nobody makes us check more signatures than we can (SPEC M6). */
import type { Millis } from '../ids.ts'
import { LOBBY_PEERS_MAX, RATE_BURST, RATE_PER_SECOND } from '../limits.ts'

export class Allowance {
  readonly #buckets = new Map<string, { tokens: number; at: Millis }>()

  /** Takes `cost` tokens from a peer's bucket; false when it does not hold that many. */
  spend(peer: string, cost: number, now: Millis): boolean {
    const bucket = this.#buckets.get(peer) ?? { tokens: RATE_BURST, at: now }
    bucket.tokens = Math.min(RATE_BURST, bucket.tokens + ((now - bucket.at) * RATE_PER_SECOND) / 1_000)
    bucket.at = now
    this.#buckets.delete(peer)
    this.#buckets.set(peer, bucket)
    const oldest = this.#buckets.keys().next()
    if (this.#buckets.size > LOBBY_PEERS_MAX && !oldest.done) this.#buckets.delete(oldest.value)
    if (bucket.tokens < cost) return false
    bucket.tokens -= cost
    return true
  }
}

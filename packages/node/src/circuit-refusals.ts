/** Remembers for a while which peers had no circuit, so that what is sent to them next does not wait for one. */
import { backoffMs } from './backoff.ts'
import { CIRCUIT_BACKOFF_MS, CIRCUIT_REFUSALS_MAX } from './limits.ts'

export class CircuitRefusals {
  /** In the order they were last refused. `until` is in monotonic milliseconds. */
  readonly #peers = new Map<string, { failures: number; until: number }>()

  has(peer: string): boolean {
    return performance.now() < (this.#peers.get(peer)?.until ?? 0)
  }

  add(peer: string): void {
    const failures = (this.#peers.get(peer)?.failures ?? 0) + 1
    this.#peers.delete(peer)
    this.#peers.set(peer, { failures, until: performance.now() + backoffMs(failures, CIRCUIT_BACKOFF_MS) })
    const [oldest] = this.#peers.keys()
    if (this.#peers.size > CIRCUIT_REFUSALS_MAX && oldest !== undefined) this.#peers.delete(oldest)
  }

  delete(peer: string): void {
    this.#peers.delete(peer)
  }

  clear(): void {
    this.#peers.clear()
  }
}

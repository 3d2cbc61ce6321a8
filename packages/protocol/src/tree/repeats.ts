/** A bounded history of what all members were told, for those who missed some of it (paper §3.1.1; SPEC R6). */
import { TREE_REPEATS_BYTES_MAX, TREE_REPEATS_MAX } from '../limits.ts'

export class Repeats {
  readonly #messages = new Map<number, Uint8Array>()
  #bytes = 0

  /** Keeps a message; the oldest ones go where it takes their room. */
  keep(serial: number, message: Uint8Array): void {
    this.#messages.set(serial, message)
    this.#bytes += message.length
    for (const [oldest, { length }] of this.#messages) {
      if (this.#messages.size <= TREE_REPEATS_MAX && this.#bytes <= TREE_REPEATS_BYTES_MAX) break
      this.#messages.delete(oldest)
      this.#bytes -= length
    }
  }

  /** All messages after one, in order; undefined when some of them are gone, and only a path helps. */
  since(serial: number, latest: number): readonly Uint8Array[] | undefined {
    const missed: Uint8Array[] = []
    for (let next = serial + 1; next <= latest; next++) {
      const message = this.#messages.get(next)
      if (message === undefined) return undefined
      missed.push(message)
    }
    return missed
  }
}

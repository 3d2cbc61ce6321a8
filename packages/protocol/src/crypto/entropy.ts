/** Stretches the fresh 32 bytes that come with each step: the core has no randomness of its own (SPEC C6). */
import { kdf } from './kdf.ts'
import type { Suite } from './suite.ts'

export class Entropy {
  readonly #suite: Suite
  readonly #seed: Uint8Array
  #drawn = 0

  /** `seed`: 32 fresh random bytes, used for one step and never again. */
  constructor(suite: Suite, seed: Uint8Array) {
    this.#suite = suite
    this.#seed = seed
  }

  /** The next `length` bytes, 32 at most. */
  bytes(length = 32): Uint8Array {
    const block = kdf(this.#suite, 'entropy', this.#seed, Uint8Array.of(this.#drawn >> 8, this.#drawn & 0xff))
    this.#drawn++
    return block.slice(0, length)
  }

  /** A number in [0, 1), for jitter. */
  fraction(): number {
    const [a = 0, b = 0, c = 0] = this.bytes(3)
    return (a * 65_536 + b * 256 + c) / 2 ** 24
  }
}

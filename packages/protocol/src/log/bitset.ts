/**
 * A growing set of small integers. Ancestor sets are these, so that "is concurrent with" is one bit's look-up. Nearly all
 * of them are "everything up to here, but for a few", so what is complete is counted and not kept: a log of `n` entries
 * takes memory of the order of `n`, not of its square.
 */
const ALL = 0xffff_ffff

export class Bitset {
  /** So many words from the first on have all bits set. */
  #full = 0
  /** The words after those. */
  #words = new Uint32Array(1)

  has(index: number): boolean {
    const word = (index >>> 5) - this.#full
    return word < 0 || (((this.#words[word] ?? 0) >>> (index & 31)) & 1) === 1
  }

  add(index: number): this {
    const word = (index >>> 5) - this.#full
    if (word < 0) return this
    this.#grow(word + 1)
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (index & 31))
    return this.#pack()
  }

  addAll(other: Bitset): this {
    if (other.#full > this.#full) {
      this.#words = this.#words.slice(other.#full - this.#full)
      this.#full = other.#full
    }
    const skipped = this.#full - other.#full
    const more = other.#words
    this.#grow(more.length - skipped)
    for (let i = skipped; i < more.length; i++) {
      this.#words[i - skipped] = (this.#words[i - skipped] ?? 0) | (more[i] ?? 0)
    }
    return this.#pack()
  }

  /** What is not in it, of all integers below `size`, in ascending order. */
  missing(size: number): number[] {
    const missing: number[] = []
    for (let index = this.#full << 5; index < size; index++) if (!this.has(index)) missing.push(index)
    return missing
  }

  #grow(words: number): void {
    if (words <= this.#words.length) return
    const grown = new Uint32Array(words)
    grown.set(this.#words)
    this.#words = grown
  }

  #pack(): this {
    let full = 0
    while (this.#words[full] === ALL) full++
    if (full === 0) return this
    this.#full += full
    this.#words = this.#words.slice(full)
    return this
  }
}

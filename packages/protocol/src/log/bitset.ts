/** A growing set of small integers. Ancestor sets are these, so that "is concurrent with" is one bit's look-up. */
export class Bitset {
  #words: Uint32Array

  constructor(words: Uint32Array = new Uint32Array(1)) {
    this.#words = words
  }

  has(index: number): boolean {
    return (((this.#words[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1
  }

  add(index: number): this {
    this.#grow((index >>> 5) + 1)
    this.#words[index >>> 5] = (this.#words[index >>> 5] ?? 0) | (1 << (index & 31))
    return this
  }

  addAll(other: Bitset): this {
    this.#grow(other.#words.length)
    for (const [i, word] of other.#words.entries()) this.#words[i] = (this.#words[i] ?? 0) | word
    return this
  }

  copy(): Bitset {
    return new Bitset(this.#words.slice())
  }

  #grow(words: number): void {
    if (words <= this.#words.length) return
    const grown = new Uint32Array(Math.max(words, this.#words.length * 2))
    grown.set(this.#words)
    this.#words = grown
  }
}

/** Writes the wire format: big-endian integers, fixed fields, and byte strings behind a 16-bit length (SPEC W1). */
import { fromString } from 'uint8arrays/from-string'
import { assert } from '../errors.ts'

export class Writer {
  #bytes = new Uint8Array(256)
  #length = 0

  u8(value: number): this {
    return this.#integer(value, 1)
  }

  u16(value: number): this {
    return this.#integer(value, 2)
  }

  u32(value: number): this {
    return this.#integer(value, 4)
  }

  /** An integer below 2^48: a counter that is never exhausted and still exact in a double. */
  u48(value: number): this {
    return this.#integer(value, 6)
  }

  /** Bytes whose length both sides know. */
  fixed(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** Bytes behind their length. */
  bytes(bytes: Uint8Array): this {
    return this.u16(bytes.length).fixed(bytes)
  }

  text(text: string): this {
    return this.bytes(fromString(text, 'utf8'))
  }

  /** A list behind its 16-bit length. */
  list<T>(items: readonly T[], write: (writer: Writer, item: T) => void): this {
    this.u16(items.length)
    for (const item of items) write(this, item)
    return this
  }

  /** A value that may be absent, behind one byte 0 or 1. */
  optional<T>(value: T | undefined, write: (writer: Writer, value: T) => void): this {
    this.u8(value === undefined ? 0 : 1)
    if (value !== undefined) write(this, value)
    return this
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #integer(value: number, size: number): this {
    assert(
      Number.isSafeInteger(value) && value >= 0 && value < 2 ** (8 * size),
      `${value} fits ${size} bytes`,
    )
    this.#reserve(size)
    for (let i = size - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) {
      this.#bytes[this.#length + i] = rest % 256
    }
    this.#length += size
    return this
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + size))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

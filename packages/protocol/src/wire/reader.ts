/**
 * Reads the wire format. Every length is checked before anything is allocated, and whoever decodes must reach the end:
 * one value has exactly one encoding (SPEC W1–W3).
 */
import { toString } from 'uint8arrays/to-string'
import { fromString } from 'uint8arrays/from-string'
import { equals } from 'uint8arrays/equals'
import { type Rejection, type RejectionCode, reject } from '../errors.ts'

/** Stays inside this module's callers: `decode` turns it into a `Rejection`. */
class DecodeError extends Error {
  readonly code: RejectionCode

  constructor(code: RejectionCode, detail: string) {
    super(detail)
    this.code = code
  }
}

export class Reader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get offset(): number {
    return this.#offset
  }

  u8(): number {
    return this.#integer(1)
  }

  u16(): number {
    return this.#integer(2)
  }

  u32(): number {
    return this.#integer(4)
  }

  u48(): number {
    return this.#integer(6)
  }

  /** A copy of the next `length` bytes, so that a small field never keeps a large message alive. */
  fixed(length: number): Uint8Array {
    return this.#take(length).slice()
  }

  bytes(max: number): Uint8Array {
    const length = this.u16()
    if (length > max) throw new DecodeError('too-long', `field of ${length} bytes, at most ${max}`)
    return this.fixed(length)
  }

  /** UTF-8 text of at most `max` bytes. Malformed UTF-8 is refused, since it would not encode to the same bytes. */
  text(max: number): string {
    const bytes = this.bytes(max)
    const text = toString(bytes, 'utf8')
    if (!equals(fromString(text, 'utf8'), bytes)) this.fail('text is not UTF-8')
    return text
  }

  list<T>(max: number, read: (reader: Reader) => T): T[] {
    const length = this.u16()
    if (length > max) throw new DecodeError('too-long', `list of ${length}, at most ${max}`)
    const items: T[] = []
    for (let i = 0; i < length; i++) items.push(read(this))
    return items
  }

  /** A list in strictly ascending order, so that a set has one encoding. */
  ascending<T>(max: number, read: (reader: Reader) => T, order: (a: T, b: T) => number): T[] {
    const items = this.list(max, read)
    for (const [i, item] of items.entries()) {
      const previous = items[i - 1]
      if (i > 0 && previous !== undefined && order(previous, item) >= 0) this.fail('list is not in order')
    }
    return items
  }

  optional<T>(read: (reader: Reader) => T): T | undefined {
    const flag = this.u8()
    if (flag > 1) this.fail('flag is neither 0 nor 1')
    return flag === 1 ? read(this) : undefined
  }

  /** The bytes read so far since `start`. */
  since(start: number): Uint8Array {
    return this.#bytes.slice(start, this.#offset)
  }

  /** All bytes that are left. */
  rest(): Uint8Array {
    return this.fixed(this.#bytes.length - this.#offset)
  }

  end(): void {
    const left = this.#bytes.length - this.#offset
    if (left > 0) throw new DecodeError('trailing-bytes', `${left} bytes too many`)
  }

  fail(detail: string, code: RejectionCode = 'malformed'): never {
    throw new DecodeError(code, detail)
  }

  #integer(size: number): number {
    return this.#take(size).reduce((value, byte) => value * 256 + byte, 0)
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#offset) throw new DecodeError('malformed', 'cut short')
    const taken = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return taken
  }
}

/** Decodes all of `bytes`, or says why it cannot be. Pure; throws only for a bug of ours. */
export function decode<T>(bytes: Uint8Array, max: number, read: (reader: Reader) => T): T | Rejection {
  if (bytes.length > max) return reject('too-long', `${bytes.length} bytes, at most ${max}`)
  const reader = new Reader(bytes)
  try {
    const value = read(reader)
    reader.end()
    return value
  } catch (error) {
    if (error instanceof DecodeError) return reject(error.code, error.message)
    throw error
  }
}

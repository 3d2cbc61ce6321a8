/** Pieces of a file under a key of its own (SPEC A4). */
import { concat } from 'uint8arrays/concat'
import { kdf } from '../crypto/kdf.ts'
import { NONCE_LENGTH, type Suite } from '../crypto/suite.ts'
import { Writer } from '../wire/writer.ts'

/** One delivery of a file to one peer. */
export interface Delivery {
  /** 32 bytes, from the file's offer. */
  readonly key: Uint8Array
  /** 16 bytes: the offer's id. */
  readonly id: Uint8Array
  /** 16 bytes that are fresh for each delivery: no key and nonce serve twice, also where the file was changed meanwhile. */
  readonly salt: Uint8Array
}

/** Seals and opens the chunks of one delivery. */
export class ChunkBox {
  readonly #suite: Suite
  readonly #key: Uint8Array
  readonly #id: Uint8Array

  constructor(suite: Suite, { key, id, salt }: Delivery) {
    this.#suite = suite
    this.#key = kdf(suite, 'file', key, id, salt)
    this.#id = id
  }

  /** The chunk as it travels: it opens at its place in this file alone. */
  seal(index: number, chunk: Uint8Array): Uint8Array {
    return this.#suite.seal(this.#box(index), chunk)
  }

  /** The chunk; undefined when it is not the one of this place in this file. */
  open(index: number, sealed: Uint8Array): Uint8Array | undefined {
    return this.#suite.open(this.#box(index), sealed)
  }

  #box(index: number): { key: Uint8Array; nonce: Uint8Array; aad: Uint8Array } {
    const place = new Writer().u32(index).finish()
    const nonce = new Uint8Array(NONCE_LENGTH)
    nonce.set(place, NONCE_LENGTH - place.length)
    return { key: this.#key, nonce, aad: concat([this.#id, place]) }
  }
}

/** The flat table: which slots a peer's ID holds (paper §3.3, §3.4; SPEC S1–S2). */
import { concat } from 'uint8arrays/concat'
import { labelledHash } from '../crypto/kdf.ts'
import { publicKeyOf, type PeerId, type Slot } from '../ids.ts'
import { assert } from '../errors.ts'
import type { Reader } from '../wire/reader.ts'
import type { Group } from './genesis.ts'

interface Row {
  readonly slots: ReadonlySet<Slot>
  readonly place: number
}

/** A peer's row is a function of the group and the peer, so it is worked out once a group. */
const rowsOf = new WeakMap<Group, Map<PeerId, Row>>()

/** Works out and remembers the slots of peers in one group. */
export class SlotTable {
  readonly #group: Group
  readonly #rows: Map<PeerId, Row>
  /** Number of slots there are: `n · k`. */
  readonly size: number

  constructor(group: Group) {
    this.#group = group
    this.#rows = rowsOf.get(group) ?? new Map<PeerId, Row>()
    rowsOf.set(group, this.#rows)
    this.size = group.genesis.idSpace.symbols * group.genesis.idSpace.radix
  }

  /** The `n` slots of a peer's ID, one a symbol: computable by everybody, chosen by nobody. */
  of(peer: PeerId): ReadonlySet<Slot> {
    return this.#rowOf(peer).slots
  }

  /** A peer's fixed place in a round of 2^32: the first bits of its ID, which nobody chooses. */
  placeOf(peer: PeerId): number {
    return this.#rowOf(peer).place
  }

  /** Every slot there is, in ascending order. */
  get all(): Slot[] {
    return Array.from({ length: this.size }, (_, slot) => slot as Slot)
  }

  /** The slots of all these peers together. */
  union(peers: Iterable<PeerId>): Set<Slot> {
    const union = new Set<Slot>()
    for (const peer of peers) for (const slot of this.of(peer)) union.add(slot)
    return union
  }

  #rowOf(peer: PeerId): Row {
    const known = this.#rows.get(peer)
    if (known) return known
    const digest = this.#digestOf(peer)
    const { symbols, radix } = this.#group.genesis.idSpace
    const bits = Math.log2(radix)
    const slots = Array.from({ length: symbols }, (_, i) =>
      slotAt(i, symbolAt(digest, i * bits, bits), radix),
    )
    const row = { slots: new Set(slots), place: new DataView(digest.buffer, digest.byteOffset).getUint32(0) }
    this.#rows.set(peer, row)
    return row
  }

  #digestOf(peer: PeerId): Uint8Array {
    const publicKey = publicKeyOf(peer)
    assert(publicKey !== undefined, 'a PeerId holds a public key')
    return labelledHash(this.#group.suite, 'id', concat([this.#group.id, publicKey]))
  }
}

/** Slot `(i, c)` as one index. */
export function slotAt(i: number, c: number, radix: number): Slot {
  return (i * radix + c) as Slot
}

/** `bits` (1 to 4) of `digest` from bit `offset` on, most significant first; symbols of 3 bits may cross a byte. */
function symbolAt(digest: Uint8Array, offset: number, bits: number): number {
  let symbol = 0
  for (let bit = offset; bit < offset + bits; bit++) {
    symbol = symbol * 2 + (((digest[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1)
  }
  return symbol
}

/** A set of slots as a bitmap of `size` bits, rounded up to bytes. */
export function slotsToBitmap(slots: Iterable<Slot>, size: number): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(size / 8))
  for (const slot of slots) bitmap[slot >> 3] = (bitmap[slot >> 3] ?? 0) | (0x80 >> (slot & 7))
  return bitmap
}

/** The slots of a bitmap in ascending order; bits beyond `size` are left out. */
export function slotsOfBitmap(bitmap: Uint8Array, size: number): Slot[] {
  const slots: Slot[] = []
  for (let slot = 0; slot < size; slot++) {
    if (((bitmap[slot >> 3] ?? 0) & (0x80 >> (slot & 7))) !== 0) slots.push(slot as Slot)
  }
  return slots
}

/** Reads a bitmap of `size` bits; one with bits beyond them is refused, so that a set has one encoding. */
export function readBitmap(reader: Reader, size: number): Slot[] {
  const bitmap = reader.fixed(Math.ceil(size / 8))
  const beyond = size % 8 === 0 ? 0 : (bitmap.at(-1) ?? 0) & (0xff >> (size % 8))
  return beyond === 0 ? slotsOfBitmap(bitmap, size) : reader.fail('bits beyond the table')
}

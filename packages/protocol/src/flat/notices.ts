/** What a flat manager multicasts, and what it hands to one participant over the set-up channel (paper §3.1.1; SPEC N5). */
import type { Rejection } from '../errors.ts'
import { fromHex, ID_LENGTH, operationIdOf, type Slot, type VersionId } from '../ids.ts'
import { OPERATION_MAX, ROW_MAX } from '../limits.ts'
import { decode } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/** A key control message: everybody gets the same bytes. */
export interface Notice {
  /** Signed by the manager: a founding, a change, a refresh or a destruction, as in a room. */
  readonly operation: Uint8Array
  /** Of a group that is merged into another one: where in that one's table its positions come to be. */
  readonly base?: number
}

/** The keys of one row, for whoever has that ID. Goes over a channel that nobody else reads. */
export interface FlatKeys {
  readonly version: VersionId
  readonly revision: number
  readonly tek: Uint8Array
  readonly chain: Uint8Array
  readonly slots: readonly { readonly slot: Slot; readonly kek: Uint8Array }[]
}

export function encodeNotice({ operation, base }: Notice): Uint8Array {
  return new Writer()
    .bytes(operation)
    .optional(base, (inner, at) => inner.u16(at))
    .finish()
}

export function decodeNotice(bytes: Uint8Array): Notice | Rejection {
  return decode(bytes, OPERATION_MAX + 16, (reader) => {
    const operation = reader.bytes(OPERATION_MAX)
    const base = reader.optional((inner) => inner.u16())
    return { operation, ...(base !== undefined && { base }) }
  })
}

export function encodeFlatKeys(keys: FlatKeys): Uint8Array {
  return new Writer()
    .fixed(fromHex(keys.version))
    .u32(keys.revision)
    .fixed(keys.tek)
    .fixed(keys.chain)
    .list(keys.slots, (inner, { slot, kek }) => inner.u16(slot).fixed(kek))
    .finish()
}

export function decodeFlatKeys(bytes: Uint8Array): FlatKeys | Rejection {
  return decode(bytes, OPERATION_MAX, (reader) => ({
    version: operationIdOf(reader.fixed(ID_LENGTH)),
    revision: reader.u32(),
    tek: reader.fixed(32),
    chain: reader.fixed(32),
    slots: reader.ascending(
      ROW_MAX,
      (inner) => ({ slot: inner.u16() as Slot, kek: inner.fixed(32) }),
      (a, b) => a.slot - b.slot,
    ),
  }))
}

/**
 * Where the members of a group go on when it is merged into another one, or when a part of it splits off (SPEC G8). It lets
 * nobody in by itself: whoever moves was admitted there before it was told.
 */
import { isRejection, type Rejection } from '../errors.ts'
import { ADDRESS_LENGTH_MAX, RELAYS_MAX } from '../limits.ts'
import { decode, type Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { decodeGenesis, encodeGenesis, type Genesis, GENESIS_MAX } from './genesis.ts'

/** The group in which another one goes on, as its members are told. */
export interface Successor {
  readonly genesis: Genesis
  readonly roomKey: Uint8Array
  /** Multiaddrs of the relays that the group meets at. */
  readonly relays: readonly string[]
}

const SUCCESSOR_MAX = 2048

/** A successor as bytes of its own, to be kept. */
export function encodeSuccessor(to: Successor): Uint8Array {
  const writer = new Writer()
  writeSuccessor(writer, to)
  return writer.finish()
}

/** Reads a successor; returns a `Rejection` for what is none. */
export function decodeSuccessor(bytes: Uint8Array): Successor | Rejection {
  return decode(bytes, SUCCESSOR_MAX, readSuccessor)
}

export function writeSuccessor(writer: Writer, { genesis, roomKey, relays }: Successor): void {
  writer
    .bytes(encodeGenesis(genesis))
    .fixed(roomKey)
    .list(relays, (inner, relay) => inner.text(relay))
}

export function readSuccessor(reader: Reader): Successor {
  const genesis = decodeGenesis(reader.bytes(GENESIS_MAX))
  if (isRejection(genesis)) return reader.fail(genesis.detail, genesis.rejected)
  const roomKey = reader.fixed(32)
  return { genesis, roomKey, relays: reader.list(RELAYS_MAX, (inner) => inner.text(ADDRESS_LENGTH_MAX)) }
}

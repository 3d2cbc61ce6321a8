/** Branded names for things that are all bytes underneath, so that one cannot stand where another belongs. */
import { compare } from 'uint8arrays/compare'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'

/** A libp2p Ed25519 peer id in base58btc, e.g. `12D3KooW…`. */
export type PeerId = string & { readonly brand: 'PeerId' }
/** SHA-256 of an operation's body, in hex. */
export type OperationId = string & { readonly brand: 'OperationId' }
/** The id of the change (or founding) that made a version. */
export type VersionId = OperationId
/** The id of the operation that admitted somebody: an admission, or a founding for the founder. */
export type AdmissionId = OperationId
/** Index `i · radix + c` of slot `(i, c)`. */
export type Slot = number & { readonly brand: 'Slot' }
/** Milliseconds of a monotonic clock whose zero means nothing. */
export type Millis = number

export const PUBLIC_KEY_LENGTH = 32
export const ID_LENGTH = 32

// Multihash "identity", 36 bytes; protobuf field 1 (key type) = Ed25519, field 2 (data) = 32 bytes: libp2p peer-ids spec.
const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)

/** The peer id of a 32-byte Ed25519 public key. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  return toString(concat([PEER_ID_PREFIX, publicKey]), 'base58btc') as PeerId
}

/** The 32-byte public key inside a peer id, or undefined when it is not an Ed25519 peer id. */
export function publicKeyOf(peer: string): Uint8Array | undefined {
  let bytes: Uint8Array
  try {
    bytes = fromString(peer, 'base58btc')
  } catch {
    return undefined
  }
  const prefix = bytes.subarray(0, PEER_ID_PREFIX.length)
  if (bytes.length !== PEER_ID_PREFIX.length + PUBLIC_KEY_LENGTH || compare(prefix, PEER_ID_PREFIX) !== 0) {
    return undefined
  }
  return bytes.subarray(PEER_ID_PREFIX.length)
}

export function toHex(bytes: Uint8Array): string {
  return toString(bytes, 'base16')
}

export function fromHex(hex: string): Uint8Array {
  return fromString(hex, 'base16')
}

/** The id whose 32 bytes these are. */
export function operationIdOf(bytes: Uint8Array): OperationId {
  return toHex(bytes) as OperationId
}

/** Orders hex ids as their bytes are ordered. */
export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

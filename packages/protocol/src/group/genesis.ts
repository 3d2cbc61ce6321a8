/** What a group is: constants that its id pins (SPEC G1–G3). */
import { fromString } from 'uint8arrays/from-string'
import { kdf, labelledHash } from '../crypto/kdf.ts'
import type { Suite } from '../crypto/suite.ts'
import { type Rejection, UsageError } from '../errors.ts'
import { type PeerId, peerIdOf, PUBLIC_KEY_LENGTH, toHex } from '../ids.ts'
import { ROOM_NAME_MAX } from '../limits.ts'
import { decode, type Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { isModerator, OPEN_POLICY, type Policy, policyOf, readPolicy, writePolicy } from './policy.ts'

/** The form of the IDs that the flat table is made by. */
export interface IdSpace {
  /** Symbols in an ID: `n`. */
  readonly symbols: number
  /** Values of a symbol: `k`. */
  readonly radix: number
}

export interface Genesis {
  readonly nonce: Uint8Array
  readonly idSpace: IdSpace
  readonly suite: number
  readonly policy: Policy
  readonly name: string
  /** Public key of the only peer that may found; absent in an open room. */
  readonly creator?: Uint8Array
}

// Format 1 is retired: its policies had no more than who admits.
const FORMAT = 2
const NONCE_LENGTH = 16
/** A name and eight moderators make 449. */
export const GENESIS_MAX = 512
/** 128 × 4: eight exclusions cost nobody anything, and a member holds 4 KiB of keys (SPEC S1). */
export const DEFAULT_ID_SPACE: IdSpace = { symbols: 128, radix: 4 }

/** Everything about a group that does not change, worked out once. */
export interface Group {
  readonly genesis: Genesis
  /** SHA-256 of the genesis. */
  readonly id: Uint8Array
  readonly suite: Suite
  /** Everything of the lobby comes from it: known to everybody who may knock. */
  readonly roomKey: Uint8Array
  /** Seals the frames of the lobby. */
  readonly lobbyKey: Uint8Array
  /** Names of the two gossip topics: hashes that tell an observer nothing. */
  readonly topics: { readonly lobby: string; readonly room: string }
}

export function encodeGenesis(genesis: Genesis): Uint8Array {
  const writer = new Writer()
    .u8(FORMAT)
    .fixed(genesis.nonce)
    .u16(genesis.idSpace.symbols)
    .u8(genesis.idSpace.radix)
    .u8(genesis.suite)
  return writePolicy(writer, genesis.policy)
    .text(genesis.name)
    .optional(genesis.creator, (inner, creator) => inner.fixed(creator))
    .finish()
}

function readGenesis(reader: Reader): Genesis {
  if (reader.u8() !== FORMAT) reader.fail('genesis of a format we do not know', 'unknown-type')
  const nonce = reader.fixed(NONCE_LENGTH)
  const idSpace = { symbols: reader.u16(), radix: reader.u8() }
  if (!isIdSpace(idSpace)) reader.fail('ID space that cannot be')
  const suite = reader.u8()
  const policy = readPolicy(reader)
  const name = reader.text(ROOM_NAME_MAX)
  const creator = reader.optional((inner) => inner.fixed(PUBLIC_KEY_LENGTH))
  return { nonce, idSpace, suite, policy, name, ...(creator && { creator }) }
}

/** A digest of 256 bits gives at most 256 bits' worth of symbols, and a symbol must fill whole bits. */
function isIdSpace({ symbols, radix }: IdSpace): boolean {
  const bits = Math.log2(radix)
  return Number.isInteger(bits) && bits >= 1 && bits <= 4 && symbols >= 1 && symbols * bits <= 256
}

export function decodeGenesis(bytes: Uint8Array): Genesis | Rejection {
  return decode(bytes, GENESIS_MAX, readGenesis)
}

/** The group that `genesis` starts. Throws `UsageError` when it names a suite other than `suite`. */
export function groupOf(genesis: Genesis, roomKey: Uint8Array, suite: Suite): Group {
  if (genesis.suite !== suite.number) {
    throw new UsageError('bad-invite', `This room needs cipher suite ${genesis.suite}. Use a newer Conclave.`)
  }
  const id = labelledHash(suite, 'genesis', encodeGenesis(genesis))
  const topic = (label: 'lobby topic' | 'room topic'): string => toHex(kdf(suite, label, roomKey, id))
  return {
    genesis,
    id,
    suite,
    roomKey,
    lobbyKey: kdf(suite, 'lobby', roomKey, id),
    topics: {
      lobby: `/conclave/1/lobby/${topic('lobby topic')}`,
      room: `/conclave/1/room/${topic('room topic')}`,
    },
  }
}

/** An open room: everybody who knows its name gets the same group (SPEC G3). Takes a fraction of a second. */
export function openRoom(name: string, suite: Suite): Group {
  const text = fromString(name, 'utf8')
  if (text.length === 0 || text.length > ROOM_NAME_MAX) {
    throw new UsageError('bad-name', `A room's name has 1 to ${ROOM_NAME_MAX} bytes. Choose another one.`)
  }
  const nonce = labelledHash(suite, 'open room', text).slice(0, NONCE_LENGTH)
  const genesis: Genesis = {
    nonce,
    idSpace: DEFAULT_ID_SPACE,
    suite: suite.number,
    policy: OPEN_POLICY,
    name,
  }
  const salt = labelledHash(suite, 'genesis', encodeGenesis(genesis))
  return groupOf(genesis, suite.slowHash(text, salt), suite)
}

export interface NewRoomInit {
  readonly creator: Uint8Array
  /** 48 fresh random bytes: the nonce and the room key. */
  readonly entropy: Uint8Array
  readonly name?: string
  readonly idSpace?: IdSpace
  /** By invite, and any member excludes, where it says nothing else. */
  readonly policy?: Partial<Policy>
}

/** A new room that one enters by invite. Throws `UsageError` for a policy that cannot be. */
export function newRoom(init: NewRoomInit, suite: Suite): Group {
  const genesis: Genesis = {
    nonce: init.entropy.slice(0, NONCE_LENGTH),
    idSpace: init.idSpace ?? DEFAULT_ID_SPACE,
    suite: suite.number,
    policy: policyOf(init.policy ?? {}, peerIdOf(init.creator)),
    name: init.name ?? '',
    creator: init.creator,
  }
  return groupOf(genesis, init.entropy.slice(NONCE_LENGTH, NONCE_LENGTH + 32), suite)
}

/** The peer whose key founded the group, when the genesis names one. */
export function creatorOf({ genesis: { creator } }: Group): PeerId | undefined {
  return creator && peerIdOf(creator)
}

/** Whether a member may destroy, merge or split the room: moderators, or where there are none the creator (SPEC G7). */
export function mayGovern(group: Group, peer: PeerId): boolean {
  const { policy } = group.genesis
  return policy.moderators.length > 0 ? isModerator(policy, peer) : peer === creatorOf(group)
}

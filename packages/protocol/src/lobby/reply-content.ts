/** What a reply holds once opened: a page of the log, key state, or a refusal; and how it is sealed (SPEC B4, K10). */
import { kdf } from '../crypto/kdf.ts'
import { type AeadInput, NONCE_LENGTH } from '../crypto/suite.ts'
import { reject, type Rejection } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import {
  compareIds,
  fromHex,
  ID_LENGTH,
  operationIdOf,
  type OperationId,
  type PeerId,
  peerIdOf,
  PUBLIC_KEY_LENGTH,
  publicKeyOf,
  type Slot,
} from '../ids.ts'
import { KEY_LENGTH } from '../keys/derivation.ts'
import type { HandedKeys } from '../keys/key-ring.ts'
import * as limits from '../limits.ts'
import type { Operation } from '../log/operation.ts'
import { readOperations } from '../traffic/room-messages.ts'
import { readPath, writePath } from '../tree/messages.ts'
import { ROOM_TREE } from '../tree/tree-wraps.ts'
import { decode, type Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/** Why a member does not let somebody in. `asked`: a human has to say yes first; it waits. */
export const REFUSALS = [
  'not-a-member',
  'excluded',
  'invite-needed',
  'invite-revoked',
  'invite-expired',
  'asked',
  'denied',
  'destroyed',
] as const
export type Refusal = (typeof REFUSALS)[number]

export interface Page {
  readonly kind: 'page'
  readonly operations: readonly Operation[]
  /** Whether there is more: ask again with the new heads. */
  readonly more: boolean
  /** The replier's heads: two members with the same heads confirm each other. */
  readonly heads: readonly OperationId[]
  readonly keys?: HandedKeys
  /** Members the replier heard lately, so that a newcomer knows whom to ask for the rest. */
  readonly online: readonly PeerId[]
}

export interface Refused {
  readonly kind: 'refused'
  readonly refusal: Refusal
}

export type ReplyContent = Page | Refused

const KINDS = { page: 1, refused: 2 } as const
const SLOTS_MAX = 4096
const ONLINE_MAX = 64

export interface ReplyKeyInput {
  /** Our X25519 secret for this request, and the other side's public key. */
  readonly secret: Uint8Array
  readonly publicKey: Uint8Array
  readonly request: Uint8Array
  readonly requester: PeerId
  readonly replier: PeerId
}

/** The box of one reply. Its key is used once, so the nonce is constant. Undefined for a degenerate exchange key. */
function boxOf(group: Group, input: ReplyKeyInput): AeadInput | undefined {
  const shared = group.suite.agree(input.secret, input.publicKey)
  if (shared === undefined) return undefined
  const parties = new Writer().text(input.requester).text(input.replier).finish()
  const key = kdf(group.suite, 'reply', shared, group.id, input.request, parties)
  return { key, nonce: new Uint8Array(NONCE_LENGTH), aad: group.id }
}

export function sealReply(group: Group, input: ReplyKeyInput, content: ReplyContent): Uint8Array | undefined {
  const box = boxOf(group, input)
  return box && group.suite.seal(box, encodeContent(content))
}

export function openReply(group: Group, input: ReplyKeyInput, sealed: Uint8Array): ReplyContent | Rejection {
  const box = boxOf(group, input)
  const bytes = box && group.suite.open(box, sealed)
  if (bytes === undefined) return reject('undecryptable', 'the reply is not sealed to our request')
  return decode(bytes, limits.FRAME_MAX, (reader) => readContent(reader, group))
}

function encodeContent(content: ReplyContent): Uint8Array {
  const writer = new Writer().u8(KINDS[content.kind])
  if (content.kind === 'refused') return writer.u8(REFUSALS.indexOf(content.refusal)).finish()
  return writer
    .list(content.operations, (inner, operation) => inner.bytes(operation.bytes))
    .u8(content.more ? 1 : 0)
    .list(content.heads, (inner, head) => inner.fixed(fromHex(head)))
    .optional(content.keys, writeKeys)
    .list(content.online, (inner, peer) =>
      inner.fixed(publicKeyOf(peer) ?? new Uint8Array(PUBLIC_KEY_LENGTH)),
    )
    .finish()
}

function writeKeys(writer: Writer, keys: HandedKeys): void {
  writer
    .fixed(fromHex(keys.version))
    .u32(keys.revision)
    .fixed(keys.tek)
    .fixed(keys.chain)
    .optional(keys.secret, (inner, secret) => inner.fixed(secret))

  // A row has few makers, often one: they are listed once, and each slot names its own by its place.
  const creators = [...new Set(keys.slots.map(({ creator }) => creator))].sort(compareIds)
  writer
    .list(creators, (inner, creator) => inner.fixed(fromHex(creator)))
    .list(keys.slots, (inner, { slot, kek, creator }) =>
      inner.u16(slot).fixed(kek).u16(creators.indexOf(creator)),
    )
    .optional(keys.path, writePath)
}

function readContent(reader: Reader, group: Group): ReplyContent {
  const kind = reader.u8()
  if (kind === KINDS.page) return readPage(reader, group)
  if (kind !== KINDS.refused) reader.fail(`reply of kind ${kind}`, 'unknown-type')
  const refusal = REFUSALS[reader.u8()]
  return refusal ? { kind: 'refused', refusal } : reader.fail('refusal we do not know', 'unknown-type')
}

function readPage(reader: Reader, group: Group): Page {
  const operations = readOperations(reader, group)
  const more = reader.u8()
  if (more > 1) reader.fail('flag is neither 0 nor 1')
  const heads = reader.ascending(
    limits.PARENTS_MAX,
    (inner) => operationIdOf(inner.fixed(ID_LENGTH)),
    compareIds,
  )
  const keys = reader.optional(readKeys)
  const online = reader.list(ONLINE_MAX, (inner) => peerIdOf(inner.fixed(PUBLIC_KEY_LENGTH)))
  return { kind: 'page', operations, more: more === 1, heads, online, ...(keys && { keys }) }
}

function readKeys(reader: Reader): HandedKeys {
  const version = operationIdOf(reader.fixed(ID_LENGTH))
  const revision = reader.u32()
  if (revision > limits.REVISION_MAX) reader.fail('revision beyond all bounds')
  const tek = reader.fixed(KEY_LENGTH)
  const chain = reader.fixed(KEY_LENGTH)
  const secret = reader.optional((inner) => inner.fixed(KEY_LENGTH))
  const creators = reader.ascending(SLOTS_MAX, (inner) => operationIdOf(inner.fixed(ID_LENGTH)), compareIds)
  const slots = reader.ascending(
    SLOTS_MAX,
    (inner) => readSlotKey(inner, creators),
    (a, b) => a.slot - b.slot,
  )
  const path = reader.optional((inner) => readPath(inner, ROOM_TREE))
  return { version, revision, tek, chain, slots, ...(secret && { secret }), ...(path && { path }) }
}

function readSlotKey(reader: Reader, creators: readonly OperationId[]): HandedKeys['slots'][number] {
  const slot = reader.u16() as Slot
  const kek = reader.fixed(KEY_LENGTH)
  const creator = creators[reader.u16()] ?? reader.fail('slot whose maker is not listed')
  return { slot, kek, creator }
}

/** What a lobby frame can say: a heartbeat, a request, a reply (SPEC B2–B4). */
import type { Rejection } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import { type Evidence, readEvidence, writeEvidence } from '../group/invite.ts'
import { readBitmap, slotsToBitmap } from '../group/slots.ts'
import {
  compareIds,
  fromHex,
  ID_LENGTH,
  operationIdOf,
  type OperationId,
  type Slot,
  type VersionId,
} from '../ids.ts'
import * as limits from '../limits.ts'
import { SALT_LENGTH } from '../traffic/frame.ts'
import { decode, type Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/** Lets newcomers and strays find the room. It carries nothing about keys. */
export interface LobbyHeartbeat {
  readonly kind: 'lobby-heartbeat'
  readonly salt: Uint8Array
  readonly sequence: number
  /** Whether the sender is ready to introduce. */
  readonly willing: boolean
  /** The founding that the sender's log grows from, and how many are on its roster: tells two lineages apart. */
  readonly root: OperationId
  readonly members: number
  /** What the sender speaks under, or spoke under since it last said so: so those of another lineage know that its frames are not for them. */
  readonly version?: VersionId
  /** Multiaddrs the sender may be dialled at: hints, to be checked by whoever dials. */
  readonly addresses: readonly string[]
}

/** Asks to be let in, or for what the sender's log and key table lack. */
export interface Request {
  readonly kind: 'request'
  readonly id: Uint8Array
  /** How often it was asked before; each time other members take the turn to answer. */
  readonly attempt: number
  /** X25519 key for this request alone: the reply is sealed to it. */
  readonly exchangeKey: Uint8Array
  /** The founding of the lineage it is for; absent while any will do. */
  readonly lineage?: OperationId
  readonly heads: readonly OperationId[]
  /** Operations further back, for a peer that knows none of our heads (SPEC L19). */
  readonly landmarks: readonly OperationId[]
  /** The last operation of the page before, from the same peer: it goes on after it. */
  readonly after?: OperationId
  readonly want?: { readonly version: VersionId; readonly slots: readonly Slot[] }
  readonly join?: { readonly name: string; readonly evidence?: Evidence }
}

/** Answers one request; its content is sealed to the requester alone. */
export interface Reply {
  readonly kind: 'reply'
  readonly request: Uint8Array
  readonly exchangeKey: Uint8Array
  readonly sealed: Uint8Array
}

export type LobbyMessage = LobbyHeartbeat | Request | Reply

const KINDS = { 'lobby-heartbeat': 1, request: 2, reply: 3 } as const
export const REQUEST_ID_LENGTH = 16
/** Attempts begin again after so many: at a last one that stays it would be the turn of the same two for ever (SPEC B3). */
const ATTEMPTS = 256

export function encodeLobbyMessage(group: Group, message: LobbyMessage): Uint8Array {
  const writer = new Writer().u8(KINDS[message.kind])
  switch (message.kind) {
    case 'lobby-heartbeat':
      return writer
        .fixed(message.salt)
        .u48(message.sequence)
        .u8(message.willing ? 1 : 0)
        .fixed(fromHex(message.root))
        .u32(message.members)
        .optional(message.version, (inner, version) => inner.fixed(fromHex(version)))
        .list(message.addresses, (inner, address) => inner.text(address))
        .finish()
    case 'request':
      return writeRequest(writer, message, slotCount(group)).finish()
    case 'reply':
      return writer.fixed(message.request).fixed(message.exchangeKey).fixed(message.sealed).finish()
  }
}

function slotCount(group: Group): number {
  return group.genesis.idSpace.symbols * group.genesis.idSpace.radix
}

function writeRequest(writer: Writer, request: Request, size: number): Writer {
  return writer
    .fixed(request.id)
    .u8(request.attempt % ATTEMPTS)
    .fixed(request.exchangeKey)
    .optional(request.lineage, (inner, root) => inner.fixed(fromHex(root)))
    .list(request.heads, (inner, head) => inner.fixed(fromHex(head)))
    .list(request.landmarks, (inner, landmark) => inner.fixed(fromHex(landmark)))
    .optional(request.after, (inner, after) => inner.fixed(fromHex(after)))
    .optional(request.want, (inner, want) =>
      inner.fixed(fromHex(want.version)).fixed(slotsToBitmap(want.slots, size)),
    )
    .optional(request.join, (inner, join) => inner.text(join.name).optional(join.evidence, writeEvidence))
}

export function decodeLobbyMessage(group: Group, bytes: Uint8Array): LobbyMessage | Rejection {
  return decode(bytes, limits.FRAME_MAX, (reader) => {
    const kind = reader.u8()
    switch (kind) {
      case KINDS['lobby-heartbeat']:
        return readLobbyHeartbeat(reader)
      case KINDS.request:
        return readRequest(reader, slotCount(group))
      case KINDS.reply:
        return {
          kind: 'reply',
          request: reader.fixed(REQUEST_ID_LENGTH),
          exchangeKey: reader.fixed(32),
          sealed: reader.rest(),
        }
      default:
        return reader.fail(`lobby message of kind ${kind}`, 'unknown-type')
    }
  })
}

function readLobbyHeartbeat(reader: Reader): LobbyHeartbeat {
  const salt = reader.fixed(SALT_LENGTH)
  const sequence = reader.u48()
  const willing = reader.u8()
  if (willing > 1) reader.fail('flag is neither 0 nor 1')
  const root = operationIdOf(reader.fixed(ID_LENGTH))
  const members = reader.u32()
  const version = reader.optional((inner) => operationIdOf(inner.fixed(ID_LENGTH)))
  return {
    kind: 'lobby-heartbeat',
    salt,
    sequence,
    willing: willing === 1,
    root,
    members,
    ...(version && { version }),
    addresses: reader.list(limits.ADDRESSES_MAX, (inner) => inner.text(limits.ADDRESS_LENGTH_MAX)),
  }
}

function readIds(reader: Reader, max: number): OperationId[] {
  return reader.ascending(max, (inner) => operationIdOf(inner.fixed(ID_LENGTH)), compareIds)
}

function readRequest(reader: Reader, size: number): Request {
  const id = reader.fixed(REQUEST_ID_LENGTH)
  const attempt = reader.u8()
  const exchangeKey = reader.fixed(32)
  const lineage = reader.optional((inner) => operationIdOf(inner.fixed(ID_LENGTH)))
  const heads = readIds(reader, limits.PARENTS_MAX)
  const landmarks = readIds(reader, limits.LANDMARKS_MAX)
  const after = reader.optional((inner) => operationIdOf(inner.fixed(ID_LENGTH)))
  const want = reader.optional((inner) => ({
    version: operationIdOf(inner.fixed(ID_LENGTH)),
    slots: readBitmap(inner, size),
  }))
  const join = reader.optional((inner) => {
    const name = inner.text(limits.NAME_MAX)
    const evidence = inner.optional(readEvidence)
    return { name, ...(evidence && { evidence }) }
  })
  return {
    kind: 'request',
    id,
    attempt,
    exchangeKey,
    ...(lineage && { lineage }),
    heads,
    landmarks,
    ...(after && { after }),
    ...(want && { want }),
    ...(join && { join }),
  }
}

/** What a room frame can say: chat, actions, heartbeat, operations, a wish to leave. */
import { SIGNATURE_LENGTH } from '../crypto/suite.ts'
import { type Rejection } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import {
  type AdmissionId,
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
  type VersionId,
} from '../ids.ts'
import { compare } from 'uint8arrays/compare'
import { CHECK_LENGTH } from '../keys/derivation.ts'
import * as limits from '../limits.ts'
import { decodeOperation, type Operation, type Wrap } from '../log/operation.ts'
import { isRejection } from '../errors.ts'
import { decode, type Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

export interface Chat {
  readonly kind: 'chat'
  readonly text: string
}

/** What an application says, by a name of its own (SPEC A1). */
export interface Action {
  readonly kind: 'action'
  readonly name: string
  /** Whom it is for; nobody is everybody. */
  readonly to: readonly PeerId[]
  /** How to read `data`. */
  readonly form: 'json' | 'bytes'
  readonly data: Uint8Array
}

/** What users and their applications say, in contrast to what members tell each other by themselves. */
export type Said = Chat | Action

/** Under the TEK: what the sender knows and holds. A hint: it changes no state but what we ask for. */
export interface Heartbeat {
  readonly kind: 'heartbeat'
  /** Digest over all heads, so that more of them than are listed still show. */
  readonly digest: Uint8Array
  readonly heads: readonly OperationId[]
  /** Slots the sender is key holder of, with their key-check values. */
  readonly held: readonly { readonly slot: Slot; readonly check: Uint8Array }[]
}

export interface Operations {
  readonly kind: 'operations'
  readonly operations: readonly Operation[]
}

/** A member's wish to have its own admissions ended. */
export interface Leave {
  readonly kind: 'leave'
  readonly admissions: readonly { readonly admission: AdmissionId; readonly signature: Uint8Array }[]
}

/** A key relay's wraps of a version's secret under slots that its author lacked (paper §3.4; SPEC K14). */
export interface Relayed {
  readonly kind: 'relayed'
  readonly version: VersionId
  readonly wraps: readonly Wrap[]
}

export type RoomMessage = Chat | Action | Heartbeat | Operations | Leave | Relayed

const KINDS = { chat: 1, heartbeat: 2, operations: 3, leave: 4, relayed: 5, action: 6 } as const
const FORMS = ['json', 'bytes'] as const
const DIGEST_LENGTH = 32
const HELD_MAX = 4096

export function encodeRoomMessage(message: RoomMessage): Uint8Array {
  const writer = new Writer().u8(KINDS[message.kind])
  switch (message.kind) {
    case 'chat':
      return writer.text(message.text).finish()
    case 'action':
      return writer
        .text(message.name)
        .list(keysOf(message.to), (inner, key) => inner.fixed(key))
        .u8(FORMS.indexOf(message.form))
        .bytes(message.data)
        .finish()
    case 'heartbeat':
      return writer
        .fixed(message.digest)
        .list(message.heads, (inner, head) => inner.fixed(fromHex(head)))
        .list(message.held, (inner, { slot, check }) => inner.u16(slot).fixed(check))
        .finish()
    case 'operations':
      return writer.list(message.operations, (inner, operation) => inner.bytes(operation.bytes)).finish()
    case 'relayed':
      return writer
        .fixed(fromHex(message.version))
        .list(message.wraps, (inner, { slot, wrapped }) => inner.u16(slot).fixed(wrapped))
        .finish()
    case 'leave':
      return writer
        .list(message.admissions, (inner, { admission, signature }) =>
          inner.fixed(fromHex(admission)).fixed(signature),
        )
        .finish()
  }
}

export function decodeRoomMessage(group: Group, bytes: Uint8Array): RoomMessage | Rejection {
  return decode(bytes, limits.FRAME_MAX, (reader) => {
    const kind = reader.u8()
    switch (kind) {
      case KINDS.chat:
        return { kind: 'chat', text: reader.text(limits.CHAT_MAX) }
      case KINDS.action:
        return readAction(reader)
      case KINDS.heartbeat:
        return bytes.length > limits.HEARTBEAT_MAX
          ? reader.fail('heartbeat too long', 'too-long')
          : readHeartbeat(reader)
      case KINDS.operations:
        return { kind: 'operations', operations: readOperations(reader, group) }
      case KINDS.leave:
        return { kind: 'leave', admissions: reader.list(limits.TARGETS_MAX, readLeave) }
      case KINDS.relayed:
        return readRelayed(reader, group)
      default:
        return reader.fail(`room message of kind ${kind}`, 'unknown-type')
    }
  })
}

/** Once each, and in order. */
function keysOf(peers: readonly PeerId[]): Uint8Array[] {
  return [...new Set(peers)]
    .map((peer) => publicKeyOf(peer) ?? new Uint8Array(PUBLIC_KEY_LENGTH))
    .sort(compare)
}

function readAction(reader: Reader): Action {
  const name = reader.text(limits.ACTION_NAME_MAX)
  const keys = reader.ascending(limits.ACTION_TARGETS_MAX, (inner) => inner.fixed(PUBLIC_KEY_LENGTH), compare)
  const form = FORMS[reader.u8()] ?? reader.fail('an action of a form that is not known')
  if (name === '') reader.fail('an action without a name')
  return { kind: 'action', name, to: keys.map(peerIdOf), form, data: reader.bytes(limits.ACTION_MAX) }
}

function readRelayed(reader: Reader, { genesis: { idSpace } }: Group): Relayed {
  const version = operationIdOf(reader.fixed(ID_LENGTH))
  const wraps = reader.ascending(
    limits.WRAPS_MAX,
    (inner) => ({ slot: inner.u16() as Slot, wrapped: inner.fixed(32) }),
    (a, b) => a.slot - b.slot,
  )
  const size = idSpace.symbols * idSpace.radix
  if (wraps.some((wrap) => wrap.slot >= size)) reader.fail('wrap under a slot that is not in the table')
  return { kind: 'relayed', version, wraps }
}

function readHeartbeat(reader: Reader): Heartbeat {
  return {
    kind: 'heartbeat',
    digest: reader.fixed(DIGEST_LENGTH),
    heads: reader.ascending(
      limits.HEARTBEAT_HEADS_MAX,
      (inner) => operationIdOf(inner.fixed(ID_LENGTH)),
      compareIds,
    ),
    held: reader.ascending(
      HELD_MAX,
      (inner) => ({ slot: inner.u16() as Slot, check: inner.fixed(CHECK_LENGTH) }),
      (a, b) => a.slot - b.slot,
    ),
  }
}

/** Operations of a page; each is decoded in full, so nothing half-read goes on. */
export function readOperations(reader: Reader, group: Group): Operation[] {
  return reader.list(limits.ORPHANS_MAX, (inner) => {
    const operation = decodeOperation(group, inner.bytes(limits.OPERATION_MAX))
    return isRejection(operation) ? inner.fail(operation.detail, operation.rejected) : operation
  })
}

function readLeave(reader: Reader): Leave['admissions'][number] {
  return { admission: operationIdOf(reader.fixed(ID_LENGTH)), signature: reader.fixed(SIGNATURE_LENGTH) }
}

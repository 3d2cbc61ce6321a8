/** Operations: the signed entries of the membership log, and their one encoding (SPEC L1–L3). */
import { concat } from 'uint8arrays/concat'
import { labelledHash, signedBytes } from '../crypto/kdf.ts'
import { type Claim, SIGNATURE_LENGTH, type Signer } from '../crypto/suite.ts'
import { type Rejection } from '../errors.ts'
import { type Group } from '../group/genesis.ts'
import { type Evidence, evidenceClaims, readEvidence, writeEvidence } from '../group/invite.ts'
import { readBitmap, slotsToBitmap } from '../group/slots.ts'
import { readSuccessor, type Successor, writeSuccessor } from '../group/successor.ts'
import {
  type AdmissionId,
  compareIds,
  fromHex,
  ID_LENGTH,
  operationIdOf,
  type OperationId,
  type PeerId,
  peerIdOf,
  type Slot,
  type VersionId,
} from '../ids.ts'
import * as limits from '../limits.ts'
import { readTreeWraps, type TreeWraps, writeTreeWraps } from '../tree/tree-wraps.ts'
import { decode, type Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import {
  type Decision,
  keyOf,
  readDenial,
  readDestruction,
  readPeer,
  readRevocation,
  readVote,
  writeDecision,
} from './decisions.ts'
import { type Management, readManagement, writeManagement } from './management.ts'

/** The first operation of a log: admits its author and makes the first version. */
export interface Founding {
  readonly kind: 'founding'
  readonly name: string
  readonly nonce: Uint8Array
  readonly commitment: Uint8Array
}

/** Admits a peer at a version: it was given keys from `revision` on. */
export interface Admission {
  readonly kind: 'admission'
  readonly peer: PeerId
  readonly name: string
  readonly version: VersionId
  readonly revision: number
  readonly evidence?: Evidence
}

export interface Target {
  readonly peer: PeerId
  /** The admission of `peer` that ends here; somebody admitted again later has another one. */
  readonly admission: AdmissionId
  /** The target's own signature, when it asked to leave. */
  readonly leave?: Uint8Array
}

/** Makes a version (SPEC K2–K4); with targets an exclusion, without a seal. */
export interface Change {
  readonly kind: 'change'
  /** The version under whose KEKs the secret is wrapped. All other heads are blind parents. */
  readonly keyParent: VersionId
  readonly targets: readonly Target[]
  readonly reason: string
  readonly nonce: Uint8Array
  /** Commits to the chain key, so that nobody can be given another secret. */
  readonly commitment: Uint8Array
  readonly tainted: readonly Slot[]
  /** Where its targets go on, when they are not put out but split off (SPEC G8). */
  readonly successor?: Successor
  /** None where there is a tree. */
  readonly wraps: readonly Wrap[]
  /** What takes the place of wraps under slots where the generation of the key parent has a key tree (SPEC V7). */
  readonly tree?: TreeWraps
}

/** Makes a version that begins a generation: no key of before leads to it, and every slot is made anew (SPEC K15). */
export interface Refresh {
  readonly kind: 'refresh'
  readonly nonce: Uint8Array
  /** Commits to the chain key. */
  readonly commitment: Uint8Array
  /** Who makes the keys of its generation, if that is one member alone (SPEC V1). */
  readonly management?: Management
}

export interface Wrap {
  readonly slot: Slot
  /** 32 bytes: the version's secret under the slot's KEK. */
  readonly wrapped: Uint8Array
}

export type OperationBody = Founding | Admission | Change | Refresh | Decision

export interface OperationHeader {
  readonly parents: readonly OperationId[]
  readonly author: PeerId
}

/** An entry of the membership log. */
export interface Operation extends OperationHeader {
  readonly id: OperationId
  readonly body: OperationBody
  /** The whole operation, signature included, as it travels and is stored. */
  readonly bytes: Uint8Array
}

const FORMAT = 1
// Retired numbers are listed, never used again. Kept is 9, for a roster; 5 and 6 are not used: a refresh changes the scheme.
const KINDS = {
  founding: 1,
  admission: 2,
  change: 3,
  refresh: 4,
  vote: 7,
  destruction: 8,
  revocation: 10,
  denial: 11,
} as const
export const OPERATION_NONCE_LENGTH = 16
export const COMMITMENT_LENGTH = 32

/** Signs a new operation. */
export function makeOperation(
  group: Group,
  header: Omit<OperationHeader, 'author'>,
  body: OperationBody,
  signer: Signer,
): Operation {
  const full = { parents: [...header.parents].sort(compareIds), author: peerIdOf(signer.publicKey) }
  const unsigned = encodeBody(group, full, body)
  const signature = signer.sign(signedBytes('operation', group.id, unsigned))
  return { ...full, body, id: idOf(group, unsigned), bytes: concat([unsigned, signature]) }
}

function idOf(group: Group, unsigned: Uint8Array): OperationId {
  return operationIdOf(labelledHash(group.suite, 'operation', unsigned))
}

/**
 * Reads an operation of a group. Returns a `Rejection` for what is none; its signatures are the caller’s to check, by
 * `operationClaims`.
 */
export function decodeOperation(group: Group, bytes: Uint8Array): Operation | Rejection {
  return decode(bytes, limits.OPERATION_MAX, (reader) => {
    const { header, body } = readUnsigned(reader, group)
    const unsigned = reader.since(0)
    reader.fixed(SIGNATURE_LENGTH)
    return { ...header, body, id: idOf(group, unsigned), bytes }
  })
}

/** All signatures an operation stands on: its author's, its evidence's, its leavers'. */
export function operationClaims(group: Group, operation: Operation): Claim[] {
  const unsigned = operation.bytes.subarray(0, -SIGNATURE_LENGTH)
  const claims: Claim[] = [
    {
      publicKey: keyOf(operation.author),
      message: signedBytes('operation', group.id, unsigned),
      signature: operation.bytes.subarray(-SIGNATURE_LENGTH),
    },
  ]
  const { body } = operation
  if (body.kind === 'admission' && body.evidence) {
    claims.push(...evidenceClaims(group.id, body.evidence, keyOf(body.peer)))
  }
  if (body.kind === 'change') for (const target of body.targets) claims.push(...leaveClaims(group, target))
  return claims
}

/** What a member signs to leave: that it wants this admission of its own ended. */
export function signedLeave(group: Group, admission: AdmissionId): Uint8Array {
  return signedBytes('leave', group.id, fromHex(admission))
}

/** The claim that a target really asked to leave; none when it did not. */
export function leaveClaims(group: Group, target: Target): Claim[] {
  if (target.leave === undefined) return []
  return [
    {
      publicKey: keyOf(target.peer),
      message: signedLeave(group, target.admission),
      signature: target.leave,
    },
  ]
}

function encodeBody(group: Group, header: OperationHeader, body: OperationBody): Uint8Array {
  const writer = new Writer()
    .u8(FORMAT)
    .u8(KINDS[body.kind])
    .fixed(group.id)
    .list(header.parents, (inner, parent) => inner.fixed(fromHex(parent)))
    .fixed(keyOf(header.author))
  switch (body.kind) {
    case 'founding':
      return writer.text(body.name).fixed(body.nonce).fixed(body.commitment).finish()
    case 'admission':
      return writeAdmission(writer, body).finish()
    case 'change':
      return writeWraps(writeChangeHeader(writer, body, group), body).finish()
    case 'refresh':
      return writer
        .fixed(body.nonce)
        .fixed(body.commitment)
        .optional(body.management, writeManagement)
        .finish()
    case 'revocation':
    case 'denial':
    case 'vote':
    case 'destruction':
      return writeDecision(writer, body).finish()
  }
}

/**
 * What every wrap of a change is bound to: all of the change but the wraps themselves, which are made from it
 * (SPEC K4). Bound to it, a wrap fits no other change.
 */
export function changeHeader(
  group: Group,
  header: OperationHeader,
  body: Omit<Change, 'wraps' | 'tree'>,
): Uint8Array {
  const writer = new Writer()
    .u8(FORMAT)
    .u8(KINDS.change)
    .fixed(group.id)
    .list([...header.parents].sort(compareIds), (inner, parent) => inner.fixed(fromHex(parent)))
    .fixed(keyOf(header.author))
  return writeChangeHeader(writer, body, group).finish()
}

function writeAdmission(writer: Writer, body: Admission): Writer {
  return writer
    .fixed(keyOf(body.peer))
    .text(body.name)
    .fixed(fromHex(body.version))
    .u32(body.revision)
    .optional(body.evidence, writeEvidence)
}

function writeWraps(writer: Writer, { wraps, tree }: Change): Writer {
  return writer
    .list(wraps, (inner, wrap) => inner.u16(wrap.slot).fixed(wrap.wrapped))
    .optional(tree, writeTreeWraps)
}

function writeChangeHeader(writer: Writer, body: Omit<Change, 'wraps' | 'tree'>, group: Group): Writer {
  return writer
    .fixed(fromHex(body.keyParent))
    .list(body.targets, (inner, target) =>
      inner
        .fixed(keyOf(target.peer))
        .fixed(fromHex(target.admission))
        .optional(target.leave, (leaf, signature) => leaf.fixed(signature)),
    )
    .text(body.reason)
    .fixed(body.nonce)
    .fixed(body.commitment)
    .fixed(slotsToBitmap(body.tainted, slotCount(group)))
    .optional(body.successor, writeSuccessor)
}

function slotCount(group: Group): number {
  return group.genesis.idSpace.symbols * group.genesis.idSpace.radix
}

function readUnsigned(reader: Reader, group: Group): { header: OperationHeader; body: OperationBody } {
  if (reader.u8() !== FORMAT) reader.fail('operation of a format we do not know', 'unknown-type')
  const kind = reader.u8()
  if (compareIds(operationIdOf(reader.fixed(ID_LENGTH)), operationIdOf(group.id)) !== 0) {
    reader.fail('operation of another group', 'wrong-group')
  }
  const parents = reader.ascending(limits.PARENTS_MAX, readId, compareIds)
  const header = { parents, author: readPeer(reader) }
  switch (kind) {
    case KINDS.founding:
      return { header, body: readFounding(reader) }
    case KINDS.admission:
      return { header, body: readAdmission(reader) }
    case KINDS.change:
      return { header, body: readChange(reader, group) }
    case KINDS.refresh:
      return { header, body: readRefresh(reader) }
    case KINDS.revocation:
      return { header, body: readRevocation(reader) }
    case KINDS.denial:
      return { header, body: readDenial(reader) }
    case KINDS.vote:
      return { header, body: readVote(reader) }
    case KINDS.destruction:
      return { header, body: readDestruction(reader) }
    default:
      return reader.fail(`operation of kind ${kind}`, 'unknown-type')
  }
}

function readId(reader: Reader): OperationId {
  return operationIdOf(reader.fixed(ID_LENGTH))
}

function readFounding(reader: Reader): Founding {
  return {
    kind: 'founding',
    name: reader.text(limits.NAME_MAX),
    nonce: reader.fixed(OPERATION_NONCE_LENGTH),
    commitment: reader.fixed(COMMITMENT_LENGTH),
  }
}

function readAdmission(reader: Reader): Admission {
  const peer = readPeer(reader)
  const name = reader.text(limits.NAME_MAX)
  const version = readId(reader)
  const revision = reader.u32()
  if (revision > limits.REVISION_MAX) reader.fail('revision beyond all bounds')
  const evidence = reader.optional(readEvidence)
  return { kind: 'admission', peer, name, version, revision, ...(evidence && { evidence }) }
}

function readChange(reader: Reader, group: Group): Change {
  const keyParent = readId(reader)
  const targets = reader.ascending(limits.TARGETS_MAX, readTarget, (a, b) =>
    compareIds(a.admission, b.admission),
  )
  const reason = reader.text(limits.REASON_MAX)
  const nonce = reader.fixed(OPERATION_NONCE_LENGTH)
  const commitment = reader.fixed(COMMITMENT_LENGTH)
  const size = slotCount(group)
  const tainted = readBitmap(reader, size)
  const successor = reader.optional(readSuccessor)
  const wraps = reader.ascending(
    limits.WRAPS_MAX,
    (inner) => ({ slot: inner.u16() as Slot, wrapped: inner.fixed(32) }),
    (a, b) => a.slot - b.slot,
  )
  if (wraps.some((wrap) => wrap.slot >= size)) reader.fail('wrap under a slot that is not in the table')
  const tree = reader.optional(readTreeWraps)
  const body = { kind: 'change', keyParent, targets, reason, nonce, commitment, tainted, wraps } as const
  return { ...body, ...(successor && { successor }), ...(tree && { tree }) }
}

function readRefresh(reader: Reader): Refresh {
  const nonce = reader.fixed(OPERATION_NONCE_LENGTH)
  const commitment = reader.fixed(COMMITMENT_LENGTH)
  const management = reader.optional(readManagement)
  return { kind: 'refresh', nonce, commitment, ...(management && { management }) }
}

function readTarget(reader: Reader): Target {
  const peer = readPeer(reader)
  const admission = readId(reader)
  const leave = reader.optional((inner) => inner.fixed(SIGNATURE_LENGTH))
  return { peer, admission, ...(leave && { leave }) }
}

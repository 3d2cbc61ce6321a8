/** Operations that settle something and make no version: their bodies and encodings (SPEC L15). */
import type { Grant } from '../group/invite.ts'
import { readSuccessor, type Successor, writeSuccessor } from '../group/successor.ts'
import {
  type AdmissionId,
  fromHex,
  ID_LENGTH,
  operationIdOf,
  type PeerId,
  peerIdOf,
  PUBLIC_KEY_LENGTH,
  publicKeyOf,
  toHex,
} from '../ids.ts'
import { REASON_MAX } from '../limits.ts'
import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'

/** Ends an invite before its time: whoever has not come in by it yet does not. */
export interface Revocation {
  readonly kind: 'revocation'
  readonly inviteKey: Uint8Array
  /** Who issued the invite: a key alone could be claimed by anybody. */
  readonly issuer: PeerId
}

/** A human said no to somebody who knocked (SPEC J9). */
export interface Denial {
  readonly kind: 'denial'
  readonly peer: PeerId
}

/** A member's word that another one should be excluded (SPEC L17). */
export interface Vote {
  readonly kind: 'vote'
  /** The admission that should end; whoever comes again later has another one. */
  readonly admission: AdmissionId
  /** Why, for everybody; may be empty. */
  readonly reason: string
}

/** Ends the room for everybody, for good (SPEC L18). */
export interface Destruction {
  readonly kind: 'destruction'
  /** Where everybody goes on, when the room is merged into another one (SPEC G8). */
  readonly successor?: Successor
}

export type Decision = Revocation | Denial | Vote | Destruction

/** What tells one invite from all others: its key, and who vouches for it. */
export function inviteName({ inviteKey, issuer }: Pick<Grant, 'inviteKey' | 'issuer'>): string {
  return toHex(inviteKey) + toHex(issuer)
}

/** The invite that a revocation ends, by its name. */
export function revokedInvite({ inviteKey, issuer }: Revocation): string {
  return inviteName({ inviteKey, issuer: keyOf(issuer) })
}

export function writeDecision(writer: Writer, body: Decision): Writer {
  switch (body.kind) {
    case 'revocation':
      return writer.fixed(body.inviteKey).fixed(keyOf(body.issuer))
    case 'denial':
      return writer.fixed(keyOf(body.peer))
    case 'vote':
      return writer.fixed(fromHex(body.admission)).text(body.reason)
    case 'destruction':
      return writer.optional(body.successor, writeSuccessor)
  }
}

export function readRevocation(reader: Reader): Revocation {
  return { kind: 'revocation', inviteKey: reader.fixed(PUBLIC_KEY_LENGTH), issuer: readPeer(reader) }
}

export function readDenial(reader: Reader): Denial {
  return { kind: 'denial', peer: readPeer(reader) }
}

export function readDestruction(reader: Reader): Destruction {
  const successor = reader.optional(readSuccessor)
  return { kind: 'destruction', ...(successor && { successor }) }
}

export function readVote(reader: Reader): Vote {
  const admission = operationIdOf(reader.fixed(ID_LENGTH))
  return { kind: 'vote', admission, reason: reader.text(REASON_MAX) }
}

export function readPeer(reader: Reader): PeerId {
  return peerIdOf(reader.fixed(PUBLIC_KEY_LENGTH))
}

/** The public key of a peer; zeros, which nobody signs with, for one that has none. */
export function keyOf(peer: PeerId): Uint8Array {
  return publicKeyOf(peer) ?? new Uint8Array(PUBLIC_KEY_LENGTH)
}

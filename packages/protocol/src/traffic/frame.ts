/** Room frames: what members say to each other under the TEK, sealed and signed; packets are signed by the list (SPEC T1–T4, T9). */
import { concat } from 'uint8arrays/concat'
import { xor } from 'uint8arrays/xor'
import { kdf, signedBytes } from '../crypto/kdf.ts'
import {
  type AeadInput,
  type Claim,
  NONCE_LENGTH,
  SIGNATURE_LENGTH,
  type Signer,
  TAG_LENGTH,
} from '../crypto/suite.ts'
import { isRejection, reject, type Rejection } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import {
  fromHex,
  ID_LENGTH,
  operationIdOf,
  type PeerId,
  peerIdOf,
  PUBLIC_KEY_LENGTH,
  type VersionId,
} from '../ids.ts'
import { FRAME_MAX } from '../limits.ts'
import { decode } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/** First byte of a room frame; a lobby frame has another. */
export const ROOM_FRAME = 2
/** First bytes of a packet of a stream, and of a signed list of packets. */
export const PACKET_FRAME = 3
export const LIST_FRAME = 4
export type FrameType = typeof ROOM_FRAME | typeof PACKET_FRAME | typeof LIST_FRAME
export const SALT_LENGTH = 16

/** A key under which a frame is sealed: (key, version, revision), the key being the TEK (SPEC K1). */
export interface KeyReference {
  readonly version: VersionId
  readonly revision: number
}

/** Who sends: a fresh salt a process start, and a counter that is never used twice under it (SPEC T2). */
export interface Session {
  readonly salt: Uint8Array
  readonly counter: number
}

/** A frame as an outsider sees it. */
export interface RoomFrame {
  readonly type: FrameType
  readonly reference: KeyReference
  readonly session: Session
  /** The sender's public key under a mask, so that the bridge does not learn who speaks. */
  readonly masked: Uint8Array
  readonly ciphertext: Uint8Array
}

export interface OpenedFrame {
  readonly reference: KeyReference
  readonly session: Session
  readonly sender: PeerId
  /** What it says, first byte its kind. */
  readonly content: Uint8Array
  /** The sender's signature, still to be checked. */
  readonly claim: Claim
}

export interface SealInput {
  readonly type: FrameType
  readonly reference: KeyReference
  readonly tek: Uint8Array
  readonly session: Session
  readonly signer: Signer
}

export function sealFrame(group: Group, input: SealInput, content: Uint8Array): Uint8Array {
  const message = signedFrame(group, input, input.signer.publicKey, content)
  return seal(group, input, concat([content, input.signer.sign(message)]))
}

/** A packet of a stream: it carries no signature of its own (SPEC T9). */
export function sealPacket(group: Group, input: Omit<SealInput, 'type'>, content: Uint8Array): Uint8Array {
  return seal(group, { ...input, type: PACKET_FRAME }, content)
}

function seal(group: Group, input: SealInput, plaintext: Uint8Array): Uint8Array {
  const sender = input.signer.publicKey
  const masked = xor(sender, mask(group, input))
  return concat([publicHeader(input), masked, group.suite.seal(boxOf(group, input, sender), plaintext)])
}

export function parseFrame(bytes: Uint8Array, type: FrameType = ROOM_FRAME): RoomFrame | Rejection {
  const least = TAG_LENGTH + 1 + (type === PACKET_FRAME ? 0 : SIGNATURE_LENGTH)
  return decode(bytes, FRAME_MAX, (reader) => {
    if (reader.u8() !== type) reader.fail(`no frame of type ${type}`, 'unknown-type')
    const version = operationIdOf(reader.fixed(ID_LENGTH))
    const revision = reader.u32()
    const session = { salt: reader.fixed(SALT_LENGTH), counter: reader.u48() }
    const masked = reader.fixed(PUBLIC_KEY_LENGTH)
    const ciphertext = reader.rest()
    if (ciphertext.length < least) reader.fail('cut short')
    return { type, reference: { version, revision }, session, masked, ciphertext }
  })
}

/** Opens a frame with the TEK of its reference. Whoever opens it is a member; who sent it the claim has to prove. */
export function openFrame(group: Group, frame: RoomFrame, tek: Uint8Array): OpenedFrame | Rejection {
  const keyed = { ...frame, tek }
  const opened = open(group, keyed)
  if (isRejection(opened)) return opened
  const { sender, plaintext } = opened
  const content = plaintext.subarray(0, -SIGNATURE_LENGTH)
  return {
    reference: frame.reference,
    session: frame.session,
    sender: peerIdOf(sender),
    content,
    claim: {
      publicKey: sender,
      message: signedFrame(group, keyed, sender, content),
      signature: plaintext.subarray(-SIGNATURE_LENGTH),
    },
  }
}

/** Opens a packet. Whoever made it is a member; that it is the one it names, a signed list has to say (SPEC T10). */
export function openPacket(
  group: Group,
  frame: RoomFrame,
  tek: Uint8Array,
): { readonly sender: PeerId; readonly content: Uint8Array } | Rejection {
  const opened = open(group, { ...frame, tek })
  return isRejection(opened) ? opened : { sender: peerIdOf(opened.sender), content: opened.plaintext }
}

/** The header and ciphertext of a packet, without the tag, which a holder of the key can meet by another ciphertext. */
export function listedBytes(packet: Uint8Array): Uint8Array {
  return packet.subarray(0, -TAG_LENGTH)
}

type Keyed = Pick<SealInput, 'type' | 'reference' | 'session' | 'tek'>

function open(
  group: Group,
  frame: RoomFrame & Keyed,
): { readonly sender: Uint8Array; readonly plaintext: Uint8Array } | Rejection {
  const sender = xor(frame.masked, mask(group, frame))
  const plaintext = group.suite.open(boxOf(group, frame, sender), frame.ciphertext)
  if (plaintext === undefined) return reject('undecryptable', 'the room frame does not open under its key')
  return { sender, plaintext }
}

function publicHeader({ type, reference, session }: Omit<Keyed, 'tek'>): Uint8Array {
  return new Writer()
    .u8(type)
    .fixed(fromHex(reference.version))
    .u32(reference.revision)
    .fixed(session.salt)
    .u48(session.counter)
    .finish()
}

function mask(group: Group, keyed: Keyed): Uint8Array {
  return kdf(group.suite, 'mask', keyed.tek, group.id, publicHeader(keyed))
}

/** The sender's own key; its nonce is the counter (SPEC T2). */
function boxOf(group: Group, keyed: Keyed, sender: Uint8Array): AeadInput {
  const { version, revision } = keyed.reference
  const reference = new Writer().fixed(fromHex(version)).u32(revision).finish()
  const key = kdf(group.suite, 'sender', keyed.tek, group.id, reference, sender, keyed.session.salt)
  const nonce = new Uint8Array(NONCE_LENGTH)
  nonce.set(new Writer().u48(keyed.session.counter).finish(), NONCE_LENGTH - 6)
  return { key, nonce, aad: concat([group.id, publicHeader(keyed), sender]) }
}

/** Content, and everything that says where and when it was said. */
function signedFrame(group: Group, keyed: Keyed, sender: Uint8Array, content: Uint8Array): Uint8Array {
  return signedBytes('frame', group.id, publicHeader(keyed), sender, content)
}

/** Lobby frames: what everybody with the room key can read, signed by their sender, on any path (SPEC B1). */
import { concat } from 'uint8arrays/concat'
import { signedBytes } from '../crypto/kdf.ts'
import { type AeadInput, type Claim, NONCE_LENGTH, SIGNATURE_LENGTH, type Signer } from '../crypto/suite.ts'
import { reject, type Rejection } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import { type PeerId, peerIdOf, PUBLIC_KEY_LENGTH, publicKeyOf } from '../ids.ts'
import { FRAME_MAX } from '../limits.ts'
import { decode } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/** First byte of a lobby frame. */
export const LOBBY_FRAME = 1

export interface OpenedLobbyFrame {
  readonly sender: PeerId
  /** The only peer it is meant for; absent when it is for everybody. */
  readonly to?: PeerId
  readonly content: Uint8Array
  readonly claim: Claim
}

export interface LobbySealInput {
  readonly signer: Signer
  /** 24 fresh random bytes: two processes may hold the room key, so a counter would not do. */
  readonly nonce: Uint8Array
  readonly to?: PeerId
}

export function sealLobbyFrame(group: Group, input: LobbySealInput, content: Uint8Array): Uint8Array {
  const writer = new Writer().fixed(input.signer.publicKey)
  writer.optional(input.to && publicKeyOf(input.to), (inner, to) => inner.fixed(to))
  const message = writer.fixed(content).finish()
  const signature = input.signer.sign(signedBytes('lobby', group.id, message))
  const ciphertext = group.suite.seal(boxOf(group, input.nonce), concat([message, signature]))
  return concat([Uint8Array.of(LOBBY_FRAME), input.nonce, ciphertext])
}

export function openLobbyFrame(group: Group, bytes: Uint8Array): OpenedLobbyFrame | Rejection {
  if (bytes.length > FRAME_MAX) return reject('too-long', `${bytes.length} bytes, at most ${FRAME_MAX}`)
  if (bytes[0] !== LOBBY_FRAME) return reject('unknown-type', 'not a lobby frame')
  const nonce = bytes.slice(1, 1 + NONCE_LENGTH)
  if (nonce.length < NONCE_LENGTH) return reject('malformed', 'cut short')
  const plaintext = group.suite.open(boxOf(group, nonce), bytes.subarray(1 + NONCE_LENGTH))
  if (plaintext === undefined)
    return reject('undecryptable', 'the lobby frame does not open under the room key')
  const message = plaintext.subarray(0, -SIGNATURE_LENGTH)
  const signature = plaintext.subarray(-SIGNATURE_LENGTH)
  return decode(message, FRAME_MAX, (reader) => {
    const publicKey = reader.fixed(PUBLIC_KEY_LENGTH)
    const to = reader.optional((inner) => inner.fixed(PUBLIC_KEY_LENGTH))
    const content = reader.rest()
    const claim = { publicKey, message: signedBytes('lobby', group.id, message), signature }
    return { sender: peerIdOf(publicKey), ...(to && { to: peerIdOf(to) }), content, claim }
  })
}

function boxOf(group: Group, nonce: Uint8Array): AeadInput {
  return { key: group.lobbyKey, nonce, aad: group.id }
}

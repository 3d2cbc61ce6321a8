/** A peer's identity: an Ed25519 key pair, kept as its 32-byte seed. Works in browsers too. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { UsageError } from './errors.ts'
import type { Ed25519PrivateKey } from '@libp2p/interface'

export const SEED_BYTES = 32

/** Who a peer is. */
export interface Identity {
  /** The secret: whoever has it is this peer. */
  readonly seed: Uint8Array
  readonly privateKey: Ed25519PrivateKey
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  /** libp2p peer id, base58btc. */
  readonly peer: string
}

/** Makes a new identity from the platform's random numbers. */
export async function createIdentity(): Promise<Identity> {
  return await identityFromSeed(crypto.getRandomValues(new Uint8Array(SEED_BYTES)))
}

/** The identity of a seed. Throws `UsageError` unless it has 32 bytes. */
export async function identityFromSeed(seed: Uint8Array): Promise<Identity> {
  if (seed.length !== SEED_BYTES) {
    throw new UsageError('identity-damaged', `An identity seed has ${SEED_BYTES} bytes, not ${seed.length}.`)
  }
  const privateKey = await generateKeyPairFromSeed('Ed25519', seed)
  const peer = peerIdFromPrivateKey(privateKey).toString()
  return { seed: seed.slice(), privateKey, publicKey: privateKey.publicKey.raw, peer }
}

/** The raw Ed25519 public key inside a peer id, undefined when the text is none or names another kind of key. */
export function publicKeyOfPeer(peer: string): Uint8Array | undefined {
  try {
    const id = peerIdFromString(peer)
    return id.type === 'Ed25519' ? id.publicKey.raw : undefined
  } catch {
    return undefined
  }
}

/** Synchronous Ed25519 signing in browsers, where WebCrypto can only promise: 0.4 ms. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { SEED_BYTES } from './identity.ts'
import { UsageError } from './errors.ts'

/** Signs bytes; returns 64 bytes (RFC 8032, no prehash). */
export type Signer = (message: Uint8Array) => Uint8Array

/** A signer for a 32-byte seed. Throws `UsageError` for another length. */
export function createSigner(seed: Uint8Array): Signer {
  if (seed.length !== SEED_BYTES) {
    throw new UsageError('identity-damaged', `An identity seed has ${SEED_BYTES} bytes, not ${seed.length}.`)
  }
  const secret = seed.slice()
  return (message) => ed25519.sign(message, secret)
}

/** The one suite there is: XChaCha20-Poly1305, SHA-256, X25519, scrypt, all from noble (SPEC C1). */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hmac } from '@noble/hashes/hmac.js'
import { scrypt } from '@noble/hashes/scrypt.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Signer, Suite } from './suite.ts'

/** 32 MiB and a fraction of a second: paid once a room by us, and once a guess by whoever tries names. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, dkLen: 32 }

/** The one suite that there is, out of the noble libraries. */
export const nobleSuite: Suite = {
  number: 1,
  hash: (bytes) => sha256(bytes),
  hmac: (key, bytes) => hmac(sha256, key, bytes),
  seal: (box, plaintext) => xchacha20poly1305(box.key, box.nonce, box.aad).encrypt(plaintext),
  open: (box, ciphertext) => {
    try {
      return xchacha20poly1305(box.key, box.nonce, box.aad).decrypt(ciphertext)
    } catch {
      return undefined
    }
  },
  exchangeKey: (secret) => x25519.getPublicKey(secret),
  agree: (secret, publicKey) => {
    try {
      // noble throws for points of small order, whose shared secret is all zero.
      return x25519.getSharedSecret(secret, publicKey)
    } catch {
      return undefined
    }
  },
  slowHash: (text, salt) => scrypt(text, salt, SCRYPT),
}

/** A signer from a 32-byte Ed25519 seed, in plain JavaScript: about ten times slower than a native one. */
export function nobleSigner(seed: Uint8Array): Signer {
  return { publicKey: ed25519.getPublicKey(seed), sign: (message) => ed25519.sign(message, seed) }
}

/** Checks a signature in plain JavaScript: about fifteen times slower than a native check. Never throws. */
export function nobleVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false })
  } catch {
    return false
  }
}

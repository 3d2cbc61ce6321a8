/**
 * One Ed25519 check with what the platform has: WebCrypto (0.1 ms, Node and current browsers), else noble (1 ms). Both
 * follow RFC 8032 and refuse a signature whose scalar is not reduced, so that no second signature exists for a message.
 */
import { ed25519 } from '@noble/curves/ed25519.js'

let native: Promise<boolean> | undefined

/** Whether the signature is the key's over the message. Rejects only for lengths no key or signature has. */
export async function verifyEd25519(
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  native ??= hasNative()
  // zip215: false is the strict check of RFC 8032, which is what WebCrypto does.
  if (!(await native)) return ed25519.verify(signature, message, key, { zip215: false })
  const imported = await crypto.subtle.importKey('raw', ownBuffer(key), 'Ed25519', false, ['verify'])
  return await crypto.subtle.verify('Ed25519', imported, ownBuffer(signature), ownBuffer(message))
}

/** Pages that are not served over TLS have no WebCrypto, and older engines no Ed25519 in it. */
async function hasNative(): Promise<boolean> {
  try {
    const key = ed25519.getPublicKey(new Uint8Array(32))
    await crypto.subtle.importKey('raw', ownBuffer(key), 'Ed25519', false, ['verify'])
    return true
  } catch {
    return false
  }
}

/** WebCrypto takes no view of memory that could be shared. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

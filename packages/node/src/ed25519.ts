/**
 * One Ed25519 check with what the platform has: WebCrypto (0.1 ms, Node and current browsers), else noble's arithmetic
 * (1 ms). All members must judge a signature alike, also one made to divide them, so what engines disagree about is
 * settled here: keys of small order and second spellings of a key are refused, and the check is the plain one of
 * RFC 8032, not the one multiplied by the cofactor (SPEC C5).
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { toString } from 'uint8arrays/to-string'

let native: Promise<boolean> | undefined

/** Whether the signature (64 bytes) is the key's (32 bytes) over the message. Rejects for a key that is no point. */
export async function verifyEd25519(
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (!isUsableKey(key)) return false
  native ??= hasNative()
  if (!(await native)) return verifyPortable(key, message, signature)
  const imported = await crypto.subtle.importKey('raw', ownBuffer(key), 'Ed25519', false, ['verify'])
  return await crypto.subtle.verify('Ed25519', imported, ownBuffer(signature), ownBuffer(message))
}

/** The check without WebCrypto: the encoding of `s·B − k·A` is the signature's first half. Throws for no point. */
export function verifyPortable(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const { Point } = ed25519
  const nonce = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  if (s >= Point.Fn.ORDER) return false
  const k = littleEndian(sha512.create().update(nonce).update(key).update(message).digest()) % Point.Fn.ORDER
  const expected = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(key).multiplyUnsafe(k)).toBytes()
  return expected.every((byte, i) => byte === nonce[i])
}

/** The y coordinates of the points whose order divides 8; a key among them signs everything with one signature. */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

const FIELD_PRIME = 2n ** 255n - 19n

/** Whether 32 bytes are the one spelling of a key that is not of small order. They may still be no point. */
export function isUsableKey(key: Uint8Array): boolean {
  const y = key.slice()
  y[31] = (y[31] ?? 0) & 0x7f
  return littleEndian(y) < FIELD_PRIME && !SMALL_ORDER.has(toString(y, 'base16'))
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

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toString(bytes.slice().reverse(), 'base16')}`)
}

/** WebCrypto takes no view of memory that could be shared. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

/**
 * Public-key primitives that cost a hash instead of a millisecond, for simulated members only. A registry stands in for
 * the hard problem: who does not hold the secret object cannot compute its signatures or shared secrets.
 */
import { createPublicKey, hash, verify } from 'node:crypto'
import { type AeadInput, type Claim, nobleSuite, type Signer, type Suite } from '@conclave/protocol'
import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { toString } from 'uint8arrays/to-string'

interface Opened {
  readonly box: AeadInput
  readonly length: number
  readonly plaintext: Uint8Array | undefined
}

export class FastSuite implements Suite {
  readonly number = nobleSuite.number
  readonly #signers = new Map<string, Uint8Array>()
  readonly #exchangeSecrets = new Map<string, Uint8Array>()
  /** Every (key, nonce) something was sealed under, so that a second use of one shows (I6). */
  readonly #sealed = new Set<string>()
  /** Ciphertexts that were opened, by where their bytes are. */
  readonly #opened = new WeakMap<ArrayBufferLike, Map<number, Opened>>()
  /** Hashes and MACs so far, all members' together. */
  hashes = 0
  /** How many seals used a (key, nonce) that was used before. */
  nonceReuses = 0

  hash(bytes: Uint8Array): Uint8Array {
    this.hashes++
    return new Uint8Array(hash('sha256', bytes, 'buffer'))
  }

  hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array {
    this.hashes++
    return hmacOf(key, bytes)
  }

  seal(box: AeadInput, plaintext: Uint8Array): Uint8Array {
    const used = toString(concat([box.key, box.nonce]), 'base64')
    if (this.#sealed.has(used)) this.nonceReuses++
    this.#sealed.add(used)
    return nobleSuite.seal(box, plaintext)
  }

  /** What a broadcast says is worked out once for all who open it: they share its bytes. */
  open(box: AeadInput, ciphertext: Uint8Array): Uint8Array | undefined {
    const opened = this.#opened.get(ciphertext.buffer) ?? new Map<number, Opened>()
    this.#opened.set(ciphertext.buffer, opened)
    const known = opened.get(ciphertext.byteOffset)
    if (known?.length === ciphertext.length && isSameBox(known.box, box)) return known.plaintext?.slice()
    const plaintext = nobleSuite.open(box, ciphertext)
    opened.set(ciphertext.byteOffset, { box, length: ciphertext.length, plaintext })
    return plaintext?.slice()
  }

  slowHash(text: Uint8Array, salt: Uint8Array): Uint8Array {
    return this.hash(concat([text, salt]))
  }

  exchangeKey(secret: Uint8Array): Uint8Array {
    const publicKey = this.hash(concat([Uint8Array.of(0), secret]))
    this.#exchangeSecrets.set(toString(publicKey, 'base64'), secret)
    return publicKey
  }

  /** The secret of an exchange key, for an attacker who broke into whoever made it. */
  exchangeSecret(publicKey: Uint8Array): Uint8Array | undefined {
    return this.#exchangeSecrets.get(toString(publicKey, 'base64'))
  }

  /** A symmetric function of both public keys: the right length and agreement, no secrecy of its own. */
  agree(secret: Uint8Array, publicKey: Uint8Array): Uint8Array {
    const own = this.exchangeKey(secret)
    const [a, b] = toString(own) < toString(publicKey) ? [own, publicKey] : [publicKey, own]
    return this.hash(concat([Uint8Array.of(1), a, b]))
  }

  signer(seed: Uint8Array): Signer {
    const publicKey = this.hash(concat([Uint8Array.of(2), seed]))
    this.#signers.set(toString(publicKey, 'base64'), seed)
    return { publicKey, sign: (message) => this.#sign(seed, message) }
  }

  verify({ publicKey, message, signature }: Claim): boolean {
    const seed = this.#signers.get(toString(publicKey, 'base64'))
    return seed ? equals(this.#sign(seed, message), signature) : verifyNatively(publicKey, message, signature)
  }

  #sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
    const tag = this.hmac(seed, message)
    return concat([tag, tag])
  }
}

function isSameBox(a: AeadInput, b: AeadInput): boolean {
  return equals(a.key, b.key) && equals(a.nonce, b.nonce) && equals(a.aad, b.aad)
}

const BLOCK = 64

/** HMAC-SHA-256 as RFC 2104 writes it: two calls of a native hash cost less than one of Node's own HMAC, which prepares its key. */
function hmacOf(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const inner = new Uint8Array(BLOCK + bytes.length)
  inner.set(key.length > BLOCK ? hash('sha256', key, 'buffer') : key)
  const outer = new Uint8Array(BLOCK + 32)
  for (let i = 0; i < BLOCK; i++) {
    const byte = inner[i] ?? 0
    inner[i] = byte ^ 0x36
    outer[i] = byte ^ 0x5c
  }
  inner.set(bytes, BLOCK)
  outer.set(hash('sha256', inner, 'buffer'), BLOCK)
  return new Uint8Array(hash('sha256', outer, 'buffer'))
}

// DER of an Ed25519 SubjectPublicKeyInfo up to the key itself (RFC 8410).
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

function verifyNatively(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' })
  return verify(null, message, key, signature)
}

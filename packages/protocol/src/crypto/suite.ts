/** The primitives of a cipher suite, all synchronous, none of them random. */
export interface Suite {
  /** Number in a genesis, so that a group can never be talked into another suite. */
  readonly number: number
  /** SHA-256, 32 bytes. */
  hash(bytes: Uint8Array): Uint8Array
  /** HMAC-SHA-256, 32 bytes. */
  hmac(key: Uint8Array, bytes: Uint8Array): Uint8Array
  /** AEAD with a 32-byte key and a 24-byte nonce; the result is 16 bytes longer than `plaintext`. */
  seal(box: AeadInput, plaintext: Uint8Array): Uint8Array
  /** The plaintext, or undefined when the tag does not fit. */
  open(box: AeadInput, ciphertext: Uint8Array): Uint8Array | undefined
  /** X25519 public key of a 32-byte secret. */
  exchangeKey(secret: Uint8Array): Uint8Array
  /** X25519 shared secret; undefined for a point of small order, whose result everybody knows. */
  agree(secret: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined
  /** A slow, memory-hard hash of something people can guess; 32 bytes. */
  slowHash(text: Uint8Array, salt: Uint8Array): Uint8Array
}

/** What sealing and opening take besides the text. */
export interface AeadInput {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  readonly aad: Uint8Array
}

/** Who signs as a peer. The node brings a native one; signing is synchronous so that a step is never half done. */
export interface Signer {
  /** 32-byte Ed25519 public key. */
  readonly publicKey: Uint8Array
  /** 64-byte Ed25519 signature. */
  sign(message: Uint8Array): Uint8Array
}

/** One signature that has to be checked before a message may be trusted. The shell checks it, natively. */
export interface Claim {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

export const SIGNATURE_LENGTH = 64
export const NONCE_LENGTH = 24
export const TAG_LENGTH = 16

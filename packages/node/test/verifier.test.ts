import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { isUsableKey } from '../src/ed25519.ts'
import { createIdentity } from '../src/identity.ts'
import { createSigner } from '../src/signer.ts'
import { createSigner as createBrowserSigner } from '../src/signer.browser.ts'
import { Verifier } from '../src/verifier.ts'
import { text } from './support.ts'
import type { Identity } from '../src/identity.ts'
import type { SignatureClaim } from '../src/verifier.ts'

const ORDER_EIGHT = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'
let identity: Identity
let claim: SignatureClaim
beforeAll(async () => {
  identity = await createIdentity()
  const message = text('a message')
  claim = { publicKey: identity.publicKey, message, signature: createSigner(identity.seed)(message) }
})

function flipped(bytes: Uint8Array, at = 0): Uint8Array {
  const copy = bytes.slice()
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

test('both signers make the same signature, the one libp2p makes', async () => {
  expect(createBrowserSigner(identity.seed)(claim.message)).toEqual(claim.signature)
  expect(new Uint8Array(await identity.privateKey.sign(claim.message))).toEqual(claim.signature)
})

/**
 * A signature whose first half is `R + T` for a point `T` of order 8: the check multiplied by the cofactor, which noble
 * makes, accepts it; the plain one does not.
 */
function claimWithTorsion(): SignatureClaim {
  const { Point, utils } = ed25519
  const { scalar, pointBytes } = utils.getExtendedPublicKey(identity.seed)
  const message = text('torsion')
  const r = 12_345n
  const nonce = Point.BASE.multiply(r).add(Point.fromHex(ORDER_EIGHT)).toBytes()
  const digest = sha512.create().update(nonce).update(pointBytes).update(message).digest()
  const k = digest.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) % Point.Fn.ORDER
  const s = (r + k * scalar) % Point.Fn.ORDER
  const signature = new Uint8Array(64)
  signature.set(nonce)
  for (let i = 0; i < 32; i++) signature[32 + i] = Number((s >> BigInt(8 * i)) & 255n)
  expect(ed25519.verify(signature, message, pointBytes, { zip215: false })).toBe(true)
  return { publicKey: pointBytes, message, signature }
}

describe.each(['WebCrypto', 'noble'])('with %s', (engine) => {
  let verify: (claim: SignatureClaim) => Promise<boolean | undefined>
  beforeAll(async () => {
    // The engine is chosen once a module, so each gets a fresh copy.
    vi.resetModules()
    const importKey = vi.spyOn(crypto.subtle, 'importKey')
    if (engine === 'noble') importKey.mockRejectedValue(new Error('unsupported'))
    const { Verifier: Fresh } = await import('../src/verifier.ts')
    const verifier = new Fresh()
    verify = async (c) => await verifier.verify('peer', c)
    await verify(claim)
    // One call asks what the engine can do; the second, if it can, imports the key.
    expect(importKey).toHaveBeenCalledTimes(engine === 'noble' ? 1 : 2)
    vi.restoreAllMocks()
  })

  test('a true claim is accepted, twice', async () => {
    expect(await verify(claim)).toBe(true)
    expect(await verify(claim)).toBe(true)
  })

  test('a claim with one bit changed anywhere is refused', async () => {
    expect(await verify({ ...claim, message: flipped(claim.message) })).toBe(false)
    for (const at of [0, 31, 32, 63])
      expect(await verify({ ...claim, signature: flipped(claim.signature, at) })).toBe(false)
    for (const at of [0, 15, 31])
      expect(await verify({ ...claim, publicKey: flipped(claim.publicKey, at) })).toBe(false)
  })

  test('what is no key or no signature is refused without a throw', async () => {
    for (const publicKey of [
      new Uint8Array(),
      new Uint8Array(31),
      new Uint8Array(32).fill(255),
      new Uint8Array(33),
    ]) {
      expect(await verify({ ...claim, publicKey })).toBe(false)
    }
    for (const signature of [
      new Uint8Array(),
      new Uint8Array(63),
      new Uint8Array(64).fill(255),
      new Uint8Array(65),
    ]) {
      expect(await verify({ ...claim, signature })).toBe(false)
    }
  })

  test('a signature with a torsion component is refused', async () => {
    expect(await verify(claimWithTorsion())).toBe(false)
  })

  test('a second signature made by adding the group order is refused', async () => {
    // S + L is the same scalar, but not reduced; accepting it would make two valid signatures of one.
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const scalar =
      claim.signature.slice(32).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) + order
    const signature = claim.signature.slice()
    for (let i = 0; i < 32; i++) signature[32 + i] = Number((scalar >> BigInt(8 * i)) & 255n)
    expect(await verify({ ...claim, signature })).toBe(false)
  })
})

test('no key that signs for everyone is taken, nor a second spelling of a key', async () => {
  const verifier = new Verifier()
  const { Point } = ed25519
  const torsion = Array.from({ length: 8 }, (_, i) => Point.fromHex(ORDER_EIGHT).multiplyUnsafe(BigInt(i)))
  // With a key of small order the signature (identity, 0) holds for one message in eight or more.
  const identityPoint = Point.ZERO.toBytes()
  for (const publicKey of torsion.map((point) => point.toBytes())) {
    expect(isUsableKey(publicKey)).toBe(false)
    for (let i = 0; i < 16; i++) {
      const signature = new Uint8Array(64)
      signature.set(identityPoint)
      expect(await verifier.verify('peer', { publicKey, message: text(`${i}`), signature })).toBe(false)
    }
  }
  for (const low of [0xed, 0xee, 0xff]) {
    const publicKey = new Uint8Array(32).fill(255)
    publicKey[0] = low
    for (const high of [0x7f, 0xff]) {
      publicKey[31] = high
      expect(isUsableKey(publicKey)).toBe(false)
    }
  }
  expect(isUsableKey(identity.publicKey)).toBe(true)
})

test('checks in flight are bounded for one peer and in all, and a refused one decides nothing', async () => {
  const verifier = new Verifier({ inFlight: { all: 3, peer: 2 } })
  const claims = Array.from({ length: 6 }, (_, i) => ({ ...claim, message: text(`message ${i}`) }))
  const ofOne = claims.slice(0, 3).map(async (c) => await verifier.verify('one', c))
  const ofOther = claims.slice(3).map(async (c) => await verifier.verify('other', c))
  expect(await Promise.all([...ofOne, ...ofOther])).toEqual([
    false,
    false,
    undefined,
    false,
    undefined,
    undefined,
  ])
  expect(await verifier.verify('one', claim)).toBe(true)
})

test('one claim brought by many is checked once', async () => {
  const verifier = new Verifier({ inFlight: { all: 1, peer: 1 } })
  const outcomes = await Promise.all(['a', 'b', 'c'].map(async (from) => await verifier.verify(from, claim)))
  expect(outcomes).toEqual([true, true, true])
})

test('several claims: false outweighs undecided, and only all true is true', async () => {
  const verifier = new Verifier({ inFlight: { all: 1, peer: 1 } })
  const wrong = { ...claim, message: text('another') }
  const third = { ...claim, message: text('a third') }
  expect(await verifier.verifyAll('a', [])).toBe(true)
  expect(await verifier.verifyAll('a', [claim])).toBe(true)
  expect(await verifier.verifyAll('a', [claim, wrong])).toBe(false)
  expect(await verifier.verifyAll('a', [claim, third, { ...third, message: text('a fourth') }])).toBe(false)
})

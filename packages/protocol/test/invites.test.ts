/** Invites as people handle them: damaged, late, or for another room. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { nobleSigner, nobleSuite, nobleVerify } from '../src/crypto/noble-suite.ts'
import { UsageError } from '../src/errors.ts'
import { newRoom } from '../src/group/genesis.ts'
import {
  decodeInvite,
  encodeInvite,
  evidenceClaims,
  grantClaim,
  type Invite,
  isInviteText,
  makeGrant,
  makeProof,
} from '../src/group/invite.ts'
import { bytes, operationId, signer } from './support.ts'

// The same cases on every run; who looks for others changes the seed.
fc.configureGlobal({ seed: 1998 })

const ALICE = signer(1)
const NOW = 1_800_000_000

function holds({ publicKey, message, signature }: ReturnType<typeof grantClaim>): boolean {
  return nobleVerify(publicKey, message, signature)
}

function invite(init: { expires?: number; seed?: number } = {}): Invite {
  const group = newRoom({ creator: ALICE.publicKey, entropy: bytes(48, init.seed ?? 3) }, nobleSuite)
  const seed = bytes(32, 5)
  const grant = makeGrant(group.id, {
    seedSigner: nobleSigner(seed),
    issuer: ALICE,
    issuerAdmission: operationId(1),
    expires: init.expires ?? 0,
    uses: 2,
  })
  return { group, grant, seed, relays: ['/dns4/relay.example/tcp/443/wss'] }
}

test('an invite comes back from its text and from a link', () => {
  const made = invite()
  const text = encodeInvite(made)
  expect(isInviteText(text)).toBe(true)
  for (const given of [text, `https://chat.example/#${text}`, `  ${text}\n`]) {
    const read = decodeInvite(given, nobleSuite, NOW)
    expect(read.group.id).toEqual(made.group.id)
    expect(read.grant).toEqual(made.grant)
    expect(read.relays).toEqual(made.relays)
  }
})

test('a damaged invite says so, whatever the damage', () => {
  const text = encodeInvite(invite())
  const letters = 'ABCabc019-_!#é '
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.nat(letters.length - 1), fc.boolean(), (at, letter, cut) => {
      const put = letters[letter] ?? 'A'
      const bad = cut ? text.slice(0, at) : text.slice(0, at) + put + text.slice(at + 1)
      if (bad === text) return
      expect(() => decodeInvite(bad, nobleSuite, NOW)).toThrow(UsageError)
    }),
  )
})

test('an expired invite says so', () => {
  const text = encodeInvite(invite({ expires: NOW }))
  expect(decodeInvite(text, nobleSuite, NOW).grant.expires).toBe(NOW)
  expect(() => decodeInvite(text, nobleSuite, NOW + 1)).toThrow(/expired/)
})

test('a grant counts for its own group alone, and a proof for one newcomer', () => {
  const [own, other] = [invite(), invite({ seed: 4 })]
  expect(holds(grantClaim(own.group.id, own.grant))).toBe(true)
  expect(holds(grantClaim(other.group.id, own.grant))).toBe(false)
  const [bob, carol] = [signer(2), signer(3)]
  const evidence = { grant: own.grant, proof: makeProof(own.group.id, nobleSigner(own.seed), bob.publicKey) }
  expect(evidenceClaims(own.group.id, evidence, bob.publicKey).map(holds)).toEqual([true, true])
  expect(evidenceClaims(own.group.id, evidence, carol.publicKey).map(holds)).toEqual([true, false])
})

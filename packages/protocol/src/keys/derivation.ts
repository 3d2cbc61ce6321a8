/** How one key comes from another (paper §3.1.2, §3.3; SPEC K3, K4). Pure functions; the labels are in `kdf.ts`. */
import { equals } from 'uint8arrays/equals'
import { xor } from 'uint8arrays/xor'
import { kdf } from '../crypto/kdf.ts'
import type { Group } from '../group/genesis.ts'
import { fromHex, type Slot, type VersionId } from '../ids.ts'
import { type KeyReference, referenceBytes } from '../tree/shape.ts'
import { Writer } from '../wire/writer.ts'

/** Bytes of every symmetric key: TEK, KEK, chain key, and the secret `s_v` of a version. */
export const KEY_LENGTH = 32
/** Bytes of a key-check value: enough to notice two keys under one reference, too few to search for the key. */
export const CHECK_LENGTH = 4

/** `TEK[v,0] = KDF("tek", s_v)`. */
export function tekOf(group: Group, version: VersionId, secret: Uint8Array): Uint8Array {
  return kdf(group.suite, 'tek', secret, group.id, fromHex(version))
}

/** `TEK[v,r] = KDF("revision", TEK[v,r−1])`: what a newcomer is given tells nothing of what was before. */
export function advanceTek(
  group: Group,
  version: VersionId,
  step: { tek: Uint8Array; revision: number },
): Uint8Array {
  return kdf(
    group.suite,
    'revision',
    step.tek,
    group.id,
    fromHex(version),
    new Writer().u32(step.revision).finish(),
  )
}

/** `C[v] = KDF("chain", s_v)`: moves every slot on. Bound to the change's nonce, since the commitment is in its id. */
export function chainOf(group: Group, nonce: Uint8Array, secret: Uint8Array): Uint8Array {
  return kdf(group.suite, 'chain', secret, group.id, nonce)
}

/** What a change publishes of its chain key. */
export function commitmentOf(group: Group, nonce: Uint8Array, chain: Uint8Array): Uint8Array {
  return kdf(group.suite, 'commitment', chain, group.id, nonce)
}

/** Whether a secret is the one that a change committed to. */
export function fitsCommitment(
  group: Group,
  change: { nonce: Uint8Array; commitment: Uint8Array },
  chain: Uint8Array,
): boolean {
  return equals(commitmentOf(group, change.nonce, chain), change.commitment)
}

/** `KEK[v,slot] = KDF("kek", KEK[key parent,slot], C[v])`. */
export function nextKek(
  group: Group,
  at: { version: VersionId; slot: Slot },
  keys: { kek: Uint8Array; chain: Uint8Array },
): Uint8Array {
  return kdf(group.suite, 'kek', keys.kek, keys.chain, group.id, fromHex(at.version), slotBytes(at.slot))
}

/**
 * `s_v XOR KDF("wrap", KEK, change header, slot)`. It is its own inverse. The header holds a random nonce, so no pad is
 * used twice; what comes out is checked against the commitment.
 */
export function wrapSecret(
  group: Group,
  under: { kek: Uint8Array; slot: Slot; header: Uint8Array },
  secret: Uint8Array,
): Uint8Array {
  const pad = kdf(group.suite, 'wrap', under.kek, group.suite.hash(under.header), slotBytes(under.slot))
  return xor(secret, pad)
}

/** The same under the key of a tree's root, which is named by a reference (SPEC V7). */
export function wrapUnderRoot(
  group: Group,
  at: { key: Uint8Array; under: KeyReference; header: Uint8Array },
  secret: Uint8Array,
): Uint8Array {
  const pad = kdf(group.suite, 'wrap', at.key, group.suite.hash(at.header), referenceBytes(at.under))
  return xor(secret, pad)
}

/** A key-check value: the same for two holders if, and with all but 2⁻³² only if, they hold the same key. */
export function checkOf(group: Group, at: { version: VersionId; slot: Slot }, kek: Uint8Array): Uint8Array {
  return kdf(group.suite, 'check', kek, group.id, fromHex(at.version), slotBytes(at.slot)).slice(
    0,
    CHECK_LENGTH,
  )
}

function slotBytes(slot: Slot): Uint8Array {
  return new Writer().u16(slot).finish()
}

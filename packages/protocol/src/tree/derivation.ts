/** How one key of a tree comes from another (paper §3.2; SPEC R2–R4). Pure functions; the labels are in `kdf.ts`. */
import { xor } from 'uint8arrays/xor'
import { kdf } from '../crypto/kdf.ts'
import type { Group } from '../group/genesis.ts'
import { TREE_SKIP_MAX } from '../limits.ts'
import { Writer } from '../wire/writer.ts'
import { type KeyReference, type NodeName, referenceBytes, writeNode } from './shape.ts'

/** What binds keys to their group. */
export type TreeGroup = Pick<Group, 'id' | 'suite'>

/** Bytes of every key of a tree. */
export const TREE_KEY_LENGTH = 32

/** A key and its name. Mutable: who replaces a key overwrites it (SPEC M7). */
export interface TreeKey {
  readonly version: number
  readonly revision: number
  readonly key: Uint8Array
}

/** A fresh key: no key of before leads to it, only the randomness of the manager's step, which is erased after it. */
export function freshKey(group: TreeGroup, seed: Uint8Array, at: KeyReference): Uint8Array {
  return kdf(group.suite, 'tree key', seed, group.id, referenceBytes(at))
}

/** The next revision of a key (SPEC R2). `at` names the revision that comes out. */
export function nextRevision(group: TreeGroup, key: Uint8Array, at: KeyReference): Uint8Array {
  return kdf(group.suite, 'tree revision', key, group.id, referenceBytes(at))
}

/** The key of a node that is put above `from` (SPEC R4): who holds `from` makes it, and it does not lead back. */
export function insertedKey(
  group: TreeGroup,
  key: Uint8Array,
  at: { from: KeyReference; node: KeyReference },
): Uint8Array {
  return kdf(group.suite, 'tree insert', key, group.id, referenceBytes(at.from), referenceBytes(at.node))
}

/** A fresh key under another one; its own inverse. No key wraps twice, so no pad does (SPEC R3). */
export function wrapKey(
  group: TreeGroup,
  at: { under: KeyReference; underKey: Uint8Array; node: NodeName; version: number },
  key: Uint8Array,
): Uint8Array {
  const target = writeNode(new Writer(), at.node).u32(at.version).finish()
  return xor(key, kdf(group.suite, 'tree wrap', at.underKey, group.id, referenceBytes(at.under), target))
}

/** What a path is sealed under: made from the key of its leaf, which is not used for anything else at that revision. */
export function letterKey(group: TreeGroup, leafKey: Uint8Array, at: KeyReference): Uint8Array {
  return kdf(group.suite, 'tree letter', leafKey, group.id, referenceBytes(at))
}

/** A key moved on to a later revision, or undefined when it is another version, earlier, or too far. */
export function advanceTo(group: TreeGroup, held: TreeKey, to: KeyReference): TreeKey | undefined {
  const steps = to.revision - held.revision
  if (held.version !== to.version || steps < 0 || steps > TREE_SKIP_MAX) return undefined
  let key: Uint8Array = held.key.slice()
  for (let revision = held.revision + 1; revision <= to.revision; revision++) {
    const next = nextRevision(group, key, { ...to, revision })
    key.fill(0)
    key = next
  }
  return { version: to.version, revision: to.revision, key }
}

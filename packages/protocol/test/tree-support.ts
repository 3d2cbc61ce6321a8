/** A manager with its members, and an attacker who has all that was sent and all that some of them ever held. */
import { nobleSuite } from '../src/crypto/noble-suite.ts'
import { toHex } from '../src/ids.ts'
import { insertedKey, nextRevision, type TreeGroup, type TreeKey, wrapKey } from '../src/tree/derivation.ts'
import { KeyTree } from '../src/tree/key-tree.ts'
import type { PathKeys, TreeMessage } from '../src/tree/messages.ts'
import { aboveLeaf, type KeyReference, type NodeName, type Shape } from '../src/tree/shape.ts'
import { bytes } from './support.ts'

export const treeGroup: TreeGroup = { id: bytes(32, 9), suite: nobleSuite }

/** 32 bytes that are different for each number. */
export function random(seed: number): Uint8Array {
  return nobleSuite.hash(Uint8Array.of(seed & 0xff, (seed >> 8) & 0xff, (seed >> 16) & 0xff, 7))
}

/** A tree all of whose leaves are taken. */
export function fullTree(shape: Shape): KeyTree {
  const tree = new KeyTree(treeGroup, { ...shape, ids: 'assigned' }, random(1))
  const joins = Array.from({ length: shape.degree ** shape.height }, (_, i) => ({ key: random(1_000 + i) }))
  tree.change({ joins }, random(2))
  return tree
}

/** How Figure 3 names a node: by the first and the last of the IDs below it. */
export function rangeOf({ level, prefix }: NodeName): string {
  const first = prefix * 2 ** level
  const [from, to] = [first, first + 2 ** level - 1].map((id) => id.toString(16).toUpperCase())
  return level === 0 ? `${from}` : `${from}${to}`
}

/** A message as §3.2 writes it: `E_D(CD')` is the fresh key CD under D. */
export function written({ serial, fresh }: TreeMessage): string[] {
  return fresh.flatMap(({ node, wraps }) =>
    wraps.map(({ under }) => {
      const isFresh = under.version === serial && under.revision === 0
      return `E_${rangeOf(under)}${isFresh ? "'" : ''}(${rangeOf(node)}')`
    }),
  )
}

/** Works out every key that follows from what it knows and from what was sent. Written apart from the members' code. */
export class Attacker {
  /** By name, in hex: one name has one key, whoever holds it. */
  readonly known = new Map<string, Uint8Array>()
  readonly #messages: readonly TreeMessage[]
  readonly #latest = new Map<string, number>()

  constructor(messages: readonly TreeMessage[], roots: readonly KeyReference[]) {
    this.#messages = messages
    const named = messages.flatMap(({ inserted, fresh }) => [
      ...inserted.map(({ from }) => from),
      ...fresh.flatMap(({ wraps }) => wraps.map(({ under }) => under)),
    ])
    for (const key of [...named, ...roots]) {
      const node = nodeKey(key)
      this.#latest.set(node, Math.max(key.revision, this.#latest.get(node) ?? 0))
    }
  }

  learn({ id, keys }: PathKeys, shape: Shape): void {
    for (const held of keys) this.#know({ ...aboveLeaf(shape, id, held.level), ...held }, held.key)
  }

  /** Whether it has a key, by its bytes. */
  has({ key }: TreeKey): boolean {
    const hex = toHex(key)
    return [...this.known.values()].some((other) => toHex(other) === hex)
  }

  /** Opens all that can be opened, until nothing more comes of it. */
  work(): void {
    for (let before = -1; before !== this.known.size;) {
      before = this.known.size
      for (const message of this.#messages) this.#workOn(message)
    }
  }

  #workOn({ serial, inserted, fresh }: TreeMessage): void {
    for (const { node, version, from } of inserted) {
      const key = this.known.get(name(from))
      const at = { ...node, version, revision: 0 }
      if (key) this.#know(at, insertedKey(treeGroup, key, { from, node: at }))
    }
    for (const { node, wraps } of fresh) {
      for (const { under, wrapped } of wraps) {
        const underKey = this.known.get(name(under))
        const at = { under, node, version: serial }
        if (underKey)
          this.#know(
            { ...node, version: serial, revision: 0 },
            wrapKey(treeGroup, { ...at, underKey }, wrapped),
          )
      }
    }
  }

  /** A key, and all its later revisions that anything was ever done with. */
  #know(at: KeyReference, key: Uint8Array): void {
    if (this.known.has(name(at))) return
    this.known.set(name(at), key)
    if (at.revision >= (this.#latest.get(nodeKey(at)) ?? 0)) return
    const next = { ...at, revision: at.revision + 1 }
    this.#know(next, nextRevision(treeGroup, key, next))
  }
}

function nodeKey({ level, prefix, version }: KeyReference): string {
  return `${level}/${prefix}/${version}`
}

function name(key: KeyReference): string {
  return `${nodeKey(key)}/${key.revision}`
}

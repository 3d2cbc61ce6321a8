/** The attacker closure over one key tree: all keys that follow from some and from all that was sent (SPEC R2–R5). */
import { toHex } from '../../packages/protocol/src/ids.ts'
import {
  insertedKey,
  nextRevision,
  type TreeGroup,
  type TreeKey,
  wrapKey,
} from '../../packages/protocol/src/tree/derivation.ts'
import type { PathKeys, TreeMessage } from '../../packages/protocol/src/tree/messages.ts'
import { aboveLeaf, type KeyReference, type Shape } from '../../packages/protocol/src/tree/shape.ts'

/** Works out every key that follows from what it knows and from what was sent. Written apart from the members' code. */
export class TreeAttacker {
  /** By name, in hex: one name has one key, whoever holds it. */
  readonly known = new Map<string, Uint8Array>()
  readonly #group: TreeGroup
  readonly #messages: readonly TreeMessage[]
  readonly #latest = new Map<string, number>()

  constructor(group: TreeGroup, messages: readonly TreeMessage[], roots: readonly KeyReference[]) {
    this.#group = group
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

  /** The key of a reference, if it is known. */
  at(reference: KeyReference): Uint8Array | undefined {
    return this.known.get(name(reference))
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
      if (key) this.#know(at, insertedKey(this.#group, key, { from, node: at }))
    }
    for (const { node, wraps } of fresh) {
      for (const { under, wrapped } of wraps) {
        const underKey = this.known.get(name(under))
        const at = { under, node, version: serial }
        if (underKey)
          this.#know(
            { ...node, version: serial, revision: 0 },
            wrapKey(this.#group, { ...at, underKey }, wrapped),
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
    this.#know(next, nextRevision(this.#group, key, next))
  }
}

function nodeKey({ level, prefix, version }: KeyReference): string {
  return `${level}/${prefix}/${version}`
}

function name(key: KeyReference): string {
  return `${nodeKey(key)}/${key.revision}`
}

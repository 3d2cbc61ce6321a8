/** A member's part of a key tree: the keys from its leaf to the root (paper §3.2; SPEC R2–R6). */
import { TREE_SKIP_MAX } from '../limits.ts'
import { advanceTo, insertedKey, type TreeGroup, type TreeKey, wrapKey } from './derivation.ts'
import type { Inserted, PathKeys, TreeMerge, TreeMessage, TreeSplit } from './messages.ts'
import { aboveLeaf, isOnPath, type KeyReference, type Shape } from './shape.ts'

/**
 * What became of a message. `missed`: an earlier one did not come, so it has to wait for that. `closed`: our keys do not open
 * it; the manager has to be asked for our path, unless it is us who left.
 */
export type Opened = 'opened' | 'known' | 'missed' | 'closed'

export interface PathShape extends Shape {
  /** How far a key is moved on to meet a reference; beyond it the manager has to be asked for our path. */
  readonly skipMax?: number
}

export class TreePath {
  readonly #group: TreeGroup
  readonly #skipMax: number
  #shape: Shape
  #id: number
  #serial: number
  /** By level. */
  #keys: Map<number, TreeKey>

  constructor(group: TreeGroup, { skipMax = TREE_SKIP_MAX, ...shape }: PathShape, path: PathKeys) {
    this.#group = group
    this.#skipMax = skipMax
    this.#shape = shape
    this.#id = path.id
    this.#serial = path.serial
    this.#keys = keysOf(path)
  }

  get id(): number {
    return this.#id
  }

  get shape(): Shape {
    return this.#shape
  }

  /** The last message that it took in. */
  get serial(): number {
    return this.#serial
  }

  /** The root's key (§3.2: the TEK). */
  get root(): KeyReference & TreeKey {
    const { height } = this.#shape
    const held = this.#keys.get(height) ?? { version: 0, revision: 0, key: new Uint8Array(0) }
    return { ...aboveLeaf(this.#shape, this.#id, height), ...held, key: held.key.slice() }
  }

  /** All that is held, for who gives it to nobody: copies, from the leaf up. */
  get held(): PathKeys {
    const keys = [...this.#keys].map(([level, held]) => ({ ...held, level, key: held.key.slice() }))
    return { id: this.#id, serial: this.#serial, keys: keys.sort((a, b) => a.level - b.level) }
  }

  /** Whether a path has the very keys that we hold. */
  holds({ id, serial, keys }: PathKeys): boolean {
    const isHeld = ({ level, version, revision }: PathKeys['keys'][number]): boolean => {
      const held = this.#keys.get(level)
      return held?.version === version && held.revision === revision
    }
    return id === this.#id && serial === this.#serial && keys.length === this.#keys.size && keys.every(isHeld)
  }

  /** Whether a reference to the root's key names a revision that is too far ahead for us. */
  isFarBehind(to: KeyReference): boolean {
    const held = this.#keys.get(this.#shape.height)
    return held?.version === to.version && !this.#isNear(held, to)
  }

  /** Takes a message of the manager in, or changes nothing. It must be known to be the manager's. */
  open(message: TreeMessage): Opened {
    return this.#follow({ after: message.serial - 1, serial: message.serial }, () => this.#take(message))
  }

  /** Takes in that our tree became part of a larger one (SPEC R7). */
  merge({ after, height, offset, message }: TreeMerge): Opened {
    const former = { id: this.#id, shape: this.#shape }
    return this.#follow({ after, serial: message.serial }, () => {
      this.#id += offset
      this.#shape = { ...former.shape, height }
      const isOpen = this.#take(message)
      if (!isOpen) [this.#id, this.#shape] = [former.id, former.shape]
      return isOpen
    })
  }

  /** Takes in that our part of the tree is one of its own again (SPEC R7). */
  split({ after, serial, height, offset }: TreeSplit): Opened {
    return this.#follow({ after, serial }, () => {
      const root = this.#keys.get(height)
      if (root === undefined || offset > this.#id) return false
      const at = { ...aboveLeaf(this.#shape, this.#id, height), ...root, revision: root.revision + 1 }
      this.#advance(this.#keys, at)
      dropBetween(this.#keys, at, { level: this.#shape.height + 1 })
      this.#id -= offset
      this.#shape = { ...this.#shape, height }
      return true
    })
  }

  /** Messages are taken in their order, each once. */
  #follow({ after, serial }: { after: number; serial: number }, take: () => boolean): Opened {
    if (serial <= this.#serial) return 'known'
    if (after > this.#serial) return 'missed'
    if (after < this.#serial || !take()) return 'closed'
    this.#serial = serial
    return 'opened'
  }

  /** Opens all of a message, or changes nothing. */
  #take(message: TreeMessage): boolean {
    const keys = keysOf(this.held)
    this.#insertAll(keys, message.inserted)
    const isOpen = this.#openAll(keys, message)
    erase(isOpen ? this.#keys : keys)
    if (isOpen) this.#keys = keys
    return isOpen
  }

  /** Takes the path that the manager gave when asked again, unless it is older than what we hold. */
  replace(path: PathKeys): boolean {
    const { version, revision } = path.keys.at(-1) ?? { version: 0, revision: 0 }
    const isOlder =
      path.serial < this.#serial || (version === this.root.version && revision < this.root.revision)
    if (path.id !== this.#id || isOlder) return false
    erase(this.#keys)
    this.#serial = path.serial
    this.#keys = keysOf(path)
    return true
  }

  /** Moves the root's key on to a revision that a reference names, as somebody joined. False when we hold no such key. */
  advanceRoot(to: Pick<KeyReference, 'version' | 'revision'>): boolean {
    return this.#advance(this.#keys, { ...this.root, ...to })
  }

  /** Opens something with a key of ours at the revision that a reference names; if it opens, the key is used (SPEC R2). */
  use<T>(at: KeyReference, open: (key: Uint8Array) => T | undefined): T | undefined {
    const moved = isOnPath(this.#shape, at, this.#id) && this.#movedOn(this.#keys, at)
    if (!moved) return undefined
    const result = open(moved.key)
    if (result !== undefined) this.#advance(this.#keys, { ...at, revision: at.revision + 1 })
    moved.key.fill(0)
    return result
  }

  erase(): void {
    erase(this.#keys)
    this.#keys.clear()
  }

  /** Makes the keys of nodes that were put above ours without a word. What is not for us, or held already, is left out. */
  #insertAll(keys: Map<number, TreeKey>, inserted: readonly Inserted[]): void {
    for (const { node, version, from } of inserted) {
      const isOurs = isOnPath(this.#shape, node, this.#id) && isOnPath(this.#shape, from, this.#id)
      if (!isOurs || keys.get(node.level)?.version === version || !this.#advance(keys, from)) continue
      const held = keys.get(from.level)
      if (held === undefined) continue
      const key = insertedKey(this.#group, held.key, { from, node: { ...node, version, revision: 0 } })
      dropBetween(keys, from, node)
      set(keys, node.level, { version, revision: 0, key })
      this.#advance(keys, { ...from, revision: from.revision + 1 })
    }
  }

  /** Opens the fresh keys of our path, one from the other. */
  #openAll(keys: Map<number, TreeKey>, { fresh, serial }: TreeMessage): boolean {
    for (const { node, wraps } of fresh) {
      if (!isOnPath(this.#shape, node, this.#id)) continue
      const wrap = wraps.find(({ under }) => isOnPath(this.#shape, under, this.#id))
      if (wrap === undefined || !this.#advance(keys, wrap.under)) return false
      const { under, wrapped } = wrap
      const underKey = keys.get(under.level)?.key ?? new Uint8Array(0)
      const key = wrapKey(this.#group, { under, underKey, node, version: serial }, wrapped)
      this.#advance(keys, { ...under, revision: under.revision + 1 })
      dropBetween(keys, under, node)
      set(keys, node.level, { version: serial, revision: 0, key })
    }
    return true
  }

  /** Moves a key on to what a reference names; false, with nothing changed, when it does not lead there. */
  #advance(keys: Map<number, TreeKey>, to: KeyReference): boolean {
    const moved = this.#movedOn(keys, to)
    if (moved) set(keys, to.level, moved)
    return moved !== undefined
  }

  #movedOn(keys: ReadonlyMap<number, TreeKey>, to: KeyReference): TreeKey | undefined {
    const held = keys.get(to.level)
    return held && this.#isNear(held, to) ? advanceTo(this.#group, held, to) : undefined
  }

  #isNear(held: TreeKey, to: KeyReference): boolean {
    return to.revision - held.revision <= this.#skipMax
  }
}

function keysOf(path: PathKeys): Map<number, TreeKey> {
  return new Map(path.keys.map(({ level, ...held }) => [level, { ...held, key: held.key.slice() }]))
}

function set(keys: Map<number, TreeKey>, level: number, key: TreeKey): void {
  keys.get(level)?.key.fill(0)
  keys.set(level, key)
}

/** Forgets nodes that have gone: those between two of which one is the other's child now. */
function dropBetween(keys: Map<number, TreeKey>, lower: { level: number }, upper: { level: number }): void {
  for (const [level, { key }] of keys) {
    if (level <= lower.level || level >= upper.level) continue
    key.fill(0)
    keys.delete(level)
  }
}

function erase(keys: ReadonlyMap<number, TreeKey>): void {
  for (const { key } of keys.values()) key.fill(0)
}

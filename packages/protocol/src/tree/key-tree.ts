/** The key tree as its manager holds it: who joins and leaves, and what the others are told (paper §3.2; SPEC R1–R8). */
import { assert, UsageError } from '../errors.ts'
import { type Batch, checkJoins, type Ids, leavingNodes, type Newcomer } from './batch.ts'
import { freshKey, insertedKey, nextRevision, type TreeGroup, type TreeKey, wrapKey } from './derivation.ts'
import type {
  FreshNode,
  Inserted,
  PathKeys,
  TreeMerge,
  TreeMessage,
  TreeSplit,
  TreeWrap,
} from './messages.ts'
import { type Mark, MARK, type Node, Nodes } from './nodes.ts'
import {
  capacityOf,
  compareNodes,
  isOnPath,
  joinOf,
  type KeyReference,
  type NodeName,
  rootName,
  type Shape,
  shapeOf,
} from './shape.ts'
import { Vacancies } from './vacancies.ts'

export interface Changed {
  /** The newcomers' IDs, in their order. They are to be given their paths. */
  readonly joined: readonly number[]
  /** For all members; absent where nobody left, since then nothing is multicast. */
  readonly message?: TreeMessage
}

/** Where two trees were joined: the one whose members kept their IDs, and the one whose IDs became larger by `offset`. */
interface Seam {
  readonly height: number
  readonly other: { readonly height: number; readonly offset: number; readonly seams: readonly Seam[] }
}

/** What one batch works with. */
interface Step {
  /** The version of all keys that are fresh in it. */
  readonly version: number
  readonly seed: Uint8Array
  /** Every node that has a mark. */
  readonly marked: Node[]
}

export class KeyTree {
  readonly #group: TreeGroup
  readonly #ids: Ids
  readonly #nodes: Nodes
  #vacancies: Vacancies
  #shape: Shape
  #root: Node
  #serial = 0
  #size = 0
  /** The last of them is undone first. */
  readonly #seams: Seam[] = []
  /** A tree without members. `seed`: 32 fresh random bytes, used for this and never again. */
  constructor(group: TreeGroup, tree: Shape & { ids: Ids }, seed: Uint8Array) {
    this.#group = group
    this.#shape = shapeOf({ degree: tree.degree, height: tree.height })
    this.#ids = tree.ids
    this.#nodes = new Nodes(tree.degree)
    this.#vacancies = new Vacancies(capacityOf(tree))
    this.#root = this.#nodes.allocate(rootName(tree))
    this.#refresh(this.#root, { version: 0, seed })
  }

  get shape(): Shape {
    return this.#shape
  }

  /** The number of the last message. */
  get serial(): number {
    return this.#serial
  }

  /** How many members there are. */
  get size(): number {
    return this.#size
  }

  /** Bytes that it takes. */
  get bytes(): number {
    return this.#nodes.bytes
  }

  /** The key of the root, which all members hold and nobody else (§3.2: the TEK). */
  get root(): KeyReference & TreeKey {
    return { ...this.#nodes.reference(this.#root), key: this.#nodes.key(this.#root).slice() }
  }

  has(id: number): boolean {
    return this.#leaf(id) !== 0
  }

  /**
   * Lets newcomers in and members out, all at once, so that they share paths. `seed`: 32 fresh random bytes, used for this
   * and never again. Throws a `UsageError`, with nothing changed, for somebody who is no member, or a leaf that is taken.
   */
  change(batch: Batch, seed: Uint8Array): Changed {
    const tree = { root: this.#root, shape: this.#shape, ids: this.#ids, vacant: this.#vacancies.count }
    const leaving = leavingNodes(this.#nodes, tree, batch)
    checkJoins({ ...tree, isTaken: (id) => this.has(id) }, batch)
    const isLeave = leaving.length > 0
    if (isLeave) this.#serial++
    const step = { version: this.#serial, seed, marked: [] }
    for (const node of leaving) this.#remove(node, step)
    const joined = (batch.joins ?? []).map((newcomer) => this.#add(newcomer, step))
    const message = this.#settle(step)
    return { joined, ...(isLeave && { message }) }
  }

  /** What a member holds: for a newcomer, and for whoever asks again. Throws when there is no such member. */
  path(id: number): PathKeys {
    const keys: (TreeKey & { level: number })[] = []
    const leaf = this.#leaf(id)
    assert(leaf !== 0, 'a path begins at a member')
    for (let node = leaf; node !== 0; node = this.#nodes.parent(node)) {
      const { level, version, revision } = this.#nodes.reference(node)
      keys.push({ level, version, revision, key: this.#nodes.key(node).slice() })
    }
    return { id, serial: this.#serial, keys }
  }

  /** Uses the key of a member's leaf, which advances it (SPEC R2). `use` must keep no reference to the key. */
  useLeaf<T>(id: number, use: (leaf: KeyReference & TreeKey) => T): T {
    const leaf = this.#leaf(id)
    assert(leaf !== 0, 'a leaf is that of a member')
    return this.#use(leaf, use)
  }

  /** Uses the root's key for something that all members are to open; that advances it. */
  useRoot<T>(use: (root: KeyReference & TreeKey) => T): T {
    return this.#use(this.#root, use)
  }

  /** In how many wraps it would come, if these left. */
  wrapsWithout(ids: readonly number[]): number {
    return this.#nodes.childrenAbove(ids.map((id) => this.#leaf(id)))
  }

  /** Overwrites every key. */
  erase(): void {
    this.#nodes.erase()
  }

  #use<T>(node: Node, use: (held: KeyReference & TreeKey) => T): T {
    const result = use({ ...this.#nodes.reference(node), key: this.#nodes.key(node) })
    this.#advance(node)
    return result
  }

  /**
   * Joins another group's tree to this one by a new root; the former roots' keys become KEKs (SPEC R7). Returns what the
   * members of each are told, these first. The other tree is used up. Throws a `UsageError`, with nothing changed, for
   * trees that cannot be one.
   */
  merge(other: KeyTree, seed: Uint8Array): readonly [TreeMerge, TreeMerge] {
    const { degree } = this.#shape
    const lower = Math.max(this.#shape.height, other.#shape.height)
    const shape = { degree, height: lower + 1 }
    if (other.#shape.degree !== degree || other.#ids !== this.#ids) {
      throw new UsageError(
        'unlike-trees',
        'Trees are merged that have one degree, and whose IDs are both assigned or both derived.',
      )
    }
    shapeOf(shape)
    const offset = capacityOf({ degree, height: lower })
    const after = [this.#serial, other.#serial] as const
    this.#seams.push({
      height: this.#shape.height,
      other: { height: other.#shape.height, offset, seams: other.#seams },
    })
    const former = this.#root
    this.#serial = Math.max(...after) + 1
    const moved = this.#nodes.adopt(other.#nodes, other.#root, offset)
    this.#size += other.#size
    this.#root = this.#nodes.allocate(rootName(shape))
    for (const root of [former, moved]) this.#nodes.link(this.#root, root)
    this.#shape = shape
    this.#vacancies.merge(other.#vacancies, offset)
    const inserted: Inserted[] = []
    const fresh = [
      this.#replace(this.#root, rootName(shape), { version: this.#serial, seed, marked: [], inserted }),
    ]
    const message = { serial: this.#serial, inserted, fresh }
    const told = { height: shape.height, message }
    return [
      { ...told, after: after[0], offset: 0 },
      { ...told, after: after[1], offset },
    ]
  }

  /**
   * Undoes the last merge, by taking the root away: the former roots' keys, which the other side never knew, are the group
   * keys again (SPEC R7). Returns the other tree and what the members of each side are told. Throws a `UsageError`, with
   * nothing changed, where the sides have mingled: then each side's members leave the other's tree.
   */
  split(): { readonly other: KeyTree; readonly told: readonly [TreeSplit, TreeSplit] } {
    const nodes = this.#nodes
    const seam = this.#seams.at(-1)
    const [first, second, ...more] = nodes.children(this.#root)
    const isWhole = first !== undefined && second !== undefined && more.length === 0
    if (!isWhole || nodes.level(first) !== seam?.height || nodes.level(second) !== seam.other.height) {
      throw new UsageError(
        'mingled',
        'The tree is not two that were merged: let the members of one side leave it.',
      )
    }
    const { height, offset, seams } = seam.other
    const after = this.#serial++
    for (const root of [first, second]) this.#advance(root)
    const other = new KeyTree(
      this.#group,
      { degree: this.#shape.degree, height, ids: this.#ids },
      new Uint8Array(32),
    )
    for (const root of [first, second]) nodes.unlink(root)
    other.#nodes.free(other.#root)
    other.#root = other.#nodes.adopt(nodes, second, -offset)
    other.#size = other.#nodes.leavesBelow(other.#root)
    other.#serial = this.#serial
    other.#vacancies = this.#vacancies.split(offset)
    other.#seams.push(...seams)
    this.#size -= other.#size
    nodes.free(this.#root)
    this.#root = first
    this.#shape = { ...this.#shape, height: seam.height }
    this.#seams.pop()
    const told = { after, serial: this.#serial }
    return {
      other,
      told: [
        { ...told, height: seam.height, offset: 0 },
        { ...told, height, offset },
      ],
    }
  }

  #leaf(id: number): Node {
    return this.#nodes.at(this.#root, { level: 0, prefix: id })
  }

  /** Takes a part of the tree out. Whatever its members knew above it is stale; what nobody is below any more goes, too. */
  #remove(top: Node, step: Step): void {
    const nodes = this.#nodes
    let parent = nodes.parent(top)
    nodes.unlink(top)
    for (const node of nodes.below(top)) {
      const { level, prefix } = nodes.name(node)
      if (level === 0) this.#size--
      if (level === 0 && this.#ids === 'assigned') this.#vacancies.giveBack(prefix)
      nodes.free(node)
    }
    while (parent !== this.#root && nodes.children(parent).length === 0) {
      const empty = parent
      parent = nodes.parent(empty)
      nodes.unlink(empty)
      nodes.free(empty)
    }
    for (let node = parent; node !== 0; node = nodes.parent(node)) this.#mark(node, MARK.stale, step)
    if (this.#ids === 'derived') this.#skip(parent)
  }

  /** Takes out a node with one child: of no use where nobody is given the leaver's place. */
  #skip(node: Node): void {
    const [only, ...others] = this.#nodes.children(node)
    if (node === this.#root || only === undefined || others.length > 0) return
    const parent = this.#nodes.parent(node)
    this.#nodes.unlink(only)
    this.#nodes.unlink(node)
    this.#nodes.free(node)
    this.#nodes.link(parent, only)
  }

  #add({ id: given, key }: Newcomer, step: Step): number {
    const nodes = this.#nodes
    const id = given ?? this.#vacancies.take()
    assert(id !== undefined, 'there is room for who joins')
    const name = { level: 0, prefix: id }
    const leaf = nodes.allocate(name)
    nodes.setKey(leaf, { version: step.version, revision: 0, key })
    this.#mark(leaf, MARK.young, step)
    let parent = this.#root
    for (;;) {
      this.#enter(parent, step)
      const child = nodes.childToward(parent, name)
      if (child === 0) break
      parent = isOnPath(this.#shape, nodes.name(child), id) ? child : this.#insertAbove(child, name, step)
    }
    nodes.link(parent, leaf)
    this.#size++
    return id
  }

  /** Somebody is new below a node, which others know already. */
  #enter(node: Node, step: Step): void {
    if (this.#nodes.mark(node) === MARK.none) this.#mark(node, MARK.entered, step)
  }

  /** Puts a node where the way to a newcomer leaves the way to `child`. */
  #insertAbove(child: Node, newcomer: NodeName, step: Step): Node {
    const nodes = this.#nodes
    const parent = nodes.parent(child)
    const node = nodes.allocate(joinOf(this.#shape, nodes.name(child), newcomer))
    nodes.unlink(child)
    nodes.link(parent, node)
    nodes.link(node, child)
    const mark = nodes.mark(child)
    if (mark === MARK.young) this.#refresh(node, step)
    if (mark === MARK.young || mark === MARK.stale) this.#mark(node, mark, step)
    else this.#derive(node, child, step)
    return node
  }

  /** Members below `from` make the node's key themselves when they first meet it (SPEC R4). */
  #derive(node: Node, from: Node, step: Step): void {
    const nodes = this.#nodes
    const at = {
      from: nodes.reference(from),
      node: { ...nodes.name(node), version: step.version, revision: 0 },
    }
    const key = insertedKey(this.#group, nodes.key(from), at)
    nodes.setKey(node, { version: step.version, revision: 0, key })
    nodes.setOrigin(node, { node: from, revision: at.from.revision })
    key.fill(0)
    this.#advance(from)
  }

  #mark(node: Node, mark: Mark, step: Step): void {
    this.#nodes.setMark(node, mark)
    step.marked.push(node)
  }

  /** New keys where somebody left, new revisions where somebody came. */
  #settle(step: Step): TreeMessage {
    const nodes = this.#nodes
    for (const node of step.marked) {
      if (nodes.mark(node) !== MARK.entered) continue
      this.#advance(node)
      nodes.setMark(node, MARK.none)
    }
    const stale = [...new Set(step.marked)].filter((node) => nodes.mark(node) === MARK.stale)
    const byLevel = stale.map((node) => ({ node, name: nodes.name(node) }))
    byLevel.sort((a, b) => compareNodes(a.name, b.name))
    const inserted: Inserted[] = []
    const fresh = byLevel.map(({ node, name }) => this.#replace(node, name, { ...step, inserted }))
    for (const node of step.marked) nodes.setMark(node, MARK.none)
    inserted.sort((a, b) => compareNodes(a.node, b.node))
    return { serial: step.version, inserted, fresh }
  }

  /** A fresh key, under the key of each child that somebody remains below who has no path yet to come. */
  #replace(node: Node, name: NodeName, step: Step & { inserted: Inserted[] }): FreshNode {
    this.#refresh(node, step)
    const wraps: TreeWrap[] = []
    for (const child of this.#nodes.children(node)) {
      if (this.#nodes.mark(child) === MARK.young) continue
      this.#tellOrigin(child, step.inserted)
      const under = this.#nodes.reference(child)
      const at = { under, underKey: this.#nodes.key(child), node: name, version: step.version }
      wraps.push({ under, wrapped: wrapKey(this.#group, at, this.#nodes.key(node)) })
      this.#advance(child)
    }
    return { node: name, wraps }
  }

  /** Names what a key came from, before it is first used; what that one came from, too. */
  #tellOrigin(node: Node, inserted: Inserted[]): void {
    const origin = this.#nodes.origin(node)
    if (origin === undefined) return
    this.#nodes.setOrigin(node, undefined)
    this.#tellOrigin(origin.node, inserted)
    inserted.push({
      node: this.#nodes.name(node),
      version: this.#nodes.version(node),
      from: { ...this.#nodes.reference(origin.node), revision: origin.revision },
    })
  }

  #refresh(node: Node, { version, seed }: Pick<Step, 'version' | 'seed'>): void {
    const key = freshKey(this.#group, seed, { ...this.#nodes.name(node), version, revision: 0 })
    this.#nodes.setKey(node, { version, revision: 0, key })
    this.#nodes.setOrigin(node, undefined)
    key.fill(0)
  }

  #advance(node: Node): void {
    const held = this.#nodes.reference(node)
    const at = { ...held, revision: held.revision + 1 }
    const key = nextRevision(this.#group, this.#nodes.key(node), at)
    this.#nodes.setKey(node, { ...at, key })
    key.fill(0)
  }
}

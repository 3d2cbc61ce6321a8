/** The nodes of a key tree in typed arrays, so that a million members fit a manager's memory (SPEC R8). */
import { TREE_KEY_LENGTH } from './derivation.ts'
import { type KeyReference, type NodeName, powerOf } from './shape.ts'

/** An index into the arrays; 0 is no node. */
export type Node = number

/** What a batch has in store for a node. */
export const MARK = {
  none: 0,
  /** A leaver knew its key: it gets a fresh one. */
  stale: 1,
  /** Only newcomers are below it: they get its key with their paths. */
  young: 2,
  /** A newcomer is below it, too: its key advances. */
  entered: 3,
} as const
export type Mark = (typeof MARK)[keyof typeof MARK]

const START = 64

export class Nodes {
  #keys = new Uint8Array(START * TREE_KEY_LENGTH)
  #prefix = new Float64Array(START)
  #level = new Uint8Array(START)
  #mark = new Uint8Array(START)
  #version = new Uint32Array(START)
  #revision = new Uint32Array(START)
  #parent = new Uint32Array(START)
  #firstChild = new Uint32Array(START)
  /** Children hang together from left to right; indices that were freed do, too. */
  #nextSibling = new Uint32Array(START)
  /** The node below that its key came from and the revision that one had, until a message says so (SPEC R4). */
  #origin = new Uint32Array(START)
  #originRevision = new Uint32Array(START)
  #free: Node = 0
  #used = 1
  /** Powers of the degree: how many leaves are below a node of each level. */
  readonly #leaves: number[]

  constructor(degree: number) {
    this.#leaves = Array.from({ length: 49 }, (_, level) => powerOf(degree, level))
  }

  /** Bytes that the arrays take. */
  get bytes(): number {
    const arrays = [this.#keys, this.#prefix, this.#level, this.#mark, this.#version, this.#revision]
    const links = [this.#parent, this.#firstChild, this.#nextSibling, this.#origin, this.#originRevision]
    return [...arrays, ...links].reduce((sum, array) => sum + array.byteLength, 0)
  }

  /** A node without parent, children and key. */
  allocate(name: NodeName): Node {
    let node = this.#free
    if (node === 0) {
      if (this.#used === this.#level.length) this.#grow()
      node = this.#used++
    } else this.#free = this.#nextSibling[node] ?? 0
    this.#nextSibling[node] = 0
    this.#prefix[node] = name.prefix
    this.#level[node] = name.level
    return node
  }

  /** Forgets a node and overwrites its key. */
  free(node: Node): void {
    this.#keyAt(node).fill(0)
    for (const links of [this.#parent, this.#firstChild, this.#origin, this.#mark]) links[node] = 0
    this.#nextSibling[node] = this.#free
    this.#free = node
  }

  name(node: Node): NodeName {
    return { level: this.level(node), prefix: this.#prefix[node] ?? 0 }
  }

  reference(node: Node): KeyReference {
    return { ...this.name(node), version: this.version(node), revision: this.#revision[node] ?? 0 }
  }

  level(node: Node): number {
    return this.#level[node] ?? 0
  }

  version(node: Node): number {
    return this.#version[node] ?? 0
  }

  /** The key itself, not a copy: it changes under whoever keeps it. */
  key(node: Node): Uint8Array {
    return this.#keyAt(node)
  }

  setKey(node: Node, key: { version: number; revision: number; key: Uint8Array }): void {
    this.#keyAt(node).set(key.key)
    this.#version[node] = key.version
    this.#revision[node] = key.revision
  }

  mark(node: Node): Mark {
    return (this.#mark[node] ?? 0) as Mark
  }

  setMark(node: Node, mark: Mark): void {
    this.#mark[node] = mark
  }

  /** Where its key came from, if no message said so yet. */
  origin(node: Node): { node: Node; revision: number } | undefined {
    const origin = this.#origin[node] ?? 0
    return origin === 0 ? undefined : { node: origin, revision: this.#originRevision[node] ?? 0 }
  }

  setOrigin(node: Node, origin: { node: Node; revision: number } | undefined): void {
    this.#origin[node] = origin?.node ?? 0
    this.#originRevision[node] = origin?.revision ?? 0
  }

  parent(node: Node): Node {
    return this.#parent[node] ?? 0
  }

  /** From left to right. */
  children(node: Node): Node[] {
    const children: Node[] = []
    for (let child = this.#firstChild[node] ?? 0; child !== 0; child = this.#nextSibling[child] ?? 0) {
      children.push(child)
    }
    return children
  }

  /** The child whose part of the tree a name is in. */
  childToward(node: Node, name: NodeName): Node {
    const digit = this.#digit(node, name)
    for (let child = this.#firstChild[node] ?? 0; child !== 0; child = this.#nextSibling[child] ?? 0) {
      if (this.#digit(node, this.name(child)) === digit) return child
    }
    return 0
  }

  link(parent: Node, node: Node): void {
    const digit = this.#digit(parent, this.name(node))
    let left = 0
    let right = this.#firstChild[parent] ?? 0
    while (right !== 0 && this.#digit(parent, this.name(right)) < digit) {
      left = right
      right = this.#nextSibling[right] ?? 0
    }
    this.#parent[node] = parent
    this.#nextSibling[node] = right
    if (left === 0) this.#firstChild[parent] = node
    else this.#nextSibling[left] = node
  }

  unlink(node: Node): void {
    const parent = this.parent(node)
    const next = this.#nextSibling[node] ?? 0
    let left = this.#firstChild[parent] ?? 0
    if (left === node) this.#firstChild[parent] = next
    else {
      while (this.#nextSibling[left] !== node) left = this.#nextSibling[left] ?? 0
      this.#nextSibling[left] = next
    }
    this.#parent[node] = 0
    this.#nextSibling[node] = 0
  }

  /** A node and all below it, parents first. */
  *below(top: Node): Generator<Node> {
    const open = [top]
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const children = this.children(node)
      yield node
      open.push(...children)
    }
  }

  /** The node of this name at or below `top`; 0 where there is none. */
  at(top: Node, name: NodeName): Node {
    let node = top
    while (node !== 0 && this.level(node) > name.level) node = this.childToward(node, name)
    const { level, prefix } = this.name(node)
    return level === name.level && prefix === name.prefix ? node : 0
  }

  leavesBelow(top: Node): number {
    let leaves = 0
    for (const node of this.below(top)) if (this.level(node) === 0) leaves++
    return leaves
  }

  /** How many children all nodes have that are above one of these. */
  childrenAbove(leaves: readonly Node[]): number {
    const above = new Set<Node>()
    for (const leaf of leaves) {
      for (let node = this.parent(leaf); node !== 0 && !above.has(node); node = this.parent(node))
        above.add(node)
    }
    return [...above].reduce((sum, node) => sum + this.children(node).length, 0)
  }

  erase(): void {
    this.#keys.fill(0)
  }

  /** Takes a part of another tree over, whose IDs change by `offset`. Returns its top, which has no parent yet. */
  adopt(from: Nodes, top: Node, offset: number): Node {
    const copies = new Map<Node, Node>()
    for (const node of from.below(top)) {
      const { level, prefix } = from.name(node)
      const copy = this.allocate({ level, prefix: prefix + offset / (this.#leaves[level] ?? 1) })
      this.setKey(copy, { ...from.reference(node), key: from.key(node) })
      const parent = copies.get(from.parent(node))
      if (parent !== undefined) this.link(parent, copy)
      copies.set(node, copy)
    }
    for (const [node, copy] of copies) {
      const origin = from.origin(node)
      const moved = origin && copies.get(origin.node)
      if (origin && moved !== undefined) this.setOrigin(copy, { node: moved, revision: origin.revision })
    }
    for (const node of copies.keys()) from.free(node)
    return copies.get(top) ?? 0
  }

  /** In which place below a node of a level another one stands. */
  #digit(node: Node, { level, prefix }: NodeName): number {
    return Math.floor(prefix / (this.#leaves[this.level(node) - 1 - level] ?? 1))
  }

  #keyAt(node: Node): Uint8Array {
    return this.#keys.subarray(node * TREE_KEY_LENGTH, (node + 1) * TREE_KEY_LENGTH)
  }

  #grow(): void {
    const size = this.#level.length * 2
    const old = this.#keys
    this.#keys = grown(old, new Uint8Array(size * TREE_KEY_LENGTH))
    old.fill(0)
    this.#prefix = grown(this.#prefix, new Float64Array(size))
    this.#level = grown(this.#level, new Uint8Array(size))
    this.#mark = grown(this.#mark, new Uint8Array(size))
    this.#version = grown(this.#version, new Uint32Array(size))
    this.#revision = grown(this.#revision, new Uint32Array(size))
    this.#parent = grown(this.#parent, new Uint32Array(size))
    this.#firstChild = grown(this.#firstChild, new Uint32Array(size))
    this.#nextSibling = grown(this.#nextSibling, new Uint32Array(size))
    this.#origin = grown(this.#origin, new Uint32Array(size))
    this.#originRevision = grown(this.#originRevision, new Uint32Array(size))
  }
}

function grown<T extends Uint8Array | Uint32Array | Float64Array>(old: T, larger: T): T {
  larger.set(old)
  return larger
}

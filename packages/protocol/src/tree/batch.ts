/** Who joins and leaves a key tree at once, and whether that can be, before anything of it is done. */
import { UsageError } from '../errors.ts'
import { TREE_LEAVES_MAX } from '../limits.ts'
import type { Node, Nodes } from './nodes.ts'
import { capacityOf, isAbove, type NodeName, type Shape } from './shape.ts'

/** Members join at the next free leaf, where a leaver's may be; or at the leaf that their address or a hash names. */
export type Ids = 'assigned' | 'derived'

export interface Newcomer {
  /** The pairwise secret of newcomer and manager: its leaf's key. */
  readonly key: Uint8Array
  /** Where IDs are derived: its own. */
  readonly id?: number
}

export interface Batch {
  readonly joins?: readonly Newcomer[]
  /** IDs of members. */
  readonly leaves?: readonly number[]
  /** Everybody below these nodes leaves. */
  readonly subtrees?: readonly NodeName[]
}

/** The tops of all that leaves, none below another one. Throws a `UsageError` where nobody is. */
export function leavingNodes(nodes: Nodes, tree: { root: Node; shape: Shape }, batch: Batch): Node[] {
  const names = [...(batch.leaves ?? []).map((id) => ({ level: 0, prefix: id })), ...(batch.subtrees ?? [])]
  if (names.length > TREE_LEAVES_MAX) {
    throw new UsageError(
      'too-many-leaves',
      `At most ${TREE_LEAVES_MAX} members or subtrees leave at once: take several steps.`,
    )
  }
  const tops = new Set<Node>()
  // The higher ones first, so that nobody leaves twice.
  for (const name of names.sort((a, b) => b.level - a.level)) {
    const found = topsBelow(nodes, tree, name)
    if (found.length === 0) {
      throw new UsageError(
        'no-such-member',
        'Nobody is in the tree at that ID: give IDs of members, or nodes that members are below.',
      )
    }
    for (const top of found) if (!isBelow(nodes, top, tops)) tops.add(top)
  }
  return [...tops]
}

/** The highest node at or below a name; what is below the root where it means everybody, since the root remains. */
function topsBelow(nodes: Nodes, { root, shape }: { root: Node; shape: Shape }, name: NodeName): Node[] {
  let node = root
  while (node !== 0 && !isAbove(shape, name, nodes.name(node))) {
    if (!isAbove(shape, nodes.name(node), name)) return []
    node = nodes.childToward(node, name)
  }
  if (node === root) return nodes.children(root)
  return node === 0 ? [] : [node]
}

function isBelow(nodes: Nodes, node: Node, tops: ReadonlySet<Node>): boolean {
  for (let at = node; at !== 0; at = nodes.parent(at)) if (tops.has(at)) return true
  return false
}

/** Throws a `UsageError` when newcomers' leaves are taken, outside the tree, or not to be had. */
export function checkJoins(
  tree: { shape: Shape; ids: Ids; vacant: number; isTaken(id: number): boolean },
  { joins = [], leaves = [] }: Batch,
): void {
  if (tree.ids === 'assigned') {
    if (joins.some(({ id }) => id !== undefined)) {
      throw new UsageError('bad-id', 'The tree assigns IDs: give none to newcomers.')
    }
    if (joins.length > tree.vacant + leaves.length) {
      throw new UsageError(
        'tree-full',
        `The tree has room for ${tree.vacant + leaves.length} more: make it higher, or merge it with another one.`,
      )
    }
    return
  }
  const ids = new Set<number>()
  const left = new Set(leaves)
  for (const { id } of joins) {
    if (id === undefined || !Number.isSafeInteger(id) || id < 0 || id >= capacityOf(tree.shape)) {
      throw new UsageError('bad-id', `Every newcomer needs an ID from 0 to ${capacityOf(tree.shape) - 1}.`)
    }
    if (ids.has(id) || (tree.isTaken(id) && !left.has(id))) {
      throw new UsageError('id-taken', `ID ${id} is somebody else's: derive another one.`)
    }
    ids.add(id)
  }
}

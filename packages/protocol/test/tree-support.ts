/** Trees and their messages, for tests of trees that stand alone. */
import { nobleSuite } from '../src/crypto/noble-suite.ts'
import type { TreeGroup } from '../src/tree/derivation.ts'
import { KeyTree } from '../src/tree/key-tree.ts'
import type { TreeMessage } from '../src/tree/messages.ts'
import type { NodeName, Shape } from '../src/tree/shape.ts'
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

/** Centralized Tree: the real manager's tree, with all its members, and a sample of real paths. */
import { isRejection, newRoom } from '@conclave/protocol'
import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { KeyTree } from '../../packages/protocol/src/tree/key-tree.ts'
import { encodeLetter, openFirst, writeLetter } from '../../packages/protocol/src/tree/letter.ts'
import { decodeTreeMessage, encodeTreeMessage } from '../../packages/protocol/src/tree/messages.ts'
import type { TreePath } from '../../packages/protocol/src/tree/tree-path.ts'
import { type Cost, costOf, Draw, LEAVERS, Meter, must, type OperationName, SAMPLE, verify } from './cost.ts'

const SCHEME = 'Centralized Tree'
const DEGREE = 2
/** The height of a tree with room for a billion; only what is used of it is there. */
const HEIGHT = 30
/** Members that enter at once while the tree is built. */
const BATCH = 4_096

class TreeGroup {
  readonly meter = new Meter()
  readonly draw: Draw
  readonly tree: KeyTree
  readonly group
  readonly signer
  readonly paths: TreePath[]

  constructor(members: number) {
    this.draw = new Draw(members)
    this.signer = this.draw.signer()
    this.group = newRoom({ creator: this.signer.publicKey, entropy: this.draw.bytes(48) }, this.meter.suite)
    const shape = { degree: DEGREE, height: HEIGHT, ids: 'assigned' } as const
    this.tree = new KeyTree(this.group, shape, this.draw.bytes())
    this.paths = [...this.#fill(members)].map(([id, key]) => {
      const path = openFirst(
        this.group,
        { shape: this.tree.shape, key },
        writeLetter(this.group, this.tree, id),
      )
      must(path !== undefined, 'a member opens its letter')
      return path
    })
  }

  /** All members enter. Returns the pairwise secrets of the sample, by ID. */
  #fill(members: number): Map<number, Uint8Array> {
    const sample = new Map<number, Uint8Array>()
    const wanted = new Set(this.draw.numbers(1 + LEAVERS + SAMPLE, members))
    let count = 0
    while (count < members) {
      const keys = Array.from({ length: Math.min(BATCH, members - count) }, () => this.draw.bytes())
      const { joined } = this.tree.change(
        { joins: keys.map((key) => ({ key: key.slice() })) },
        this.draw.bytes(),
      )
      for (const [i, id] of joined.entries()) {
        if (wanted.has(count + i)) sample.set(id, keys[i] ?? new Uint8Array())
      }
      count += joined.length
    }
    return sample
  }

  /** Whether a member has the group's key. */
  has(path: TreePath): boolean {
    return equals(path.root.key, this.tree.root.key)
  }
}

export function treeCosts(members: number): Cost[] {
  const group = new TreeGroup(members)
  const { paths } = group
  const leavers = members > 2 * LEAVERS ? paths.slice(1, 1 + LEAVERS) : []
  const join = joinCost(group, members)
  const leave = leaveCost(group, { operation: 'leave', gone: paths.slice(0, 1), members })
  if (leavers.length === 0) return [join, leave]
  return [join, leave, leaveCost(group, { operation: `${LEAVERS} leaves at once`, gone: leavers, members })]
}

function joinCost(group: TreeGroup, members: number): Cost {
  const { meter, tree, draw, paths } = group
  const made = meter.measure(() => {
    const [id = 0] = tree.change({ joins: [{ key: draw.bytes() }] }, draw.bytes()).joined
    return encodeLetter(writeLetter(group.group, tree, id))
  })
  const { root } = tree
  const followed = meter.measure(() => paths.forEach((path) => path.advanceRoot(root)), paths.length)
  must(
    paths.every((path) => group.has(path)),
    'who was there follows the revision',
  )
  return costOf({ scheme: SCHEME, operation: 'join', members, unicast: [made.value], made, followed })
}

interface Leave {
  readonly operation: OperationName
  readonly gone: readonly TreePath[]
  readonly members: number
}

function leaveCost(group: TreeGroup, { operation, gone, members }: Leave): Cost {
  const { meter, tree, draw, signer } = group
  // Whoever left before does not take part any more.
  const staying = group.paths.filter((path) => group.has(path) && !gone.includes(path))
  const made = meter.measure(() => {
    const { message } = tree.change({ leaves: gone.map(({ id }) => id) }, draw.bytes())
    must(message !== undefined, 'a leave has a message')
    const bytes = encodeTreeMessage(message)
    return { message, bytes, signature: signer.sign(bytes) }
  })
  const { bytes, signature, message } = made.value
  const open = (path: TreePath): void => {
    const decoded = decodeTreeMessage(path.shape, bytes)
    const isTrue = verify({ publicKey: signer.publicKey, message: bytes, signature })
    if (isTrue && !isRejection(decoded)) path.open(decoded)
  }
  const followed = meter.measure(() => staying.forEach(open), staying.length)
  gone.forEach(open)
  must(
    staying.every((path) => group.has(path)),
    'who remains has the new key',
  )
  must(!gone.some((path) => group.has(path)), 'no leaver has it')
  const wraps = message.fresh.reduce((sum, fresh) => sum + fresh.wraps.length, 0)
  const multicast = [concat([bytes, signature])]
  return costOf({ scheme: SCHEME, operation, members, multicast, wraps, made, followed })
}

/** A key tree of many members (SPEC R8): what it takes, and what a leave out of it costs. */
import { nobleSuite } from '../../packages/protocol/src/crypto/noble-suite.ts'
import { KeyTree } from '../../packages/protocol/src/tree/key-tree.ts'
import { encodeTreeMessage } from '../../packages/protocol/src/tree/messages.ts'
import { TreePath } from '../../packages/protocol/src/tree/tree-path.ts'

const LEAVES = 20

export interface TreeCosts {
  readonly bytesPerMember: number
  readonly buildMs: number
  /** Of one leave, on average. */
  readonly leaveMs: number
  readonly messageBytes: number
  readonly wraps: number
  /** What a member needs to open one. */
  readonly openMs: number
  /** Whether that member has the manager's key in the end. */
  readonly isTogether: boolean
}

export function treeCosts(members: number, degree: number): TreeCosts {
  const group = { id: new Uint8Array(32), suite: nobleSuite }
  let height = 1
  while (degree ** height < members) height++
  const began = performance.now()
  const tree = new KeyTree(group, { degree, height, ids: 'assigned' }, secret(0))
  tree.change({ joins: Array.from({ length: members }, (_, i) => ({ key: secret(i) })) }, secret(1))
  const built = performance.now()
  const path = new TreePath(group, tree.shape, tree.path(0))
  const messages = Array.from({ length: LEAVES }, (_, i) => {
    const id = 1 + i * Math.floor((members - 1) / LEAVES)
    const { message } = tree.change({ leaves: [id] }, secret(2 + i))
    return message ?? { serial: 0, inserted: [], fresh: [] }
  })
  const left = performance.now()
  for (const message of messages) path.open(message)
  const opened = performance.now()
  const [first = { serial: 0, inserted: [], fresh: [] }] = messages
  return {
    bytesPerMember: Math.round(tree.bytes / members),
    buildMs: built - began,
    leaveMs: (left - built) / LEAVES,
    messageBytes: encodeTreeMessage(first).length,
    wraps: first.fresh.reduce((sum, { wraps }) => sum + wraps.length, 0),
    openMs: (opened - left) / LEAVES,
    isTogether: path.root.key.every((byte, i) => byte === tree.root.key[i]),
  }
}

/** 32 bytes that differ by their number: what is measured does not depend on their being random. */
function secret(number: number): Uint8Array {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, number)
  return bytes
}

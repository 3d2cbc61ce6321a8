/** The tree of a room: what one change of it may take, and that changes fit the scheme of their generation (SPEC V7, L12). */
import { expect, test } from 'vitest'
import { Entropy } from '../src/crypto/entropy.ts'
import { nobleSuite } from '../src/crypto/noble-suite.ts'
import { groupOf } from '../src/group/genesis.ts'
import { RoomTree, TreeKeys } from '../src/keys/tree-keys.ts'
import { newTreeChange, openTreeChange } from '../src/keys/new-change.ts'
import { OPERATION_MAX, ROOM_TREE_SKIP_MAX, TARGETS_MAX, TREE_WRAPS_MAX } from '../src/limits.ts'
import { MembershipLog } from '../src/log/membership-log.ts'
import { makeOperation } from '../src/log/operation.ts'
import { type Entry, isChange } from '../src/log/roster.ts'
import { peerIdOf } from '../src/ids.ts'
import type { PathKeys } from '../src/tree/messages.ts'
import { TreePath } from '../src/tree/tree-path.ts'
import { ROOM_TREE } from '../src/tree/tree-wraps.ts'
import { bytes, founding, group, operationId, peer, signer } from './support.ts'

function roomTree(
  count: number,
  room = group(),
): {
  tree: RoomTree
  members: ReturnType<typeof operationId>[]
  entropy: Entropy
} {
  const entropy = new Entropy(nobleSuite, bytes(32))
  const tree = new RoomTree(room, entropy)
  const members = Array.from({ length: count }, (_, i) => operationId(i))
  tree.admit(members, entropy)
  return { tree, members, entropy }
}

test('a change takes as many leavers as its operation has room for', () => {
  const { tree, members } = roomTree(600)
  const without = (count: number, step: number): Set<(typeof members)[number]> =>
    new Set(members.filter((_, i) => i % step !== 0 || i >= count * step))
  expect(tree.canKeep(without(1, 1))).toBe(true)
  // Side by side they share their paths; all over the tree they do not.
  expect(tree.canKeep(without(TARGETS_MAX, 1))).toBe(true)
  expect(tree.canKeep(without(5, 100))).toBe(true)
  expect(tree.canKeep(without(TARGETS_MAX, 9))).toBe(false)
})

test('the largest change of a tree fits an operation, with all else that it may hold', () => {
  const { tree, members, entropy } = roomTree(600)
  // One by one they came: members make the nodes above themselves.
  const late = Array.from({ length: 300 }, (_, i) => operationId(1_000 + i))
  for (const member of late) tree.admit([...members, member], entropy)
  const all = [...members, ...late]
  let count = 1
  const remaining = (): Set<(typeof all)[number]> =>
    new Set(all.filter((_, i) => i % 13 !== 0 || i >= 13 * count))
  while (tree.canKeep(remaining())) count++
  count--
  const message = tree.keep(remaining(), entropy)
  expect(message?.fresh.flatMap(({ wraps }) => wraps).length).toBeGreaterThan(TREE_WRAPS_MAX - 32)
  const ANN = signer(1)
  const header = {
    parents: Array.from({ length: 64 }, (_, i) => operationId(i)),
    author: peerIdOf(ANN.publicKey),
  }
  const targets = all
    .slice(0, TARGETS_MAX)
    .map((admission, i) => ({ peer: peer(i), admission, leave: bytes(64) }))
  const plan = { header, keyParent: operationId(1), targets, reason: 'x'.repeat(256), tree: tree.tree }
  const change = newTreeChange(
    group(),
    { ...plan, ...(message && { message }) },
    { secret: bytes(32), nonce: bytes(16) },
  )
  expect(makeOperation(group(), header, change, ANN).bytes.length).toBeLessThan(OPERATION_MAX)
})

test('changes by which nobody leaves are opened one after the other, and a used key opens none of before (SPEC V8)', () => {
  const { tree, members, entropy } = roomTree(5)
  const keys = tree.pathOf(members[2] ?? operationId(0))
  if (keys === undefined) throw new Error('no path')
  const path = new TreePath(group(), ROOM_TREE, keys)
  const header = { parents: [], author: peerIdOf(signer(1).publicKey) }
  const plan = { header, keyParent: operationId(1), targets: [], reason: '', tree: tree.tree }
  const changes = [1, 2, 3].map((seed) => ({
    secret: bytes(32, seed),
    body: newTreeChange(group(), plan, { secret: bytes(32, seed), nonce: bytes(16, seed) }),
  }))
  const [first, second, third] = changes
  if (!first || !second || !third) throw new Error('no changes')
  expect(openTreeChange(group(), { ...header, body: first.body }, path)).toEqual(first.secret)
  // The second one was lost: its secret comes otherwise.
  expect(openTreeChange(group(), { ...header, body: third.body }, path)).toEqual(third.secret)
  const memory = new TreePath(group(), ROOM_TREE, path.held)
  for (const { body } of changes) expect(openTreeChange(group(), { ...header, body }, memory)).toBeUndefined()
  expect(tree.keep(new Set(members), entropy)).toBeUndefined()
  expect(path.root).toEqual(tree.tree.root)
})

test('of whom too many have come since, a member moves no key on, and asks for its path instead (SPEC V7)', () => {
  const author = signer(1)
  const room = groupOf({ ...group().genesis, creator: author.publicKey }, bytes(32), nobleSuite)
  const { tree, members, entropy } = roomTree(1, room)
  const log = new MembershipLog(room)
  const first = founding(room, author)
  const management = {
    scheme: 'centralized-tree',
    manager: peerIdOf(author.publicKey),
    admission: first.id,
  } as const
  const refresh = makeOperation(
    room,
    { parents: [first.id] },
    { kind: 'refresh', nonce: bytes(16, 1), commitment: bytes(32), management },
    author,
  )
  log.integrate([first, refresh])
  const keys = tree.pathOf(operationId(0))
  const ours = new TreeKeys(room, log)
  /** A seal by the manager. */
  const seal = (seed: number): Entry => {
    const header = { parents: [refresh.id], author: management.manager }
    const plan = { header, keyParent: refresh.id, targets: [], reason: '', tree: tree.tree }
    const body = newTreeChange(room, plan, { secret: bytes(32, seed), nonce: bytes(16, seed) })
    const operation = makeOperation(room, header, body, author)
    log.integrate([operation])
    return log.get(operation.id) as Entry
  }
  const open = (version: Entry): boolean => isChange(version) && ours.open(version) !== undefined
  const generation = log.get(refresh.id) as Entry
  if (keys === undefined) throw new Error('no path')
  expect(ours.take(generation, keys)).toBe(true)
  const join = (count: number): void => {
    for (let i = 0; i < count; i++) {
      members.push(operationId(members.length))
      tree.admit(members, entropy)
    }
  }
  join(ROOM_TREE_SKIP_MAX)
  const near = seal(1)
  expect([open(near), ours.lacks(near)]).toEqual([true, false])
  join(ROOM_TREE_SKIP_MAX + 1)
  const far = seal(2)
  expect([open(far), ours.lacks(far)]).toEqual([false, true])
  ours.take(generation, tree.pathOf(operationId(0)) as PathKeys)
  expect(ours.lacks(far)).toBe(false)
  expect(open(seal(3))).toBe(true)
})

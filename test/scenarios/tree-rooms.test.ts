/** A room with a key tree: joins, leaves and exclusions while people talk, and going on without its manager (SPEC V7, V8). */
import { expect, test } from 'vitest'
import { type Change, makeOperation } from '../../packages/protocol/src/log/operation.ts'
import { ROOM_TREE } from '../../packages/protocol/src/tree/tree-wraps.ts'
import { broadcastAs } from '../simulation/malice.ts'
import type { SimPeer } from '../simulation/world.ts'
import { expectAllHeard, expectScheme, roomOf, transition, whileTalking } from './managed.ts'
import { memoryOf, thiefOf } from './memory.ts'
import type { Room } from './room.ts'

const LOSSY = { loss: 0.15, duplication: 0.1, latencyMs: [5, 250] } as const

/** A room whose tree the second peer manages. */
function treeRoom(count: number, seed = 1): Room {
  const room = roomOf(count, seed)
  transition(room.peer(0), 'centralized-tree', room.peer(1))
  room.world.run(10_000)
  expectScheme(room.peers, 'centralized-tree', room.peer(1))
  return room
}

function changesOf(peer: SimPeer): { author: string; body: Change }[] {
  return peer.stored.flatMap(({ author, body }) => (body.kind === 'change' ? [{ author, body }] : []))
}

function lastChange(peer: SimPeer): Change {
  const last = changesOf(peer).at(-1)
  if (last === undefined) throw new Error('no change')
  return last.body
}

/** Whether a member's path leads on from what it sends under: the next change is opened without asking anybody. */
function hasPath(peer: SimPeer): boolean {
  const { log, paths } = peer.member.unsafeInsideForTests
  const version = peer.state.version && log.get(peer.state.version)
  const generation = version && (version.generation ?? version).operation.id
  const path = paths.find(([of]) => of === generation)?.[1]
  const serials = changesOf(peer).map(({ body }) => body.tree?.message?.serial ?? 0)
  return path !== undefined && path.serial === Math.max(0, ...serials)
}

/** Replies with keys that were sent while something ran. */
function repliesDuring(room: Room, run: () => void): number {
  const before = room.world.traffic.get('reply')?.messages ?? 0
  run()
  return (room.world.traffic.get('reply')?.messages ?? 0) - before
}

test('one message keys all who remain, without a word to any one of them', () => {
  const room = treeRoom(9)
  const [, manager] = room.peers as [SimPeer, SimPeer]
  const rest = room.peers.slice(0, 8)
  for (const peer of rest) if (peer !== manager) expect(hasPath(peer)).toBe(true)
  const replies = repliesDuring(room, () => {
    manager.exclude([room.peer(8)])
    room.world.run(500)
  })
  expect(replies).toBe(0)
  const { tree, wraps, tainted } = lastChange(manager)
  expect([wraps, tainted]).toEqual([[], []])
  expect(tree?.message?.fresh.length).toBeGreaterThan(0)
  for (const peer of rest) expect(peer.state.version).toBe(manager.state.version)
  expect(room.peer(8).state.status).toBe('excluded')
  room.agree(rest)
  expectScheme(rest, 'centralized-tree', manager)
  room.expectSecrecy()
})

test('from each scheme into a tree and out of it, and no word is lost', () => {
  const room = roomOf(5, 2)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  for (const [to, manager] of [
    ['centralized-tree', second],
    ['centralized-flat', second],
    ['centralized-tree', first],
    ['distributed-flat', undefined],
  ] as const) {
    const said = whileTalking(room, room.peers, () => transition(first, to, manager))
    expectAllHeard(said, room.peers)
    expectScheme(room.peers, to, manager)
  }
  room.agree(room.peers)
  room.expectSecrecy()
})

test('who joins gets its path from the manager and tells nobody; the next change reaches it as all others', () => {
  const room = treeRoom(5)
  const [, manager] = room.peers as [SimPeer, SimPeer]
  const before = changesOf(manager).length
  const late = ['x', 'y', 'z'].map((label) => room.join(label))
  room.world.run(5_000)
  expect(changesOf(manager)).toHaveLength(before)
  for (const peer of late) expect(hasPath(peer)).toBe(true)
  manager.exclude([room.peer(4)])
  room.world.run(500)
  const rest = [...room.peers.slice(0, 4), ...late]
  for (const peer of rest) expect(peer.state.version).toBe(manager.state.version)
  // Whoever was there before made the keys of the nodes that are above newcomers.
  expect(lastChange(manager).tree?.message?.inserted.length).toBeGreaterThan(0)
  room.agree(rest)
  room.expectSecrecy()
})

test('leaves and exclusions, also of several at once, while all others talk over a bad network', () => {
  const room = treeRoom(10, 5)
  const [first, manager] = room.peers as [SimPeer, SimPeer]
  room.world.faults = LOSSY
  const out = room.peers.slice(6)
  const rest = room.peers.slice(0, 6)
  room.peer(6).leave()
  for (const peer of rest) peer.say('one')
  room.world.run(3_000)
  manager.exclude([room.peer(7), room.peer(8)], 'together')
  for (const peer of rest) peer.say('two')
  room.world.run(3_000)
  first.exclude([room.peer(9)], 'on a word')
  room.world.run(20_000)
  room.world.faults = { loss: 0, duplication: 0, latencyMs: [5, 20] }
  room.world.run(20_000)
  const start = room.world.now
  room.agree(rest)
  expect(new Set(changesOf(first).map(({ author }) => author))).toEqual(new Set([manager.id]))
  expectScheme(rest, 'centralized-tree', manager)
  for (const peer of rest) if (peer !== manager) expect(hasPath(peer)).toBe(true)
  for (const peer of rest) expect(room.readBy(out, peer, start)).toBe(0)
  room.expectSecrecy()
})

test('a coalition is out, however it was put out: one by one, or at once', () => {
  const room = treeRoom(8)
  const [, manager] = room.peers as [SimPeer, SimPeer]
  manager.exclude([room.peer(7)])
  room.world.run(3_000)
  manager.exclude([room.peer(6)])
  room.world.run(3_000)
  manager.exclude([room.peer(5), room.peer(4)])
  room.world.run(3_000)
  const rest = room.peers.slice(0, 4)
  const start = room.world.now
  room.agree(rest)
  for (const peer of rest) expect(room.readBy(room.peers.slice(4), peer, start)).toBe(0)
  expect(manager.state.exclusionsLeft).toBe(3)
  room.expectSecrecy()
})

test('who missed changes asks the manager for its path, and follows again', () => {
  const room = treeRoom(7)
  const [first, manager, , away] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  room.split(
    room.peers.filter((peer) => peer !== away),
    [away],
  )
  for (const i of [6, 5]) {
    manager.exclude([room.peer(i)])
    room.world.run(3_000)
  }
  room.heal()
  room.world.run(15_000)
  expect(hasPath(away)).toBe(true)
  manager.exclude([room.peer(4)])
  const replies = repliesDuring(room, () => room.world.run(500))
  expect(replies).toBe(0)
  expect(away.state.version).toBe(first.state.version)
  room.agree(room.peers.slice(0, 4))
  room.expectSecrecy()
})

test('a member that restarts is keyed by anybody, and gets its path from the manager', () => {
  const room = treeRoom(5)
  const [, manager, member] = room.peers as [SimPeer, SimPeer, SimPeer]
  member.restart()
  room.world.run(10_000)
  expect(hasPath(member)).toBe(true)
  manager.exclude([room.peer(4)])
  room.world.run(500)
  expect(member.state.version).toBe(manager.state.version)
  room.agree(room.peers.slice(0, 4))
  expectScheme(room.peers.slice(0, 4), 'centralized-tree', manager)
  room.expectSecrecy()
})

test('a manager that restarts has no tree: it begins a generation anew, with another one', () => {
  const room = treeRoom(5)
  const [first, manager] = room.peers as [SimPeer, SimPeer]
  const before = first.state.version
  manager.restart()
  room.world.run(15_000)
  expect(first.state.version).not.toBe(before)
  expectScheme(room.peers, 'centralized-tree', manager)
  manager.exclude([room.peer(4)])
  room.world.run(500)
  const rest = room.peers.slice(0, 4)
  for (const peer of rest) expect(peer.state.version).toBe(manager.state.version)
  room.agree(rest)
  room.expectSecrecy()
})

test('the manager crashes in the middle of a talk: the room heals, and does what was owed without it', () => {
  const room = treeRoom(6)
  const [first, manager] = room.peers as [SimPeer, SimPeer]
  manager.crash()
  room.peer(3).exclude([room.peer(5)], 'by the way')
  room.world.run(20_000)
  const rest = room.peers.filter((_, i) => i !== 1 && i !== 5)
  expect(room.peer(5).state.status).toBe('excluded')
  expectScheme(rest, 'distributed-flat')
  const text = `said at ${room.world.now}`
  first.say(text)
  room.world.run(1_000)
  for (const peer of rest) if (peer !== first) expect(peer.texts).toContain(text)
  room.expectSecrecy()
})

test('the manager is excluded: it had every key of its tree, and reads nothing that is said after', () => {
  const room = treeRoom(5)
  const [, manager] = room.peers as [SimPeer, SimPeer]
  room.peer(3).exclude([manager])
  room.world.run(10_000)
  const rest = room.peers.filter((peer) => peer !== manager)
  const start = room.world.now
  room.agree(rest)
  expectScheme(rest, 'distributed-flat')
  for (const peer of rest) expect(room.readBy([manager], peer, start)).toBe(0)
  room.expectSecrecy()
})

test('I9: a memory that was stolen reads on by its path, until that member is out', () => {
  const room = treeRoom(6)
  const [, manager, robbed] = room.peers as [SimPeer, SimPeer, SimPeer]
  const thief = (): ReturnType<typeof thiefOf> => thiefOf(room.archive, robbed.id, memory)
  const memory = memoryOf(robbed)
  const lastFrame = (): Parameters<ReturnType<typeof thiefOf>['reads']>[0] => {
    manager.say('what is said now')
    room.world.run(1_000)
    const frame = room.archive.sent.findLast(({ about }) => about === 'chat')?.frame
    if (frame === undefined) throw new Error('nothing was said')
    return frame
  }
  manager.exclude([room.peer(5)])
  room.world.run(3_000)
  expect(thief().reads(lastFrame())).toBe(true)
  manager.exclude([robbed])
  room.world.run(3_000)
  expect(thief().reads(lastFrame())).toBe(false)
})

test('I9 forward secrecy: the memory of a member opens nothing that was said under keys replaced two minutes ago', () => {
  const room = treeRoom(6)
  const [first, manager, member] = room.peers as [SimPeer, SimPeer, SimPeer]
  first.say('under the first version')
  room.world.run(1_000)
  for (const i of [5, 4]) {
    manager.exclude([room.peer(i)])
    room.world.run(5_000)
    first.say('under a change')
    room.world.run(1_000)
  }
  room.join('newcomer')
  room.world.run(125_000)
  const chats = room.archive.sent.filter(({ about }) => about === 'chat')
  first.say('now')
  room.world.run(1_000)
  const now = room.archive.sent.filter(({ about }) => about === 'chat').at(-1)
  const memory = memoryOf(member)
  expect([...memory.values()].flatMap(({ paths = [] }) => paths)).toHaveLength(1)
  const thief = thiefOf(room.archive, member.id, memory)
  expect(chats).toHaveLength(3)
  expect(chats.filter(({ frame }) => thief.reads(frame))).toEqual([])
  expect(now && thief.reads(now.frame)).toBe(true)
})

test('I7 a manager that names a revision far ahead makes nobody hash, and the room goes on', () => {
  const room = treeRoom(5)
  const [first, manager] = room.peers as [SimPeer, SimPeer]
  const { group, random, suite } = room.world
  const root = first.member.unsafeInsideForTests.paths.at(-1)?.[1].keys.at(-1)
  const { version, heads } = manager.state
  if (root === undefined || version === undefined) throw new Error('no path')
  const under = {
    level: ROOM_TREE.height,
    prefix: 0,
    version: root.version,
    revision: root.revision + 60_000,
  }
  const body = {
    kind: 'change',
    keyParent: version,
    targets: [],
    reason: '',
    nonce: random.bytes(16),
    commitment: random.bytes(32),
    tainted: [],
    wraps: [],
    tree: { secret: { under, wrapped: random.bytes(32) } },
  } as const
  broadcastAs(room.archive, manager, manager.signer, [
    makeOperation(group, { parents: heads }, body, manager.signer),
  ])
  const before = suite.hashes
  room.world.run(30_000)
  expect(suite.hashes - before).toBeLessThan(60_000)
  room.agree(room.peers)
})

test('keys of a tree go when the generation does', () => {
  const room = treeRoom(4)
  const [first] = room.peers as [SimPeer]
  for (const peer of room.peers) expect(peer.member.unsafeInsideForTests.paths.length).toBeGreaterThan(0)
  transition(first, 'distributed-flat')
  room.world.run(130_000)
  for (const peer of room.peers) expect(peer.member.unsafeInsideForTests.paths.length).toBe(0)
  room.agree(room.peers)
})

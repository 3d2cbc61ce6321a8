/** What a manager does for its room, and how a room goes on without one (SPEC V3–V6). */
import { expect, test } from 'vitest'
import { SlotTable } from '../../packages/protocol/src/group/slots.ts'
import { slotDisagreements } from '../simulation/checkers.ts'
import type { SimPeer } from '../simulation/world.ts'
import { changeAuthors, expectScheme, roomOf, slotsOf, transition } from './managed.ts'
import { Room } from './room.ts'

function vote(by: SimPeer, on: SimPeer): void {
  by.decide({ kind: 'vote', peer: on.id })
}

function isRefreshed(peer: SimPeer): boolean {
  return peer.seen.findLast((seen) => seen.event === 'keys')?.cause === 'refresh'
}

test('the manager puts somebody out with one message, also on the word of a member; who is out reads nothing more', () => {
  const room = roomOf(7)
  const [first, second, third] = room.peers as [SimPeer, SimPeer, SimPeer]
  const [out, other] = [room.peer(6), room.peer(5)]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  second.exclude([out])
  room.world.run(1_000)
  expect(out.state.status).toBe('excluded')
  const from = room.world.now
  third.exclude([other], 'too loud')
  room.world.run(2_000)
  expect(other.seen.findLast((seen) => seen.event === 'excluded')).toMatchObject({
    by: second.id,
    reason: 'too loud',
  })
  const rest = room.peers.slice(0, 5)
  const start = room.world.now
  room.agree(rest)
  expectScheme(rest, 'centralized-flat', second)
  expect(start - from).toBeLessThan(5_000)
  for (const peer of rest) expect(room.readBy([out, other], peer, start)).toBe(0)
  room.expectSecrecy()
})

test('who leaves is taken off the roster by the manager; when the manager leaves, the room is distributed again', () => {
  const room = roomOf(5)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  room.peer(4).leave()
  room.world.run(3_000)
  const rest = room.peers.slice(0, 4)
  expect(changeAuthors(first)).toEqual([second.id])
  expectScheme(rest, 'centralized-flat', second)
  second.leave()
  room.world.run(10_000)
  const without = [first, room.peer(2), room.peer(3)]
  expectScheme(without, 'distributed-flat')
  room.agree(without)
  room.expectSecrecy()
})

test('the manager is excluded: it knew every key of its table, and reads nothing that is said after', () => {
  const room = roomOf(5)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  room.peer(3).exclude([second])
  room.world.run(10_000)
  const rest = room.peers.filter((peer) => peer !== second)
  const start = room.world.now
  room.agree(rest)
  expectScheme(rest, 'distributed-flat')
  for (const peer of rest) expect(room.readBy([second], peer, start)).toBe(0)
  room.expectSecrecy()
})

test('the manager crashes: the room heals by itself, and then does what was owed', () => {
  const room = roomOf(6)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  second.crash()
  room.peer(3).exclude([room.peer(5)], 'by the way')
  const rest = room.peers.filter((_, i) => i !== 1 && i !== 5)
  // The manager does not do it within the patience that everybody has for others.
  room.world.run(20_000)
  expect(room.peer(5).state.status).toBe('excluded')
  expectScheme(rest, 'distributed-flat')
  const crashedIsThere = 1
  room.world.run(80_000)
  expect(first.state.members).toHaveLength(rest.length + crashedIsThere)
  room.expectSecrecy()
})

test('a manager that is silent for long enough is not waited for, though nothing is owed', () => {
  const room = roomOf(4)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  second.crash()
  room.world.run(60_000)
  const rest = [first, room.peer(2), room.peer(3)]
  expectScheme(rest, 'centralized-flat', second)
  room.world.run(25_000)
  expectScheme(rest, 'distributed-flat')
  second.restart()
  room.world.run(10_000)
  room.agree(room.peers)
  expectScheme(room.peers, 'distributed-flat')
  room.expectSecrecy()
})

test('a manager that restarts has no table: it begins a generation anew', () => {
  const room = roomOf(4)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  const before = first.state.version
  second.restart()
  room.world.run(10_000)
  expect(first.state.version).not.toBe(before)
  expectScheme(room.peers, 'centralized-flat', second)
  expect(slotsOf(second)).toHaveLength(new SlotTable(room.world.group).size)
  room.agree(room.peers)
  room.expectSecrecy()
})

test('a manager that sleeps: shortly, nothing happens; longer than keys are kept, the room is distributed when it wakes', () => {
  const room = roomOf(4)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  for (const [ms, scheme] of [
    [30_000, 'centralized-flat'],
    [300_000, 'distributed-flat'],
  ] as const) {
    second.sleep()
    room.world.run(ms)
    second.wake()
    room.world.run(20_000)
    expectScheme(room.peers, scheme, scheme === 'centralized-flat' ? second : undefined)
    room.agree(room.peers)
  }
  room.expectSecrecy()
})

test('who joins is let in by the manager, which has its whole row for it', () => {
  const room = roomOf(4)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  const late = room.join('late')
  room.world.run(1_000)
  const admission = first.stored.map((one) => one).findLast(({ body }) => body.kind === 'admission')
  expect(admission?.author).toBe(second.id)
  expect(new Set(slotsOf(late))).toEqual(new SlotTable(room.world.group).of(late.id))
  room.agree([...room.peers, late])
  room.expectSecrecy()
})

test('with the manager gone a member lets newcomers in, and they heal the room with the others', () => {
  const room = roomOf(3)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  second.crash()
  const late = room.join('late')
  room.world.run(90_000)
  const rest = [first, room.peer(2), late]
  expectScheme(rest, 'distributed-flat')
  const text = `said at ${room.world.now}`
  first.say(text)
  room.world.run(1_000)
  expect(late.texts).toContain(text)
  room.expectSecrecy()
})

test('a part without the manager heals; when they meet again all are distributed', () => {
  const room = roomOf(6)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  room.split(room.peers.slice(0, 3), room.peers.slice(3))
  room.world.run(90_000)
  expectScheme(room.peers.slice(0, 3), 'centralized-flat', second)
  expectScheme(room.peers.slice(3), 'distributed-flat')
  room.heal()
  room.world.run(30_000)
  room.agree(room.peers)
  expectScheme(room.peers, 'distributed-flat')
  room.expectSecrecy()
})

test('where a quorum excludes, the manager carries out what was voted; voted out itself, it is not asked', () => {
  const room = new Room(6, 1, { exclude: 'quorum', quorum: 2 })
  const [first, second, third, fourth] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  for (const by of [third, fourth]) vote(by, room.peer(5))
  room.world.run(3_000)
  expect(changeAuthors(first)).toEqual([second.id])
  expectScheme(room.peers.slice(0, 5), 'centralized-flat', second)
  for (const by of [third, fourth]) vote(by, second)
  room.world.run(10_000)
  expect(second.state.status).toBe('excluded')
  const rest = [first, third, fourth, room.peer(4)]
  expectScheme(rest, 'distributed-flat')
  room.agree(rest)
  room.expectSecrecy()
})

test('a manager has the rights that it needs: it lets in, and excludes', () => {
  const room = new Room(4, 1, { admit: 'moderators', exclude: 'moderators', moderators: [0, 1] })
  const [first, second, third, fourth] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  expect(() => transition(first, 'centralized-flat', third)).toThrow(/its manager may let nobody in/)
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  expect(() => third.exclude([fourth])).toThrow(/only moderators exclude/)
  first.exclude([fourth])
  room.world.run(3_000)
  expect(changeAuthors(first)).toEqual([second.id])
  room.agree([first, second, third])
  expectScheme([first, second, third], 'centralized-flat', second)
})

test('all restart at once: the manager makes the keys, as before', () => {
  const room = roomOf(4)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  for (const peer of room.peers) peer.crash()
  for (const peer of room.peers) peer.restart()
  room.world.until(() => room.peers.every(({ isJoined }) => isJoined), 40_000, 'all are back')
  room.world.run(5_000)
  room.agree(room.peers)
  expectScheme(room.peers, 'centralized-flat', second)
  room.expectSecrecy()
})

test('a table worn out by exclusions is made anew by its manager', () => {
  const room = new Room(12, 3, {}, { symbols: 8, radix: 2 })
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  second.exclude(room.peers.slice(9))
  const rest = room.peers.slice(0, 9)
  room.world.until(() => rest.every(isRefreshed), 60_000, 'the manager refreshes')
  expectScheme(rest, 'centralized-flat', second)
  room.agree(rest)
})

test('a manager that comes back with an old log makes no second table of its generation', () => {
  const room = roomOf(4)
  const [first] = room.peers as [SimPeer]
  transition(first, 'centralized-flat')
  room.world.run(10_000)
  const before = first.state.version
  first.crash()
  // Its disk is as it was before anybody else came, so it begins a generation for itself before it hears of the others.
  first.stored.length = 1
  first.restart()
  room.world.run(20_000)
  room.agree(room.peers)
  expectScheme(room.peers, 'centralized-flat', first)
  expect(first.state.version).not.toBe(before)
  expect(slotDisagreements(room.peers)).toEqual([])
})

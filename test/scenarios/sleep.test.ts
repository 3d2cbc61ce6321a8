/** Tabs that are frozen and machines that are suspended: what was missed, and who is keyed again (SPEC F7, M8). */
import type { OperationId } from '@conclave/protocol'
import { expect, test } from 'vitest'
import { PAGE_MAX } from '../../packages/protocol/src/limits.ts'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

const MINUTE_MS = 60_000

function keysOf(peer: SimPeer): OperationId[] {
  return peer.member.unsafeInsideForTests.keys.map(({ version }) => version)
}

/** What a peer's user was told, from `start` on. */
function told(peer: SimPeer, start: number): string[] {
  return peer.seen
    .slice(start)
    .flatMap((one) => (one.event === 'member' ? [`${one.name} ${one.change}`] : [one.event]))
}

test('a short sleep: nobody fell silent in it, and nothing is lost', () => {
  const room = new Room(4)
  const sleeper = room.peer(2)
  room.world.run(3_000)
  const seen = sleeper.seen.length
  sleeper.sleep()
  room.world.run(90_000)
  sleeper.wake()
  // The others had no time to say a word yet, and are not taken for gone.
  expect(sleeper.state.members.filter(({ online }) => !online)).toEqual([])
  expect(sleeper.state.status).toBe('joined')
  room.agree(room.peers)
  expect(told(sleeper, seen).filter((event) => event.includes('offline'))).toEqual([])
  // Its keys were current all the time, so it kept them.
  expect(told(sleeper, seen)).not.toContain('joined')
})

test('whoever really went while we slept is offline in the end', () => {
  const room = new Room(4)
  const sleeper = room.peer(2)
  sleeper.sleep()
  room.peer(3).crash()
  room.world.run(90_000)
  sleeper.wake()
  room.world.run(60_000)
  const seen = sleeper.seen.length
  room.world.run(20_000)
  expect(told(sleeper, seen)).toContain('p3 offline')
  expect(told(sleeper, 0).filter((event) => event.endsWith('offline'))).toEqual(['p3 offline'])
})

test('a member that slept for ten minutes drops its keys, is keyed again by another, and says what it had to say', () => {
  const room = new Room(4)
  const [a, , sleeper, gone] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  sleeper.sleep()
  a.exclude([gone])
  room.world.run(5_000)
  const newcomer = room.join('newcomer')
  room.world.run(10 * MINUTE_MS)
  const seen = sleeper.seen.length
  const before = keysOf(sleeper)
  room.world.filter = ({ to }) => to !== sleeper
  sleeper.wake()
  expect(sleeper.state.status).toBe('joining')
  expect(before.length).toBeGreaterThan(0)
  expect(keysOf(sleeper)).toEqual([])
  expect(() => sleeper.exclude([a])).toThrow('You are not in the room yet')
  sleeper.say('good morning')
  room.world.filter = () => true
  room.world.until(() => sleeper.state.status === 'joined', 5_000, 'it is back')
  room.world.until(() => a.texts.includes('good morning'), 5_000, 'it is heard')
  room.agree([a, room.peer(1), sleeper, newcomer])
  // Nobody had to make new keys for it, and its user hears what happened meanwhile.
  expect(told(sleeper, seen)).toEqual(expect.arrayContaining(['joined', 'newcomer admitted', 'p3 excluded']))
  expect(told(sleeper, seen).filter((event) => event === 'joined')).toEqual(['joined'])
  expect(told(sleeper, seen).filter((event) => event.startsWith('p1 ad'))).toEqual([])
  room.expectSecrecy()
})

test('the keys that a sleeper kept are those of nobody: what it is given after is all it has', () => {
  const room = new Room(3)
  const [a, , sleeper] = room.peers as [SimPeer, SimPeer, SimPeer]
  const kept = sleeper.member.unsafeInsideForTests.keys.map(({ tek }) => tek)
  sleeper.sleep()
  room.world.run(10 * MINUTE_MS)
  sleeper.wake()
  // Overwritten in place, not only forgotten (SPEC M7).
  for (const tek of kept) expect(tek.every((byte) => byte === 0)).toBe(true)
  room.world.until(() => sleeper.state.status === 'joined', 5_000, 'it is back')
  // The version is the one it slept through: being replaced by nothing, it can be had again.
  expect(sleeper.state.version).toBe(a.state.version)
  room.world.run(10_000)
  room.agree(room.peers)
})

test('all sleep: one of them makes new keys, membership stays', () => {
  const room = new Room(4)
  const version = room.peer(0).state.version
  for (const peer of room.peers) peer.sleep()
  room.world.run(60 * MINUTE_MS)
  for (const peer of room.peers) peer.wake()
  room.peer(1).say('is anybody up?')
  expect(room.peers.flatMap(keysOf)).toEqual([])
  room.agree(room.peers, 30_000)
  expect(room.peer(0).state.version).not.toBe(version)
  expect(room.peer(3).texts).toContain('is anybody up?')
  const changes = room.peer(0).stored.filter(({ body }) => body.kind === 'refresh')
  expect(changes.length).toBe(1)
})

test('the only member of a room sleeps, and lets others in when it wakes', () => {
  const room = new Room(1)
  const founder = room.peer(0)
  founder.sleep()
  room.world.run(60 * MINUTE_MS)
  founder.wake()
  room.world.until(() => founder.state.status === 'joined', 1_000, 'it is back')
  const newcomer = room.join('newcomer')
  room.agree([founder, newcomer])
})

test('a sleeper that was excluded meanwhile learns of it, and reads nothing', () => {
  const room = new Room(4)
  const [a, b, c, sleeper] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  sleeper.sleep()
  a.exclude([sleeper], 'snores')
  room.world.run(10 * MINUTE_MS)
  const before = room.world.now
  sleeper.wake()
  room.world.until(() => sleeper.state.status === 'excluded', 20_000, 'it knows')
  expect(sleeper.seen.at(-1)).toMatchObject({ event: 'excluded', by: a.id, reason: 'snores' })
  // It asked as a member, and no human was asked about it.
  expect(room.peers.flatMap(({ seen }) => seen).filter(({ event }) => event === 'knock')).toEqual([])
  room.agree([a, b, c])
  expect(room.readBy([sleeper], a, before)).toBe(0)
  room.expectSecrecy()
})

test('asleep through hundreds of operations: the log comes in pages', () => {
  const room = new Room(4)
  const [a, b, c, sleeper] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  sleeper.sleep()
  for (let i = 0; i < 250; i++) a.decide({ kind: 'revoke', invite: a.invite() })
  const missed = a.stored.slice(sleeper.stored.length)
  expect(missed.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeGreaterThan(PAGE_MAX)
  room.world.run(3 * MINUTE_MS)
  sleeper.wake()
  room.world.until(() => sleeper.state.status === 'joined', 10_000, 'it is back')
  room.world.run(10_000)
  room.agree([a, b, c, sleeper])
  expect(sleeper.stored.length).toBe(a.stored.length)
})

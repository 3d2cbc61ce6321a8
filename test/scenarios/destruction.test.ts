/** The end of a room for everybody, and for whoever hears of it late (SPEC L18, E8; invariants I1, I3). */
import { expect, test } from 'vitest'
import { makeOperation } from '../../packages/protocol/src/log/operation.ts'
import { broadcastAs } from '../simulation/malice.ts'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

const BY_INVITE = { admit: 'invite' } as const

function destroy(by: SimPeer): void {
  by.decide({ kind: 'destroy' })
}

function tellers(peer: SimPeer): string[] {
  return peer.seen.flatMap((seen) => (seen.event === 'destroyed' ? [seen.by] : []))
}

function isGone(peer: SimPeer): boolean {
  return peer.state.status === 'destroyed'
}

/** All know by whom, nobody holds a key, and nobody can do anything any more. */
function expectGone(room: Room, peers: readonly SimPeer[], by: SimPeer): void {
  const after = room.world.now
  for (const peer of peers) {
    expect([peer.label, peer.state.status, tellers(peer).at(-1)]).toEqual([peer.label, 'destroyed', by.id])
    expect(peer.member.unsafeInsideForTests.keys).toEqual([])
    expect(() => peer.exclude([room.peer(1)])).toThrow(/not in the room/)
    expect(() => destroy(peer)).toThrow(/not in the room/)
  }
  room.world.run(60_000)
  expect(room.archive.sent.filter(({ at, by: sender }) => at > after && peers.includes(sender))).toEqual([])
}

test('the creator destroys the room: all erase all keys, and nothing that is said later is read', () => {
  const room = new Room(5, 1, BY_INVITE)
  const [creator, other] = [room.peer(0), room.peer(1)]
  expect(() => destroy(other)).toThrow(/only its creator/)
  other.say('the last words')
  room.world.run(1_000)
  destroy(creator)
  room.world.until(() => room.peers.every(isGone), 1_000, 'all hear of it')
  expectGone(room, room.peers, creator)
  expect(room.peers.map((peer) => tellers(peer).length)).toEqual([1, 1, 1, 1, 1])
  room.expectSecrecy()
})

test('an open room has nobody who could destroy it', () => {
  const room = new Room(2)
  for (const peer of room.peers) expect(() => destroy(peer)).toThrow(/in an open room nobody may/)
  const operation = makeOperation(
    room.world.group,
    { parents: room.peer(0).state.heads },
    { kind: 'destruction' },
    room.peer(1).signer,
  )
  broadcastAs(room.archive, room.peer(1), room.peer(1).signer, [operation])
  room.world.run(1_000)
  room.agree(room.peers)
})

test('where there are moderators they destroy it, and the creator does not', () => {
  const room = new Room(4, 2, { ...BY_INVITE, moderators: [2] })
  expect(() => destroy(room.peer(0))).toThrow(/only moderators may/)
  destroy(room.peer(2))
  room.world.until(() => room.peers.every(isGone), 1_000, 'all hear of it')
  expectGone(room, room.peers, room.peer(2))
})

test('whoever asks later is told: in another part, after a restart, with an invite, or as a stranger', () => {
  const room = new Room(6, 3, BY_INVITE)
  const [creator, apart, away] = [room.peer(0), room.peer(4), room.peer(5)]
  const invite = room.peer(1).invite()
  away.crash()
  room.split(room.peers.slice(0, 4), [apart])
  const newcomer = room.world.peer('newcomer')
  newcomer.compartment = 1
  newcomer.enter(invite)
  room.world.until(() => newcomer.isJoined, 10_000, 'it is let in by who does not know')
  destroy(creator)
  room.world.run(150_000)
  expect(room.peers.slice(0, 4).every(isGone)).toBe(true)
  expect([apart.isJoined, newcomer.isJoined]).toEqual([true, true])
  room.heal()
  room.world.until(() => isGone(apart) && isGone(newcomer), 60_000, 'the others hear of it')
  away.restart()
  room.world.until(() => isGone(away), 10_000, 'who was away hears of it')
  const late = room.knock('late', invite)
  room.world.until(() => isGone(late), 20_000, 'who has an invite hears of it')
  const stranger = room.world.peer('stranger')
  stranger.start({ kind: 'join' })
  room.world.run(20_000)
  expect(stranger.seen).toContainEqual({ event: 'refused', refusal: 'destroyed' })
  expect(stranger.member.unsafeInsideForTests.log.size).toBe(0)
  expectGone(room, [...room.peers, newcomer, late], creator)
})

test('who knows that a room was destroyed knows it after a restart, and tells others', () => {
  const room = new Room(3, 4, BY_INVITE)
  const [creator, first, second] = room.peers as [SimPeer, SimPeer, SimPeer]
  second.crash()
  destroy(creator)
  room.world.until(() => isGone(first), 1_000, 'it hears of it')
  creator.crash()
  first.restart()
  expect(tellers(first)).toEqual([creator.id, creator.id])
  second.restart()
  room.world.until(() => isGone(second), 20_000, 'it is told')
  first.start({ kind: 'join' })
  first.start({ kind: 'join' })
  expect(isGone(first)).toBe(true)
  expectGone(room, [first, second], creator)
})

test('an exclusion by somebody junior, of everybody and at the same time, does not bring a destroyed room back', () => {
  const room = new Room(5, 5, BY_INVITE)
  const [creator, junior] = [room.peer(0), room.peer(3)]
  const others = room.peers.filter((peer) => peer !== junior)
  room.split([junior], others)
  destroy(creator)
  junior.exclude(others)
  room.world.run(5_000)
  expect(others.map(isGone)).toEqual([true, true, true, true])
  room.heal()
  room.world.until(() => isGone(junior), 60_000, 'it hears of it')
  room.world.run(30_000)
  const { log } = room.peer(1).member.unsafeInsideForTests
  expect(log.entries.some(({ operation }) => operation.author === junior.id)).toBe(true)
  for (const peer of room.peers) peer.start({ kind: 'join' })
  room.world.run(30_000)
  expect(room.peers.every(isGone)).toBe(true)
})

test('a moderator destroys while a senior one excludes it: the room goes on, and who had erased its keys comes back', () => {
  const room = new Room(6, 6, { moderators: [0, 5] })
  const [senior, junior] = [room.peer(0), room.peer(5)]
  const [one, other] = [room.peers.slice(0, 3), room.peers.slice(3)]
  room.split(one, other)
  senior.exclude([junior])
  destroy(junior)
  room.world.run(5_000)
  expect(other.every(isGone)).toBe(true)
  room.heal()
  room.world.run(60_000)
  expect(one.every(({ isJoined }) => isJoined)).toBe(true)
  for (const peer of other) peer.start({ kind: 'join' })
  room.agree([...one, ...other.slice(0, 2)])
  expect(junior.isJoined).toBe(false)
  room.expectSecrecy()
})

test('what comes after a destruction enters nowhere, and what was under way is refused', () => {
  const room = new Room(3, 7, BY_INVITE)
  const [creator, first] = room.peers as [SimPeer, SimPeer]
  // Said before it is known, and under way when it is.
  let late: Uint8Array | undefined
  room.world.filter = ({ from, to, bytes }) => {
    if (from === first && to === creator && bytes[0] === 2) late = bytes
    return true
  }
  first.say('hello?')
  destroy(creator)
  room.world.run(1_000)
  expect(room.peers.every(isGone)).toBe(true)
  expect(late && creator.member.screen({ bytes: late, from: first.id }, room.world.now)).toMatchObject({
    rejected: 'late',
  })
  const { log } = creator.member.unsafeInsideForTests
  const body = { kind: 'denial', peer: room.world.peer('x').id } as const
  const after = makeOperation(room.world.group, { parents: log.heads }, body, creator.signer)
  expect(log.integrate([after]).refused.map(({ detail }) => detail)).toEqual(['the room was destroyed'])
})

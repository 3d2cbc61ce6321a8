/** Exclusions that race, and what the excluded try. Whether they read is for the attacker closure to say, never for trust. */
import { expect, test } from 'vitest'
import {
  admitOutsider,
  broadcastAs,
  excludeEverybody,
  type OldState,
  oldStates,
} from '../simulation/malice.ts'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

/** The last state in which a peer was a member. */
function lastState(room: Room, peer: SimPeer): OldState {
  const [state] = oldStates(room.archive, peer)
  if (state === undefined) throw new Error('it never was a member')
  return state
}

test('two members exclude two others at once: all agree on one version, and the two together derive nothing', () => {
  const room = new Room(6)
  const [x, y] = [room.peer(4), room.peer(5)]
  room.peer(1).exclude([x])
  room.peer(2).exclude([y])
  room.world.run(10_000)
  room.agree(room.peers.slice(0, 4))
  const before = room.world.now
  for (const peer of room.peers.slice(0, 4)) peer.say('between us')
  room.world.run(1_000)
  for (const peer of room.peers.slice(0, 4)) expect(room.readBy([x, y], peer, before)).toBe(0)
  expect(room.readBy([x, y], room.peer(0))).toBeGreaterThan(0)
  room.expectSecrecy()
})

test('an excluded member excludes everybody against the old state: nothing happens', () => {
  const room = new Room(5)
  const [a, x] = [room.peer(0), room.peer(4)]
  a.exclude([x])
  room.world.run(5_000)
  const operation = excludeEverybody(room.archive, x, lastState(room, x))
  // Itself it is ignored; a member of ill will tells everybody, and the operation enters their logs.
  broadcastAs(room.archive, x, x.signer, [operation])
  const accomplice = room.peer(3)
  broadcastAs(room.archive, accomplice, accomplice.signer, [operation])
  room.world.run(10_000)
  const members = room.peers.slice(0, 4)
  for (const peer of [a, room.peer(1)]) {
    expect(peer.member.unsafeInsideForTests.log.get(operation.id)).toBeDefined()
  }
  room.agree(members)
  room.expectSecrecy()
})

test('an excluded member admits a friend against the old state: the friend is none, and reads nothing', () => {
  const room = new Room(5)
  const x = room.peer(4)
  room.peer(0).exclude([x])
  room.world.run(5_000)
  const friend = room.world.peer('friend')
  const operation = admitOutsider(room.archive, x, { ...lastState(room, x), peer: friend.id })
  broadcastAs(room.archive, room.peer(3), room.peer(3).signer, [operation])
  const before = room.world.now
  room.world.run(300)
  expect(room.peer(0).state.members.some(({ peer }) => peer === friend.id)).toBe(false)
  room.peer(1).say('among us')
  // It waits while the void admission is sealed off.
  room.world.run(3_000)
  expect(room.readBy([x, friend], room.peer(1), before)).toBe(0)
})

test('two members exclude each other: the senior stays everywhere', () => {
  const room = new Room(5)
  const [senior, junior] = [room.peer(1), room.peer(3)]
  junior.exclude([senior])
  senior.exclude([junior])
  room.world.run(10_000)
  room.agree([room.peer(0), senior, room.peer(2), room.peer(4)])
  expect(junior.state.status).toBe('excluded')
  room.expectSecrecy()
})

test('an introducer is excluded while it introduces: a seal, and the newcomer it let in reads nothing after', () => {
  const room = new Room(4)
  const [a, x] = [room.peer(0), room.peer(3)]
  room.split([a, room.peer(1), room.peer(2)], [x])
  const newcomer = room.world.peer('newcomer')
  newcomer.compartment = 1
  newcomer.start({ kind: 'join' })
  room.world.until(() => newcomer.state.status === 'joined', 10_000, 'it joins')
  a.exclude([x])
  room.world.run(2_000)
  room.heal()
  const knowsNewcomer = (peer: SimPeer): boolean =>
    peer.member.unsafeInsideForTests.log.entries.some(
      ({ operation: { body } }) => body.kind === 'admission' && body.peer === newcomer.id,
    )
  broadcastAs(
    room.archive,
    room.peer(2),
    room.peer(2).signer,
    x.stored.filter(({ author }) => author === x.id),
  )
  room.world.until(() => knowsNewcomer(a), 30_000, 'the void admission is known')
  // The newcomer is no member by that admission; it may be let in again by one that counts.
  room.world.run(20_000)
  room.expectSecrecy()
  expect(a.state.members.some(({ peer }) => peer === x.id)).toBe(false)
  room.agree([a, room.peer(1), room.peer(2), ...(newcomer.isJoined ? [newcomer] : [])])
})

test('who was admitted twice cannot sign under the admission that its exclusion does not name', () => {
  const room = new Room(4)
  const [a, b] = [room.peer(0), room.peer(1)]
  const state = lastState(room, b)
  const twice = room.join('twice')
  // A friend inside admits it a second time, in secret, against the state before the first.
  const hidden = admitOutsider(room.archive, b, { ...state, peer: twice.id })
  a.exclude([twice])
  room.world.run(1_000)
  room.archive.recordOperation(hidden)
  const everybody = excludeEverybody(room.archive, twice, { ...state, head: hidden.id })
  broadcastAs(room.archive, b, b.signer, [hidden, everybody])
  room.world.run(20_000)
  expect(a.member.unsafeInsideForTests.log.get(everybody.id)).toBeDefined()
  room.agree(room.peers)
})

test('an excluder crashes right after its change: the others go on under it, or past it', () => {
  const room = new Room(5)
  const [a, x] = [room.peer(1), room.peer(4)]
  a.exclude([x])
  a.crash()
  room.world.run(100_000)
  const members = [room.peer(0), room.peer(2), room.peer(3)]
  const why = members.map(({ state }) => state.version)
  expect(new Set(why).size).toBe(1)
  expect(x.state.status).toBe('excluded')
  const before = room.world.now
  room.peer(0).say('without them')
  room.world.run(1_000)
  expect(room.peer(2).texts).toContain('without them')
  expect(room.readBy([x], room.peer(0), before)).toBe(0)
})

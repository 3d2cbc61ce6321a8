/** Newcomers that wait for a human: admitted or denied by anybody who may, wherever their knock was heard. */
import { expect, test } from 'vitest'
import { makeOperation } from '../../packages/protocol/src/log/operation.ts'
import { KNOCKS_MAX } from '../../packages/protocol/src/limits.ts'
import { broadcastAs } from '../simulation/malice.ts'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

const ASK = { admit: 'ask' } as const
const BY_INVITE = { admit: 'invite' } as const

function knocks(at: SimPeer, of: SimPeer): number {
  return at.seen.filter((seen) => seen.event === 'knock' && seen.peer === of.id).length
}

function refusals(peer: SimPeer): string[] {
  return peer.seen.flatMap((seen) => (seen.event === 'refused' ? [seen.refusal] : []))
}

function deny(by: SimPeer, peer: SimPeer): void {
  by.decide({ kind: 'deny', peer: peer.id })
}

test("a knock is told once to everybody, lasts, and ends by one member's yes", () => {
  const room = new Room(4, 1, ASK)
  const guest = room.knock('guest', room.peer(0).invite())
  room.world.run(70_000)
  expect(room.peers.map((peer) => knocks(peer, guest))).toEqual([1, 1, 1, 1])
  expect([guest.isJoined, refusals(guest)]).toEqual([false, ['asked']])
  room.peer(2).decide({ kind: 'admit', peer: guest.id })
  room.world.until(() => guest.isJoined, 2_000, 'it is in')
  room.agree([...room.peers, guest])
  expect(() => room.peer(1).decide({ kind: 'admit', peer: guest.id })).toThrow(/in the room already/)
  expect(() => deny(room.peer(3), guest)).toThrow(/in the room already/)
  expect(room.peers.map(({ member }) => member.unsafeInsideForTests.knocks)).toEqual([0, 0, 0, 0])
  room.expectSecrecy()
})

test('a knock survives that all go who heard it, and is over when the newcomer goes', () => {
  const room = new Room(3, 2, ASK)
  const guest = room.knock('guest', room.peer(0).invite())
  room.world.run(5_000)
  const [, second, third] = room.peers
  second?.crash()
  third?.crash()
  room.world.run(2_000)
  second?.restart()
  room.peer(0).crash()
  room.world.until(() => second?.isJoined ?? false, 30_000, 'one is back')
  room.world.until(() => knocks(room.peer(1), guest) === 2, 30_000, 'it hears the knock')
  guest.crash()
  room.world.run(90_000)
  expect(() => room.peer(1).decide({ kind: 'admit', peer: guest.id })).toThrow(/does not knock/)
})

test('an invite that asks makes one newcomer of an open-handed room wait', () => {
  const room = new Room(3, 3, BY_INVITE)
  const invite = room.peer(0).member.invite({ ttl: 0, uses: 0, ask: true, relays: [] }, room.world.step())
  const guest = room.knock('guest', invite)
  room.world.run(5_000)
  expect([guest.isJoined, knocks(room.peer(1), guest)]).toEqual([false, 1])
  room.peer(1).decide({ kind: 'admit', peer: guest.id })
  room.world.until(() => guest.isJoined, 2_000, 'it is in')
  const other = room.knock('other', room.peer(0).invite())
  room.world.until(() => other.isJoined, 5_000, 'the other is in')
  room.agree([...room.peers, guest, other])
})

test('denied once it may knock again, denied twice never, by anybody and in all parts of the room', () => {
  const room = new Room(4, 4, ASK)
  const invite = room.peer(0).invite()
  const guest = room.knock('guest', invite)
  room.world.run(3_000)
  deny(room.peer(1), guest)
  room.world.run(20_000)
  expect(refusals(guest)).toEqual(['asked', 'denied'])
  expect(() => room.peer(2).decide({ kind: 'admit', peer: guest.id })).toThrow(/does not knock/)
  expect(room.peers.map((peer) => knocks(peer, guest))).toEqual([1, 1, 1, 1])
  guest.enter(invite)
  room.world.run(3_000)
  deny(room.peer(2), guest)
  room.world.run(20_000)
  guest.enter(invite)
  room.world.run(20_000)
  expect(room.peers.map((peer) => knocks(peer, guest))).toEqual([2, 2, 2, 2])
  expect(guest.isJoined).toBe(false)
  // Not by a member of ill will either: the log takes no admission of it any more.
  const mole = room.peer(3)
  const [version] = room.archive.haulOf(mole.id).keys()
  if (version === undefined) throw new Error('no version')
  const body = { kind: 'admission', peer: guest.id, name: '', version, revision: 1 } as const
  const parents = mole.state.heads
  broadcastAs(room.archive, mole, mole.signer, [
    makeOperation(room.world.group, { parents }, body, mole.signer),
  ])
  room.world.run(5_000)
  room.agree(room.peers)
  const before = room.peer(0).state.heads
  const companions = [room.world.peer('companion'), guest].map(({ id }) => ({ peer: id, name: '' }))
  expect(() => room.peer(0).decide({ kind: 'welcome', peers: companions })).toThrow(/denied .* for good/)
  expect(room.peer(0).state.heads).toEqual(before)
})

test('denials that nobody was entitled to count for nothing', () => {
  const room = new Room(4, 5, ASK)
  const guest = room.world.peer('guest')
  const [inside, x] = [room.peer(0), room.peer(3)]
  const parents = inside.state.heads
  inside.exclude([x])
  room.world.run(5_000)
  const stranger = room.world.peer('stranger')
  const denial = { kind: 'denial', peer: guest.id } as const
  const forged = [x, stranger].map(({ signer }) =>
    makeOperation(room.world.group, { parents }, denial, signer),
  )
  const twice = makeOperation(room.world.group, { parents: forged.map(({ id }) => id) }, denial, x.signer)
  broadcastAs(room.archive, room.peer(1), room.peer(1).signer, [...forged, twice])
  room.world.run(5_000)
  expect(inside.member.unsafeInsideForTests.log.roster.denials.size).toBe(0)
  guest.enter(inside.invite())
  room.world.run(5_000)
  inside.decide({ kind: 'admit', peer: guest.id })
  room.world.until(() => guest.isJoined, 2_000, 'it is in')
  room.agree([...room.peers.slice(0, 3), guest])
})

test('who was excluded comes back by an explicit yes alone, also with its old store', () => {
  const room = new Room(3, 6)
  const x = room.peer(2)
  room.peer(0).exclude([x])
  room.world.run(5_000)
  expect(x.state.status).toBe('excluded')
  x.crash()
  x.restart()
  room.world.run(15_000)
  expect([x.isJoined, refusals(x), knocks(room.peer(1), x)]).toEqual([false, ['asked'], 1])
  room.peer(1).decide({ kind: 'admit', peer: x.id })
  room.world.until(() => x.isJoined, 2_000, 'it is back')
  room.agree(room.peers)
  room.expectSecrecy()
})

test('admitted on one side of a partition and denied on the other: in, once they meet', () => {
  const room = new Room(4, 7, ASK)
  const guest = room.knock('guest', room.peer(0).invite())
  room.world.run(3_000)
  room.split([...room.peers.slice(0, 2), guest], room.peers.slice(2))
  room.peer(0).decide({ kind: 'admit', peer: guest.id })
  deny(room.peer(2), guest)
  room.world.until(() => guest.isJoined, 20_000, 'it is in')
  room.heal()
  room.agree([...room.peers, guest])
})

test('I7 a crowd that knocks fills no memory', () => {
  const room = new Room(2, 8, ASK)
  const invite = room.peer(0).invite()
  for (let i = 0; i < KNOCKS_MAX + 10; i++) room.knock(`guest ${i}`, invite)
  room.world.run(1_000)
  for (const { member } of room.peers) expect(member.unsafeInsideForTests.knocks).toBe(KNOCKS_MAX)
})

test('a ban keeps out for good whom somebody excluded, also with a new invite', () => {
  const room = new Room(4, 9, BY_INVITE)
  const target = room.peer(3)
  expect(() => room.peer(1).decide({ kind: 'ban', peer: target.id })).toThrow(/Exclude it first/)
  room.peer(1).exclude([target])
  room.peer(1).decide({ kind: 'ban', peer: target.id })
  room.world.run(3_000)
  target.enter(room.peer(2).invite())
  room.world.run(20_000)
  expect(room.peers.slice(0, 3).map((peer) => knocks(peer, target))).toEqual([0, 0, 0])
  expect(target.isJoined).toBe(false)
  room.agree(room.peers.slice(0, 3))
})

/** Invites that end: used up, also on two sides at once, or revoked. */
import { expect, test } from 'vitest'
import { makeOperation } from '../../packages/protocol/src/log/operation.ts'
import { broadcastAs } from '../simulation/malice.ts'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

const BY_INVITE = { admit: 'invite' } as const

function joins(room: Room, peer: SimPeer): void {
  room.world.until(() => peer.isJoined, 15_000, `${peer.label} joins`)
}

function refusals(peer: SimPeer): string[] {
  return peer.seen.flatMap((seen) => (seen.event === 'refused' ? [seen.refusal] : []))
}

test('an invite for one lets one in, and that one again after it left', () => {
  const room = new Room(3, 1, BY_INVITE)
  const invite = room.peer(0).invite(1)
  const first = room.knock('first', invite)
  joins(room, first)
  const second = room.knock('second', invite)
  room.world.run(10_000)
  expect([second.isJoined, refusals(second)]).toEqual([false, ['invite-revoked']])
  first.leave()
  room.world.run(5_000)
  first.enter(invite)
  joins(room, first)
  room.agree([...room.peers, first])
})

test('an invite for one, used on both sides of a partition: the senior admission stays, the other is void and sealed off', () => {
  const room = new Room(4, 2, BY_INVITE)
  const invite = room.peer(0).invite(1)
  room.split(room.peers.slice(0, 2), room.peers.slice(2))
  const guests = [0, 1].map((side) => {
    const guest = room.world.peer(`guest ${side}`)
    guest.compartment = side
    guest.enter(invite)
    return guest
  })
  for (const guest of guests) joins(room, guest)
  room.world.run(20_000)
  for (const guest of guests) guest.say('here I am')
  room.heal()
  room.world.run(60_000)
  const inside = guests.filter(({ isJoined }) => isJoined)
  const outside = guests.filter(({ isJoined }) => !isJoined)
  expect([inside.length, outside.length]).toEqual([1, 1])
  room.agree([...room.peers, ...inside])
  expect(outside.flatMap(refusals)).toContain('invite-revoked')
  const before = room.world.now
  room.peer(0).say('among us')
  expect(room.readBy(outside, room.peer(0), before)).toBe(0)
  room.expectSecrecy()
})

test('a guest admitted twice at once by an invite for one is one guest, and nothing is void', () => {
  const room = new Room(4, 3, BY_INVITE)
  const invite = room.peer(0).invite(1)
  room.split(room.peers.slice(0, 2), room.peers.slice(2))
  const guest = room.knock('guest', invite)
  joins(room, guest)
  // It never comes to know that it is in already, and is let in by the other side, too.
  guest.crash()
  guest.stored.length = 0
  guest.compartment = 1
  guest.restart()
  guest.enter(invite)
  joins(room, guest)
  room.heal()
  room.agree([...room.peers, guest])
  const { roster } = room.peer(0).member.unsafeInsideForTests.log
  expect([roster.alive.get(guest.id)?.length, roster.dead.size]).toEqual([2, 0])
})

test('a revoked invite lets nobody in any more, and who came by it before stays', () => {
  const room = new Room(3, 4, BY_INVITE)
  const invite = room.peer(1).invite()
  const early = room.knock('early', invite)
  joins(room, early)
  room.world.run(5_000)
  room.peer(1).decide({ kind: 'revoke', invite })
  room.world.run(1_000)
  const late = room.knock('late', invite)
  room.world.run(20_000)
  expect([late.isJoined, refusals(late)]).toEqual([false, ['invite-revoked']])
  room.agree([...room.peers, early])
})

test('who is let in by an invite that was revoked on the other side of a partition is out when it heals', () => {
  const room = new Room(4, 5, BY_INVITE)
  const invite = room.peer(0).invite()
  room.split(room.peers.slice(0, 2), room.peers.slice(2))
  room.peer(0).decide({ kind: 'revoke', invite })
  const guest = room.world.peer('guest')
  guest.compartment = 1
  guest.enter(invite)
  joins(room, guest)
  room.heal()
  room.world.until(() => !guest.isJoined, 60_000, 'it is out')
  room.agree(room.peers)
  const before = room.world.now
  room.peer(3).say('among us')
  expect(room.readBy([guest], room.peer(3), before)).toBe(0)
})

test('an excluded member cannot revoke against an old state, nor a stranger at all', () => {
  const room = new Room(4, 6, BY_INVITE)
  const [inside, x] = [room.peer(0), room.peer(3)]
  const invite = inside.invite()
  const guest = room.knock('guest', invite)
  joins(room, guest)
  room.world.run(5_000)
  const { body } = inside.member.unsafeInsideForTests.log.entries.findLast(
    ({ operation }) => operation.body.kind === 'admission' && operation.body.peer === guest.id,
  )?.operation ?? { body: undefined }
  if (body?.kind !== 'admission' || !body.evidence) throw new Error('no evidence')
  const { inviteKey } = body.evidence.grant
  const parents = inside.state.heads
  inside.exclude([x])
  room.world.run(5_000)
  const stranger = room.world.peer('stranger')
  for (const by of [x, stranger]) {
    const revocation = { kind: 'revocation', inviteKey, issuer: inside.id } as const
    const operation = makeOperation(room.world.group, { parents }, revocation, by.signer)
    broadcastAs(room.archive, room.peer(1), room.peer(1).signer, [operation])
  }
  room.world.run(5_000)
  expect(inside.member.unsafeInsideForTests.log.roster.revoked.size).toBe(0)
  const next = room.knock('next', invite)
  joins(room, next)
  room.agree([...room.peers.slice(0, 3), guest, next])
})

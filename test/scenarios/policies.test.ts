/** Rooms in which not everybody may everything: moderators, votes (SPEC G7, L6, L17, E7). */
import { expect, test } from 'vitest'
import { makeOperation, type OperationBody } from '../../packages/protocol/src/log/operation.ts'
import { admitOutsider, broadcastAs, excludeEverybody, oldStates } from '../simulation/malice.ts'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

/** Has an operation told by somebody inside to everybody, as if that one's software knew no policy. */
function force(room: Room, by: SimPeer, body: OperationBody): string {
  const operation = makeOperation(room.world.group, { parents: by.state.heads }, body, by.signer)
  broadcastAs(room.archive, by, by.signer, [operation])
  room.world.run(1_000)
  return operation.id
}

function knows(peer: SimPeer, id: string): boolean {
  return peer.member.unsafeInsideForTests.log.entries.some(({ operation }) => operation.id === id)
}

function vote(by: SimPeer, on: SimPeer): void {
  by.decide({ kind: 'vote', peer: on.id })
}

function rejections(peer: SimPeer): string[] {
  return peer.seen.flatMap((seen) => (seen.event === 'rejected' ? [seen.detail] : []))
}

test('only moderators let others in, by their invites', () => {
  const room = new Room(4, 1, { admit: 'moderators', moderators: [0, 1] })
  const [moderator, plain] = [room.peer(1), room.peer(3)]
  expect(() => plain.invite()).toThrow(/Only moderators/)
  const guest = room.knock('guest', moderator.invite())
  room.world.until(() => guest.isJoined, 10_000, 'it is in')
  const admissions = room.peer(0).stored.filter(({ body }) => body.kind === 'admission')
  expect(admissions.every(({ author }) => [room.peer(0).id, moderator.id].includes(author))).toBe(true)
  // While no moderator is there, nobody answers.
  for (const peer of [room.peer(0), moderator]) peer.crash()
  const late = room.knock('late', moderator.invite())
  room.world.run(30_000)
  expect(late.state.status).toBe('joining')
  moderator.restart()
  room.world.until(() => late.isJoined, 60_000, 'a moderator is back')
  room.peer(0).restart()
  room.agree([...room.peers, guest, late])
})

test('a member that lets a friend in without being a moderator does so for nobody', () => {
  const room = new Room(3, 2, { admit: 'moderators', moderators: [0] })
  const [state] = oldStates(room.archive, room.peer(2))
  const friend = room.world.peer('friend')
  if (!state) throw new Error('it never was a member')
  const operation = admitOutsider(room.archive, room.peer(2), { ...state, peer: friend.id })
  broadcastAs(room.archive, room.peer(2), room.peer(2).signer, [operation])
  room.world.run(1_000)
  expect(rejections(room.peer(1))).toContain('only moderators let others in')
  force(room, room.peer(2), { kind: 'denial', peer: friend.id })
  expect(room.peer(0).member.unsafeInsideForTests.log.roster.denials.size).toBe(0)
  room.agree(room.peers)
})

test('only moderators exclude, and revoke what others issued', () => {
  const room = new Room(4, 3, { admit: 'invite', exclude: 'moderators', moderators: [2] })
  const [senior, moderator, x] = [room.peer(0), room.peer(2), room.peer(3)]
  expect(() => senior.exclude([x])).toThrow(/only moderators exclude; ask one/)
  const [state] = oldStates(room.archive, senior)
  if (!state) throw new Error('it never was a member')
  const coup = excludeEverybody(room.archive, senior, state)
  broadcastAs(room.archive, senior, senior.signer, [coup])
  room.world.run(1_000)
  expect([knows(x, coup.id), rejections(x)]).toEqual([false, ['only moderators exclude; ask one of them']])
  const invite = x.invite()
  expect(() => senior.decide({ kind: 'revoke', invite })).toThrow(/can revoke/)
  moderator.decide({ kind: 'revoke', invite })
  x.decide({ kind: 'revoke', invite })
  moderator.exclude([x])
  room.world.run(5_000)
  expect(x.state.status).toBe('excluded')
  room.agree(room.peers.slice(0, 3))
  room.expectSecrecy()
})

test('a moderator and a senior exclude each other: the moderator stays everywhere', () => {
  const room = new Room(5, 4, { moderators: [3] })
  const [senior, moderator] = [room.peer(0), room.peer(3)]
  senior.exclude([moderator])
  moderator.exclude([senior])
  room.world.run(10_000)
  expect(senior.state.status).toBe('excluded')
  // It saw the senior's exclusion, too; that one is void.
  if (!moderator.isJoined) moderator.start({ kind: 'join' })
  room.agree([room.peer(1), room.peer(2), moderator, room.peer(4)])
  room.expectSecrecy()
})

const QUORUM = { exclude: 'quorum', quorum: 3 } as const

test('three votes exclude a member at once, two do not, and nobody votes twice', () => {
  const room = new Room(6, 5, QUORUM)
  const x = room.peer(5)
  expect(() => room.peer(0).exclude([x])).toThrow(/needs 3 votes; vote instead/)
  expect(() => vote(x, x)).toThrow(/yourself/)
  expect(() => vote(x, room.world.peer('stranger'))).toThrow(/not a member/)
  for (const by of [room.peer(0), room.peer(1), room.peer(1), room.peer(0)]) {
    vote(by, x)
    room.world.run(1_000)
  }
  expect(room.peer(2).stored.filter(({ body }) => body.kind === 'vote').length).toBe(2)
  room.world.run(20_000)
  expect(x.isJoined).toBe(true)
  expect(room.peer(3).state.members.find(({ peer }) => peer === x.id)?.votes).toBe(2)
  vote(room.peer(2), x)
  room.world.run(100)
  expect(x.state.status).toBe('excluded')
  // Who votes hears of it as all the others do, each time once.
  for (const peer of room.peers.slice(0, 5)) {
    const told = peer.seen.flatMap((seen) => (seen.event === 'vote' ? [[seen.by, seen.votes]] : []))
    expect(told).toEqual([0, 1, 2].map((index) => [room.peer(index).id, index + 1]))
  }
  expect(x.seen).toContainEqual({
    event: 'excluded',
    by: room.peer(2).id,
    reason: 'voted out by other members',
  })
  room.agree(room.peers.slice(0, 5))
  room.expectSecrecy()
})

test('the last one to vote crashes before it makes the change: another one does', () => {
  const room = new Room(6, 6, QUORUM)
  const [x, last] = [room.peer(5), room.peer(2)]
  for (const by of [room.peer(0), room.peer(1)]) vote(by, x)
  room.world.run(1_000)
  // Its vote gets out, the change does not.
  const carryOut = room.world.carryOut.bind(room.world)
  let frames = 0
  room.world.carryOut = (peer, output) => {
    if (peer === last && output.kind === 'broadcast' && ++frames > 1) last.crash()
    if (last.alive || peer !== last) carryOut(peer, output)
  }
  vote(last, x)
  room.world.until(() => x.state.status === 'excluded', 10_000, 'somebody makes the change')
  room.world.carryOut = carryOut
  last.restart()
  room.agree(room.peers.slice(0, 5))
})

test('votes on both sides of a partition add up when it heals', () => {
  const room = new Room(6, 7, QUORUM)
  const x = room.peer(5)
  room.split(room.peers.slice(0, 2), room.peers.slice(2))
  for (const by of [room.peer(0), room.peer(1), room.peer(2)]) vote(by, x)
  room.world.run(20_000)
  expect(x.isJoined).toBe(true)
  room.heal()
  room.world.until(() => x.state.status === 'excluded', 30_000, 'all three are known')
  room.agree(room.peers.slice(0, 5))
})

test('a change with too few votes enters nowhere', () => {
  const room = new Room(5, 8, QUORUM)
  const [by, x] = [room.peer(1), room.peer(4)]
  vote(room.peer(0), x)
  vote(by, x)
  room.world.run(2_000)
  const [state] = oldStates(room.archive, by)
  if (!state) throw new Error('it never was a member')
  const coup = excludeEverybody(room.archive, by, state)
  broadcastAs(room.archive, by, by.signer, [coup])
  room.world.run(2_000)
  expect(rejections(room.peer(2))).toEqual(['an exclusion needs 3 votes; vote instead'])
  room.agree(room.peers)
})

test('a moderator excludes one who voted, at the same time: its vote is void, and the exclusion falls short', () => {
  const room = new Room(6, 9, { ...QUORUM, moderators: [3] })
  const [voter, moderator, x] = [room.peer(2), room.peer(3), room.peer(5)]
  room.split([room.peer(0), room.peer(1), voter], [moderator, room.peer(4), x])
  for (const by of [room.peer(0), room.peer(1), voter]) vote(by, x)
  moderator.exclude([voter])
  room.world.run(5_000)
  expect(room.peer(0).state.members.some(({ peer }) => peer === x.id)).toBe(false)
  room.heal()
  room.world.run(20_000)
  expect(voter.state.status).toBe('excluded')
  const members = [room.peer(0), room.peer(1), moderator, room.peer(4)]
  for (const peer of members) expect(peer.state.members.some((member) => member.peer === x.id)).toBe(true)
  if (!x.isJoined) x.start({ kind: 'join' })
  room.agree([...members, x])
  room.expectSecrecy()
})

test('who was voted out and let in again has no votes against it', () => {
  const room = new Room(5, 10, QUORUM)
  const x = room.peer(4)
  for (const by of room.peers.slice(0, 3)) vote(by, x)
  room.world.run(2_000)
  expect(x.state.status).toBe('excluded')
  x.start({ kind: 'join' })
  room.world.run(2_000)
  room.peer(0).decide({ kind: 'admit', peer: x.id })
  room.world.run(20_000)
  room.agree(room.peers)
  expect(room.peer(1).state.members.map(({ votes }) => votes)).toEqual([0, 0, 0, 0, 0])
})

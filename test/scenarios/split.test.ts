/** A part of a room goes on as another group (SPEC G8). */
import { expect, test } from 'vitest'
import { UsageError } from '@conclave/protocol'
import { openRoom } from '../../packages/protocol/src/group/genesis.ts'
import type { Successor } from '../../packages/protocol/src/group/successor.ts'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

function successorIn(room: Room): Successor {
  const { genesis, roomKey } = openRoom('elsewhere', room.world.suite)
  return { genesis, roomKey, relays: ['/ip4/127.0.0.1/tcp/1/ws'] }
}

function movedTo(peer: SimPeer): Successor[] {
  return peer.seen.flatMap((seen) => (seen.event === 'moved' ? [seen.to] : []))
}

test('who is split off is told where to go on, and reads nothing more of those who stay; nor does who split them', () => {
  const room = new Room(6, 1, { moderators: [0] })
  const to = successorIn(room)
  const [author, ...others] = room.peers as [SimPeer, ...SimPeer[]]
  const [off, rest] = [others.slice(0, 2), others.slice(2)]
  author.decide({ kind: 'split', peers: off.map(({ id }) => id), to })
  room.world.run(2_000)
  author.leave()
  room.world.run(10_000)
  for (const peer of off) {
    expect(movedTo(peer)).toEqual([to])
    expect(peer.state.status).toBe('moved')
  }
  for (const peer of [author, ...off]) {
    expect(peer.member.unsafeInsideForTests.keys).toEqual([])
  }
  const start = room.world.now
  room.agree(rest)
  for (const peer of rest) expect(room.readBy([author, ...off], peer, start)).toBe(0)
  room.expectSecrecy()
})

test('only who governs splits a room', () => {
  const room = new Room(3, 1, { moderators: [0] })
  const to = successorIn(room)
  expect(() => room.peer(1).decide({ kind: 'split', peers: [room.peer(2).id], to })).toThrow(UsageError)
  room.world.run(5_000)
  room.agree(room.peers)
})

test('who did not knock is let in by a member’s word, and comes in with nothing but its identity', () => {
  const room = new Room(3, 1, { admit: 'invite', moderators: [0] })
  const guests = ['x', 'y'].map((label) => room.world.peer(label))
  room.peer(1).decide({ kind: 'welcome', peers: guests.map(({ id, label }) => ({ peer: id, name: label })) })
  room.world.run(5_000)
  for (const guest of guests) guest.start({ kind: 'join' })
  room.world.until(() => guests.every(({ isJoined }) => isJoined), 10_000, 'they are in')
  room.agree([...room.peers, ...guests])
  room.expectSecrecy()
})

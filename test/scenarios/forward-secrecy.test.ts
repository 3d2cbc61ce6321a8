import { expect, test } from 'vitest'
import { Archive } from '../simulation/archive.ts'
import { type SimPeer, World } from '../simulation/world.ts'
import { memoryOf, thiefOf } from './memory.ts'
import { Room } from './room.ts'

test('I9 forward secrecy: the memory of a running member opens nothing under keys replaced two minutes ago', () => {
  const world = new World(21)
  const archive = new Archive(world)
  const peers = Array.from({ length: 4 }, (_, i) => world.peer(`p${i}`))
  for (const [i, peer] of peers.entries()) {
    peer.start(i === 0 ? { kind: 'found' } : { kind: 'join' })
    world.until(() => peer.state.status === 'joined', 10_000, `${peer.label} joins`)
  }
  world.run(10_000)
  const [a, b, , x] = peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  a.say('under the first version')
  world.run(1_000)
  a.exclude([x])
  world.run(5_000)
  a.say('under revision 0')
  world.run(1_000)
  const newcomer = world.peer('newcomer')
  newcomer.start({ kind: 'join' })
  world.until(() => newcomer.state.status === 'joined', 10_000, 'a newcomer joins')
  world.run(125_000)
  const chats = archive.sent.filter(({ about }) => about === 'chat')
  b.say('now')
  world.run(1_000)
  const now = archive.sent.filter(({ about }) => about === 'chat').at(-1)

  const thief = thiefOf(archive, b.id, memoryOf(b))
  expect(chats.length).toBe(2)
  expect(chats.filter(({ frame }) => thief.reads(frame))).toEqual([])
  // It is the member's memory all right: what is said now it reads.
  expect(now && thief.reads(now.frame)).toBe(true)
})

test.for([
  ['a memory that was taken before a refresh opens nothing that was said after it', true],
  ['without a refresh it opens what follows, though another member is excluded', false],
] as const)('I9 forward secrecy: %s', ([, isRefreshed]) => {
  const room = new Room(5)
  const [a, b, c, robbed, x] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer, SimPeer]
  const memory = memoryOf(robbed)
  if (isRefreshed) a.decide({ kind: 'refresh' })
  room.world.run(10_000)
  const since = room.world.now
  // What is sent once all know of it: under the refresh, under an exclusion after it, and at a newcomer's revision.
  for (const peer of [a, b, c, x]) peer.say('after the refresh')
  room.world.run(1_000)
  b.exclude([x])
  room.world.run(10_000)
  const newcomer = room.join('newcomer')
  room.world.run(10_000)
  room.agree([a, b, c, robbed, newcomer])
  const frames = room.archive.sent.filter(({ at }) => at >= since)
  expect(new Set(frames.map(({ frame }) => frame.reference.version)).size).toBeGreaterThan(1)
  const thief = thiefOf(room.archive, robbed.id, memory)
  const read = frames.filter(({ frame }) => thief.reads(frame))
  expect(read.length).toBe(isRefreshed ? 0 : frames.length)
})

/** Changing the scheme while people talk (SPEC V1–V4). */
import { expect, test } from 'vitest'
import { SlotTable } from '../../packages/protocol/src/group/slots.ts'
import type { PeerId, Scheme } from '@conclave/protocol'
import type { SimPeer } from '../simulation/world.ts'
import { expectAllHeard, expectScheme, roomOf, slotsOf, transition, whileTalking } from './managed.ts'
import { Room } from './room.ts'

test('from distributed to centralized and back, and no word is lost', () => {
  const room = roomOf(6)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  for (const [to, manager] of [
    ['centralized-flat', second],
    ['centralized-flat', first],
    ['distributed-flat', undefined],
  ] as const) {
    const said = whileTalking(room, room.peers, () => transition(first, to, manager))
    expectScheme(room.peers, to, manager)
    expectAllHeard(said, room.peers)
  }
  room.agree(room.peers)
  room.expectSecrecy()
})

test('the manager has the whole table, and members have their rows of it', () => {
  const room = roomOf(6)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  room.world.run(10_000)
  const table = new SlotTable(room.world.group)
  expect(slotsOf(second)).toHaveLength(table.size)
  for (const peer of room.peers)
    if (peer !== second) expect(new Set(slotsOf(peer))).toEqual(table.of(peer.id))
  room.expectSecrecy()
})

test('what cannot be is refused with a reason, and changes nothing', () => {
  const room = roomOf(4)
  const [first, second, third, fourth] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  const before = first.state.heads
  const stranger = room.world.peer('stranger')
  expect(() => transition(second, 'centralized-flat', third)).toThrow(
    /only who governs the room names its manager/,
  )
  expect(() => transition(first, 'centralized-flat', stranger)).toThrow(/not a member/)
  expect(() => transition(first, 'centralized-flat', 'nobody' as PeerId)).toThrow(/not a member/)
  expect(() => transition(first, 'square' as Scheme)).toThrow(/"square" is no scheme/)
  expect(() => transition(first, 'distributed-flat')).toThrow(/distributed-flat already/)
  expect(() => transition(first, 'distributed-flat', second)).toThrow(/has no manager/)
  expect(first.state.heads).toEqual(before)
  first.exclude([fourth])
  room.world.run(5_000)
  expect(() => transition(first, 'centralized-flat', fourth)).toThrow(/not a member/)
  third.crash()
  room.world.run(80_000)
  expect(() => transition(first, 'centralized-flat', third)).toThrow(/offline/)
  transition(first, 'centralized-flat', second)
  expect(() => transition(first, 'centralized-flat')).toThrow(/still being made/)
  room.world.run(5_000)
  expect(() => transition(first, 'centralized-flat', second)).toThrow(/already/)
  expect(() => second.decide({ kind: 'vote', peer: first.id })).toThrow(/need no votes/)
  third.restart()
  room.world.run(5_000)
  room.agree([first, second, third])
  expectScheme([first, second, third], 'centralized-flat', second)
})

test('two transitions at once: all end in one of them', () => {
  const room = new Room(6, 1, { moderators: [0, 1] })
  const [first, second, third, fourth] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  transition(first, 'centralized-flat', third)
  transition(second, 'centralized-flat', fourth)
  room.world.run(15_000)
  room.agree(room.peers)
  const { scheme, manager } = first.state
  expect(scheme).toBe('centralized-flat')
  expect([third.id, fourth.id]).toContain(manager)
  expect(new Set(room.peers.map(({ state }) => state.manager))).toEqual(new Set([manager]))
  room.expectSecrecy()
})

test('who is named manager is put out at that moment: nobody says a word under its keys', () => {
  const room = roomOf(5)
  const [first, second, third] = room.peers as [SimPeer, SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  third.exclude([second])
  room.world.run(10_000)
  const rest = room.peers.filter((peer) => peer !== second)
  const start = room.world.now
  room.agree(rest)
  expectScheme(rest, 'distributed-flat')
  for (const peer of rest) expect(room.readBy([second], peer, start)).toBe(0)
  room.expectSecrecy()
})

test('a refresh keeps the manager, and is for it and who governs', () => {
  const room = roomOf(4)
  const [first, second, third] = room.peers as [SimPeer, SimPeer, SimPeer]
  transition(first, 'centralized-flat', second)
  for (const by of [first, second]) {
    room.world.run(5_000)
    const { version } = third.state
    by.decide({ kind: 'refresh' })
    room.world.run(5_000)
    expect(third.state.version).not.toBe(version)
    expectScheme(room.peers, 'centralized-flat', second)
  }
  expect(() => third.decide({ kind: 'refresh' })).toThrow(/its manager alone refreshes/)
  expect(() => transition(third, 'distributed-flat')).toThrow(/only its manager, or who governs/)
  transition(second, 'distributed-flat')
  room.world.run(5_000)
  room.agree(room.peers)
  expectScheme(room.peers, 'distributed-flat')
})

test('whoever gets the new keys late has missed no word: what came before them waits', () => {
  const room = roomOf(5)
  const [first, second] = room.peers as [SimPeer, SimPeer]
  const late = room.peer(4)
  const { carryOut } = room.world
  const until = room.world.now + 6_000
  room.world.carryOut = (peer, output) => {
    const isLost = output.kind === 'send' && output.to === late.id && room.world.now < until
    if (!isLost) carryOut.call(room.world, peer, output)
  }
  const said = whileTalking(room, room.peers, () => transition(first, 'centralized-flat', second), 8_000)
  expectScheme(room.peers, 'centralized-flat', second)
  expectAllHeard(said, room.peers)
})

/** Changing the scheme while people talk, and going on without a manager (SPEC V1–V6). */
import { expect, test } from 'vitest'
import { SlotTable } from '../../packages/protocol/src/group/slots.ts'
import type { PeerId, Scheme } from '@conclave/protocol'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

/** The first peer's room: it governs, and lets in anybody. */
function roomOf(count: number, seed = 1): Room {
  return new Room(count, seed, {})
}

function transition(by: SimPeer, to: Scheme, manager?: SimPeer | PeerId): void {
  const named = typeof manager === 'object' ? manager.id : manager
  by.decide({ kind: 'transition', to, ...(named !== undefined && { manager: named }) })
}

/** Everybody says something five times a second, for as long as `act` and the time after it take; returns what was said. */
function whileTalking(
  room: Room,
  talkers: readonly SimPeer[],
  act: () => void,
  ms = 4_000,
): Map<SimPeer, string[]> {
  const said = new Map(talkers.map((peer) => [peer, [] as string[]]))
  const talk = (duration: number): void => {
    for (let passed = 0; passed < duration; passed += 200) {
      for (const peer of talkers) {
        const text = `${peer.label} at ${room.world.now}`
        said.get(peer)?.push(text)
        peer.say(text)
      }
      room.world.run(200)
    }
  }
  talk(1_000)
  act()
  talk(ms)
  room.world.run(5_000)
  return said
}

/** Nobody missed a word that another one said. */
function expectAllHeard(said: ReadonlyMap<SimPeer, readonly string[]>, by: readonly SimPeer[]): void {
  for (const peer of by)
    for (const [other, texts] of said)
      if (other !== peer) expect(texts.filter((text) => !peer.texts.includes(text))).toEqual([])
}

function expectScheme(peers: readonly SimPeer[], scheme: Scheme, manager?: SimPeer): void {
  for (const { state } of peers) expect([state.scheme, state.manager]).toEqual([scheme, manager?.id])
}

function slotsOf(peer: SimPeer): number[] {
  const { keys } = peer.member.unsafeInsideForTests
  return [...(keys.find(({ version }) => version === peer.state.version)?.slots.keys() ?? [])]
}

/** Who made the changes that a peer knows. */
function changeAuthors(peer: SimPeer): string[] {
  return peer.stored.filter(({ body }) => body.kind === 'change').map(({ author }) => author)
}

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

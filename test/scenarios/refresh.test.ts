/** A new generation of keys: whoever has the old ones has nothing (SPEC K15, K16). */
import { expect, test } from 'vitest'
import { SlotTable } from '../../packages/protocol/src/group/slots.ts'
import type { Change } from '../../packages/protocol/src/log/operation.ts'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

function refresh(room: Room, by: SimPeer): void {
  by.decide({ kind: 'refresh' })
  room.world.run(10_000)
}

function causes(peer: SimPeer): string[] {
  return peer.seen.flatMap((seen) => (seen.event === 'keys' ? [seen.cause] : []))
}

function lastChange(peer: SimPeer): Change {
  const change = peer.stored.map(({ body }) => body).findLast((body) => body.kind === 'change')
  if (change === undefined) throw new Error('no change')
  return change
}

/** The keys of a peer's version: by slot, the maker's admission. */
function rowOf(peer: SimPeer): Map<number, string> {
  const { keys } = peer.member.unsafeInsideForTests
  const held = keys.find(({ version }) => version === peer.state.version)
  return new Map([...(held?.slots ?? [])].map(([slot, { creator }]) => [slot, creator]))
}

test('a refresh: all agree at once, each slot is made by the most senior of its owners, and all rows are full', () => {
  const room = new Room(6)
  const before = room.peer(0).state.version
  room.peer(3).decide({ kind: 'refresh' })
  room.world.until(
    () => room.peers.every(({ state }) => state.version === room.peer(3).state.version),
    1_000,
    'all have the secret',
  )
  expect(room.peer(0).state.version).not.toBe(before)
  room.world.run(10_000)
  room.agree(room.peers)
  expect(causes(room.peer(0)).at(-1)).toBe('refresh')
  const table = new SlotTable(room.world.group)
  const admissions = room.peers.map(
    (peer) => peer.member.unsafeInsideForTests.log.admissionOf(peer.id)?.operation.id,
  )
  for (const peer of room.peers) {
    const row = rowOf(peer)
    expect([...row.keys()].sort((a, b) => a - b)).toEqual([...table.of(peer.id)].sort((a, b) => a - b))
    for (const [slot, maker] of row) {
      // They joined one after the other, so the list is by seniority.
      const senior = room.peers.findIndex(({ id }) => table.of(id).has(slot as never))
      expect(maker).toBe(admissions[senior])
    }
  }
  room.expectSecrecy()
})

test('two refreshes at once end in one generation', () => {
  const room = new Room(5)
  room.peer(1).decide({ kind: 'refresh' })
  room.peer(2).decide({ kind: 'refresh' })
  room.world.run(10_000)
  room.agree(room.peers)
  expect(new Set(room.peers.map((peer) => causes(peer).at(-1)))).toEqual(new Set(['refresh']))
  room.expectSecrecy()
})

test('what is said under either of two refreshes is read by those who have only the keys of the other', () => {
  const room = new Room(12)
  const speakers = [room.peer(1), room.peer(2)]
  for (const speaker of speakers) speaker.decide({ kind: 'refresh' })
  expect(new Set(speakers.map(({ state }) => state.version)).size).toBe(2)
  for (const speaker of speakers) speaker.say(`of ${speaker.label}`)
  const haveAllHeard = (): boolean =>
    speakers.every(({ label }) =>
      room.peers.every((peer) => peer.label === label || peer.texts.includes(`of ${label}`)),
    )
  room.world.until(haveAllHeard, 10_000, 'all have heard both')
  room.expectSecrecy()
})

test('a refresh clears the taint: slots of those excluded before serve again, and tell them nothing', () => {
  const room = new Room(8)
  const gone = room.peers.slice(5)
  const rest = room.peers.slice(0, 5)
  room.peer(0).exclude(gone.slice(0, 2))
  room.world.run(5_000)
  const worn = room.peer(0).state.exclusionsLeft
  refresh(room, room.peer(1))
  expect(room.peer(0).state.exclusionsLeft).toBe(worn + 2)
  room.peer(0).exclude([room.peer(7)])
  room.world.run(5_000)
  const { tainted, wraps } = lastChange(room.peer(0))
  const table = new SlotTable(room.world.group)
  expect(new Set(tainted)).toEqual(table.of(room.peer(7).id))
  const theirs = table.union(gone.slice(0, 2).map(({ id }) => id))
  expect(wraps.some(({ slot }) => theirs.has(slot))).toBe(true)
  const start = room.world.now
  room.agree(rest)
  for (const peer of rest) expect(room.readBy(gone, peer, start)).toBe(0)
  room.expectSecrecy()
})

test('an exclusion that its refresh did not know of still taints (K16)', () => {
  const room = new Room(6)
  const [a, b, x] = [room.peer(0), room.peer(1), room.peer(5)]
  a.exclude([x])
  b.decide({ kind: 'refresh' })
  room.world.run(10_000)
  room.agree(room.peers.slice(0, 5))
  expect(new Set(lastChange(a).tainted)).toEqual(new SlotTable(room.world.group).of(x.id))
  room.expectSecrecy()
})

test('the author of a refresh crashes with the only copy of the secret: another one is made in its place', () => {
  const room = new Room(4)
  const [author, ...others] = room.peers as [SimPeer, ...SimPeer[]]
  // The operation gets out, but nobody is answered.
  const { carryOut } = room.world
  room.world.carryOut = (peer, output) => {
    if (peer === author && output.kind === 'send') return
    carryOut.call(room.world, peer, output)
  }
  author.decide({ kind: 'refresh' })
  room.world.run(2_000)
  author.crash()
  const [first] = others
  expect(first?.state.version).toBeUndefined()
  room.world.until(() => others.every(({ state }) => state.version !== undefined), 30_000, 'they go on')
  expect(first && causes(first).at(-1)).toBe('refresh')
})

test('a worn-out table is refreshed by itself', () => {
  const room = new Room(12, 3, undefined, { symbols: 8, radix: 2 })
  room.peer(0).exclude(room.peers.slice(9))
  room.world.until(
    () => room.peers.slice(0, 9).every((peer) => causes(peer).at(-1) === 'refresh'),
    60_000,
    'somebody refreshes',
  )
  expect(room.peer(0).state.exclusionsLeft).toBeGreaterThan(0)
  room.agree(room.peers.slice(0, 9))
})

/** Parts of a group that go on alone, and find each other again. */
import type { PeerId } from '@conclave/protocol'
import { expect, test } from 'vitest'
import { slotDisagreements, whyApart } from '../simulation/checkers.ts'
import { type SimPeer, World } from '../simulation/world.ts'
import { Room } from './room.ts'

test('exclusions on both sides of a partition: one roster, one version after it heals', () => {
  const room = new Room(8)
  room.split(room.peers.slice(0, 4), room.peers.slice(4))
  room.peer(0).exclude([room.peer(3)])
  room.peer(4).exclude([room.peer(7)])
  room.world.run(60_000)
  room.heal()
  room.agree([0, 1, 2, 4, 5, 6].map((i) => room.peer(i)))
  room.expectSecrecy()
  const before = room.world.now
  room.peer(0).say('all of us')
  expect(room.readBy([room.peer(3), room.peer(7)], room.peer(0), before)).toBe(0)
})

test('a partition longer than keys are kept heals all the same', () => {
  const room = new Room(6)
  room.split(room.peers.slice(0, 3), room.peers.slice(3))
  room.peer(0).exclude([room.peer(2)])
  room.peer(3).exclude([room.peer(5)])
  room.world.run(300_000)
  room.heal()
  room.agree([0, 1, 3, 4].map((i) => room.peer(i)))
  room.expectSecrecy()
})

/** Two parts in which only those are left who came since they were parted. `admit`: how they came in. */
function strangers(seed: number, admit?: 'invite' | 'ask', count = 2): { room: Room; parts: SimPeer[][] } {
  const room = new Room(2, seed, admit && { admit })
  room.split([room.peer(0)], [room.peer(1)])
  const parts = room.peers.map((host, compartment) =>
    Array.from({ length: count }, (_, i) => {
      const peer = room.world.peer(`newcomer ${i} of ${host.label}`)
      peer.compartment = compartment
      if (admit) peer.enter(host.invite())
      else peer.start({ kind: 'join' })
      if (admit === 'ask') {
        const isHeard = (): boolean =>
          host.seen.some((seen) => seen.event === 'knock' && seen.peer === peer.id)
        room.world.until(isHeard, 10_000, 'it knocks')
        host.decide({ kind: 'admit', peer: peer.id })
      }
      room.world.until(() => peer.member.isReady, 60_000, 'it is in')
      return peer
    }),
  )
  room.world.run(20_000)
  for (const host of room.peers) host.crash()
  room.world.run(100_000)
  room.heal()
  return { room, parts }
}

test.each([undefined, 'invite'] as const)(
  'two parts of a room that share nobody any more become one (SPEC J10; admits: %s)',
  (admit) => {
    const { room, parts } = strangers(11, admit)
    const all = parts.flat()
    room.world.until(() => whyApart(all) === undefined, 60_000, 'they are one room')
    for (const peer of all) peer.say(`here is ${peer.label}`)
    room.world.run(15_000)
    for (const peer of all) expect(peer.texts).toHaveLength(all.length - 1)
    // One of each part was let in by the other, and they are quiet.
    room.world.traffic.clear()
    room.world.run(30_000)
    expect(room.world.traffic.get('request')).toBeUndefined()
    room.expectSecrecy()
  },
)

// Who thinks for long is asked by others meanwhile, who wait for their turns, and by the same one again.
test.each([1_000, 20_000])(
  'whom a human of the other part turns away does not ask again by itself (after %i ms)',
  (thought) => {
    const { room, parts } = strangers(12, 'ask', 4)
    const all = parts.flat()
    const heard = new Map(all.map((host) => [host, host.seen.length]))
    for (let second = 0; second < 120; second++) {
      room.world.run(1_000)
      for (const host of all) {
        for (const seen of host.seen.slice(heard.get(host))) {
          if (seen.event === 'knock')
            room.world.at(room.world.now + thought, () => denyStill(host, seen.peer))
        }
        heard.set(host, host.seen.length)
      }
    }
    const denials = all.flatMap(({ member }) => [...member.unsafeInsideForTests.log.roster.denials.values()])
    expect(new Set(denials)).toEqual(new Set([1]))
  },
)

test('strangers that nobody lets in ask ever less often, and are one room soon after somebody does', () => {
  const { room, parts } = strangers(12, 'ask')
  const { world } = room
  const all = parts.flat()
  world.run(60_000)
  world.traffic.clear()
  world.run(60_000)
  expect((world.traffic.get('request')?.messages ?? 0) / all.length).toBeLessThan(15)
  const knock = all.flatMap((host) =>
    host.seen.flatMap((seen) => (seen.event === 'knock' ? { host, peer: seen.peer } : [])),
  )
  const [{ host, peer }] = knock.slice(-1) as [{ host: SimPeer; peer: PeerId }]
  host.decide({ kind: 'admit', peer })
  world.until(() => whyApart(all) === undefined, 30_000, 'they are one room')
})

/** Denies whoever knocks, unless somebody else did meanwhile. */
function denyStill(host: SimPeer, peer: PeerId): void {
  try {
    host.decide({ kind: 'deny', peer })
  } catch (error) {
    expect(error).toMatchObject({ code: 'no-knock' })
  }
}

test('a newcomer reads nothing from before', () => {
  const room = new Room(3)
  for (const peer of room.peers) peer.say('before you came')
  room.world.run(2_000)
  const newcomer = room.join('newcomer')
  room.agree([...room.peers, newcomer])
  const before = room.archive.sent.filter(
    ({ frame, about }) => about === 'chat' && frame.reference.revision < 3,
  )
  expect(before.length).toBeGreaterThan(0)
  expect(newcomer.texts).not.toContain('before you came')
  room.expectSecrecy()
})

test('a newcomer reads nothing of what the other side said before its introducer heard of it', () => {
  const room = new Room(4)
  room.split([room.peer(0), room.peer(1)], [room.peer(2), room.peer(3)])
  room.peer(0).exclude([room.peer(3)])
  room.world.run(1_000)
  for (let i = 0; i < 10; i++) {
    room.peer(0).say('for a minute')
    room.world.run(2_000)
  }
  const newcomer = room.world.peer('newcomer')
  newcomer.compartment = 1
  newcomer.start({ kind: 'join' })
  room.heal()
  newcomer.compartment = 0
  room.world.run(20_000)
  expect(newcomer.state.status).toBe('joined')
  room.expectSecrecy()
})

test('two founders of an open room, alone each, become one', () => {
  const world = new World(5)
  const [a, b] = [world.peer('a'), world.peer('b')]
  b.compartment = 1
  for (const peer of [a, b]) peer.start({ kind: 'open' })
  world.until(() => a.isJoined && b.isJoined, 20_000, 'both found')
  expect(a.state.heads).not.toEqual(b.state.heads)
  b.compartment = 0
  world.until(() => a.state.version === b.state.version && b.isJoined, 30_000, 'one room')
  world.run(2_000)
  a.say('hello')
  world.run(500)
  expect(b.texts).toContain('hello')
})

test('an open room whose only member has gone is founded anew', () => {
  const world = new World(6)
  const first = world.peer('first')
  first.start({ kind: 'open' })
  world.until(() => first.isJoined, 20_000, 'it founds')
  const second = world.peer('second')
  world.filter = ({ to }) => to === second
  second.start({ kind: 'open' })
  world.run(6_000)
  first.crash()
  world.until(() => second.isJoined, 60_000, 'the second founds')
})

test('I4 slots that were made twice become one', () => {
  const room = new Room(2, 9)
  const newcomers = Array.from({ length: 4 }, (_, i) => room.world.peer(`n${i}`))
  // They get in, but hear nothing of each other while they make what nobody gives them.
  for (const [i, peer] of newcomers.entries()) peer.compartment = i + 1
  for (const peer of newcomers) peer.start({ kind: 'join' })
  const isMember = (id: string): boolean => room.peer(0).state.members.some(({ peer }) => peer === id)
  for (const peer of newcomers) {
    peer.compartment = 0
    room.world.until(() => isMember(peer.id), 20_000, 'it is admitted')
    room.world.until(() => peer.isJoined, 20_000, 'it is in')
    peer.compartment = 1 + newcomers.indexOf(peer)
  }
  room.world.run(15_000)
  room.heal()
  const members = [...room.peers, ...newcomers]
  room.agree(members)
  room.world.run(30_000)
  expect(slotDisagreements(members)).toEqual([])
})

test('in a quiet room nobody asks for anything: heartbeats and no more', () => {
  const room = new Room(8)
  room.world.run(60_000)
  room.world.traffic.clear()
  room.world.run(60_000)
  const count = (about: string): number => room.world.traffic.get(about)?.messages ?? 0
  expect(count('request')).toBe(0)
  expect(count('operations')).toBe(0)
  // Two frames a beat, a beat at least every 3.75 s.
  expect(count('heartbeat')).toBeLessThanOrEqual(8 * 2 * 17)
})

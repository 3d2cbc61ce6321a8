/** The author of a change that crashes: before it announces, another member has the secret (SPEC E6). */
import { expect, test } from 'vitest'
import { type Group, groupOf } from '../../packages/protocol/src/group/genesis.ts'
import { OPEN_POLICY } from '../../packages/protocol/src/group/policy.ts'
import { SlotTable } from '../../packages/protocol/src/group/slots.ts'
import type { Change } from '../../packages/protocol/src/log/operation.ts'
import type { FastSuite } from '../simulation/fast-suite.ts'
import { type SimPeer, World } from '../simulation/world.ts'
import { Room } from './room.ts'

/** Few slots, so that two exclusions taint all of them. */
function smallTable(suite: FastSuite): Group {
  const genesis = {
    nonce: new Uint8Array(16).fill(2),
    idSpace: { symbols: 3, radix: 2 },
    suite: suite.number,
    policy: OPEN_POLICY,
    name: 'small',
  } as const
  return groupOf(genesis, new Uint8Array(32).fill(3), suite)
}

/** A room of which every slot is tainted, so that a change is wrapped under none. */
function taintedRoom(): { world: World; members: SimPeer[] } {
  const world = new World(2, { group: smallTable })
  const table = new SlotTable(world.group)
  let members: SimPeer[] = []
  for (let i = 0; i < 9; i++) {
    const peer = world.peer(`p${i}`)
    peer.start(i === 0 ? { kind: 'found' } : { kind: 'join' })
    world.until(() => peer.isJoined, 10_000, `${peer.label} joins`)
    members.push(peer)
  }
  world.run(15_000)
  const gone = new Set<SimPeer>()
  const tainted = (peers: Iterable<SimPeer>): number => table.union([...peers].map(({ id }) => id)).size
  for (const peer of [...members].reverse()) {
    if (tainted([...gone, peer]) > tainted(gone)) gone.add(peer)
  }
  members = members.filter((peer) => !gone.has(peer))
  expect(tainted(gone)).toBe(6)
  expect(members.length).toBeGreaterThan(3)
  members[0]?.exclude([...gone])
  world.until(() => isOne(members), 10_000, 'they agree')
  // Not for so long that they refresh the table.
  world.run(2_000)
  return { world, members }
}

function isOne(members: readonly SimPeer[]): boolean {
  const [first, ...others] = members.map(({ state }) => state.version)
  return first !== undefined && others.every((version) => version === first)
}

function changesOf(peer: SimPeer): Change[] {
  return peer.stored.flatMap(({ body }) => (body.kind === 'change' ? [body] : []))
}

/** Crashes as soon as it has carried out its announcement, or instead of it. */
function crashAtAnnouncement(world: World, author: SimPeer, when: 'before' | 'after'): void {
  const carryOut = world.carryOut.bind(world)
  world.carryOut = (peer, output) => {
    const isIt = peer === author && output.kind === 'broadcast' && output.about === 'operations'
    if (isIt) author.crash()
    // A process that has crashed carries out nothing more.
    if (author.alive || peer !== author || (isIt && when === 'after')) carryOut(peer, output)
  }
}

test.for(['before', 'after'] as const)(
  'no slot is clean, and the author of a change crashes %s it announces it: the others have its version all the same',
  (when) => {
    const { world, members } = taintedRoom()
    const [author, gone, ...others] = members as [SimPeer, SimPeer, ...SimPeer[]]
    crashAtAnnouncement(world, author, when)
    author.exclude([gone])
    const version = author.state.version
    expect(changesOf(author).at(-1)?.wraps).toEqual([])
    world.until(() => !author.alive, 1_000, 'it announces, and crashes')
    // Well before anybody would supersede it (SPEC K9).
    world.until(() => others.every(({ state }) => state.version === version), 9_000, 'the others have it')
    world.until(() => gone.state.status === 'excluded', 60_000, 'the excluded learns of it')
    for (const peer of others) expect(peer.state.version).toBe(version)
  },
)

test('nobody is there to fetch the secret: the change is announced after a while', () => {
  const { world, members } = taintedRoom()
  const [author, gone, ...others] = members as [SimPeer, SimPeer, ...SimPeer[]]
  for (const peer of others) peer.deaf = true
  author.exclude([gone])
  world.until(() => gone.state.status === 'excluded', 900, 'it is announced')
  for (const peer of others) peer.deaf = false
  world.until(() => isOne([author, ...others]), 20_000, 'they agree')
})

test('where a wrap reaches somebody, an exclusion is one message, and over at once', () => {
  const room = new Room(6)
  const [author, gone] = [room.peer(1), room.peer(4)]
  const others = room.peers.filter((peer) => peer !== gone)
  room.world.traffic.clear()
  const start = room.world.now
  author.exclude([gone])
  room.world.until(() => gone.state.status === 'excluded' && isOne(others), 100, 'all agree')
  expect(room.world.now - start).toBeLessThanOrEqual(50)
  const abouts = [...room.world.traffic.keys()].filter((about) => about !== 'heartbeat')
  expect(abouts).toEqual(['operations'])
  expect(room.world.traffic.get('operations')?.messages).toBe(1)
})

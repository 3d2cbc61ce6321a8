/** Rooms of one name that were started apart, and find each other (SPEC F4–F6). */
import { expect, test } from 'vitest'
import { Archive } from '../simulation/archive.ts'
import { compareIds, operationIdOf } from '../../packages/protocol/src/ids.ts'
import { sealLobbyFrame } from '../../packages/protocol/src/lobby/lobby-frame.ts'
import { encodeLobbyMessage } from '../../packages/protocol/src/lobby/messages.ts'
import { rootOf, whyApart } from '../simulation/checkers.ts'
import { Secrecy } from '../simulation/secrecy.ts'
import { type SimPeer, World } from '../simulation/world.ts'

const HEARTBEAT_MS = 5_000

/** Rooms of these sizes, each founded in a compartment of its own. */
class Apart {
  readonly world: World
  readonly archive: Archive
  readonly rooms: SimPeer[][]

  constructor(sizes: readonly number[], seed = 1) {
    this.world = new World(seed)
    this.archive = new Archive(this.world)
    this.rooms = sizes.map((size, compartment) => this.#room(size, compartment))
    this.world.run(10_000)
  }

  get peers(): SimPeer[] {
    return this.rooms.flat()
  }

  #room(size: number, compartment: number): SimPeer[] {
    const name = 'abcdef'[compartment]
    return Array.from({ length: size }, (_, i) => {
      const peer = this.world.peer(`${name}${i}`)
      peer.compartment = compartment
      peer.start({ kind: 'open' })
      this.world.until(() => peer.isJoined, 30_000, `${peer.label} is in`)
      return peer
    })
  }

  heal(): void {
    for (const peer of this.peers) peer.compartment = 0
  }

  /** Waits until these are one room; returns how long it took. */
  unite(peers: readonly SimPeer[], ms: number): number {
    const start = this.world.now
    while (whyApart(peers) !== undefined) {
      if (this.world.now - start >= ms) throw new Error(`not one room within ${ms} ms: ${whyApart(peers)}`)
      this.world.run(25)
    }
    return this.world.now - start
  }

  expectSecrecy(): void {
    expect(new Secrecy(this.archive, { revisionBatchMs: 500 }).leaks().map(({ what }) => what)).toEqual([])
  }
}

test.each([1, 2, 3])(
  'rooms of four and three become the room of four within 5 heartbeats, and no word is lost (seed %i)',
  (seed) => {
    const apart = new Apart([4, 3], seed)
    const [four = [], three = []] = apart.rooms
    const root = rootOf(four[0] ?? never())
    // Words are on their way while their hearers move.
    apart.world.faults = { loss: 0, duplication: 0, latencyMs: [5, 500] }
    apart.heal()
    const said: { by: SimPeer; text: string }[] = []
    for (let ms = 0; ms < 5 * HEARTBEAT_MS; ms += 250) {
      for (const by of apart.peers) {
        const text = `${by.label} at ${ms}`
        by.say(text)
        said.push({ by, text })
      }
      apart.world.run(250)
    }
    apart.world.run(1_000)
    expect(whyApart(apart.peers)).toBeUndefined()
    expect(new Set(apart.peers.map(rootOf))).toEqual(new Set([root]))
    for (const room of [four, three]) {
      for (const { by, text } of said.filter(({ by: speaker }) => room.includes(speaker))) {
        for (const peer of room) {
          const times = peer.texts.filter((heard) => heard === text).length
          expect([peer.label, text, times]).toEqual([peer.label, text, peer === by ? 0 : 1])
        }
      }
    }
    apart.expectSecrecy()
  },
)

test('of rooms of the same size the one with the smaller founding remains', () => {
  const apart = new Apart([3, 3], 2)
  const smaller = apart.peers.map((peer) => rootOf(peer) ?? '').sort(compareIds)[0]
  apart.heal()
  apart.unite(apart.peers, 5 * HEARTBEAT_MS)
  expect(new Set(apart.peers.map(rootOf))).toEqual(new Set([smaller]))
  apart.expectSecrecy()
})

test('three rooms become one', () => {
  const apart = new Apart([3, 2, 4], 3)
  apart.heal()
  apart.unite(apart.peers, 10 * HEARTBEAT_MS)
  apart.expectSecrecy()
})

test('rooms of ten and eight become one within 5 heartbeats', () => {
  const apart = new Apart([10, 8], 4)
  const [, eight = []] = apart.rooms
  apart.heal()
  apart.unite(apart.peers, 5 * HEARTBEAT_MS)
  apart.world.run(5 * HEARTBEAT_MS)
  // Each moved once: what it heard of the new room while it was on its way is no reason to go there again.
  const moves = eight.map(({ seen }) => seen.filter(({ event }) => event === 'joined').length - 1)
  expect(moves).toEqual(eight.map(() => 1))
})

test('one that crashes while it scouts holds nobody up, and comes into the new room when it is back', () => {
  const apart = new Apart([4, 3], 5)
  const [, three = []] = apart.rooms
  apart.heal()
  apart.world.until(() => three.some(isScouting), 5 * HEARTBEAT_MS, 'somebody scouts')
  const crashing = three.find(isScouting) ?? never()
  crashing.crash()
  const rest = apart.peers.filter((peer) => peer !== crashing)
  apart.unite(rest, 5 * HEARTBEAT_MS)
  crashing.restart()
  apart.unite(apart.peers, 5 * HEARTBEAT_MS)
  apart.expectSecrecy()
})

test('what moved is on disk, and a restart comes back to it', () => {
  const apart = new Apart([3, 2], 6)
  const [moved = never()] = apart.rooms[1] ?? []
  apart.heal()
  apart.unite(apart.peers, 5 * HEARTBEAT_MS)
  const known = moved.member.unsafeInsideForTests.log.entries.map(({ operation }) => operation.id)
  expect(moved.stored.map(({ id }) => id)).toEqual(known)
  moved.crash()
  moved.restart()
  apart.unite(apart.peers, 3 * HEARTBEAT_MS)
})

test('what nobody could be told before is said in the new room, once', () => {
  const apart = new Apart([3, 2], 7)
  const [three = [], [alone = never(), gone = never()] = []] = apart.rooms
  gone.crash()
  alone.crash()
  alone.restart()
  apart.heal()
  alone.say('is anybody there?')
  expect(alone.state.waiting).toBe(1)
  const room = [...three, alone]
  apart.unite(room, 8 * HEARTBEAT_MS)
  apart.world.run(5 * HEARTBEAT_MS)
  for (const peer of three) expect(peer.texts).toEqual(['is anybody there?'])
})

test('a liar whose room of a thousand lets nobody in leaves everything as it was', () => {
  const apart = new Apart([4], 8)
  const { world } = apart
  const [first = never()] = apart.peers
  const { heads, version } = first.state
  const liar = world.suite.signer(world.random.bytes(32))
  const liarPeer = world.peer('liar', liar)
  const salt = world.random.bytes(16)
  world.traffic.clear()
  for (let sequence = 0; sequence < 120; sequence++) {
    const root = world.group.suite.hash(Uint8Array.of(sequence % 3))
    const beat = {
      kind: 'lobby-heartbeat',
      salt,
      sequence,
      willing: true,
      root: operationIdOf(root),
      members: 1_000,
      addresses: [],
    } as const
    const input = { signer: liar, nonce: world.random.bytes(24) }
    const bytes = sealLobbyFrame(world.group, input, encodeLobbyMessage(world.group, beat))
    world.carryOut(liarPeer, { kind: 'broadcast', channel: 'lobby', bytes, about: 'heartbeat' })
    first.say(`word ${sequence}`)
    world.run(1_000)
  }
  for (const peer of apart.peers.slice(1, 4)) expect(peer.texts).toHaveLength(120)
  expect(first.state).toMatchObject({ status: 'joined', heads, version })
  // Five knocks a scout, and the pauses get longer.
  expect(world.traffic.get('request')?.messages).toBeLessThan(120)
})

test('whoever was excluded in the room that remains stays alone until a human lets it in', () => {
  const apart = new Apart([5, 2], 9)
  const [four = [], two = []] = apart.rooms
  const [a = never(), , , excluded = never()] = four
  a.exclude([excluded])
  apart.world.until(() => excluded.state.status === 'excluded', 10_000, 'it hears of it')
  excluded.compartment = 1
  excluded.start({ kind: 'join' })
  apart.world.until(() => excluded.isJoined, 10_000, 'it finds the other room')
  apart.world.run(10_000)
  const others = apart.peers.filter((peer) => peer !== excluded)
  apart.heal()
  apart.unite(others, 5 * HEARTBEAT_MS)
  apart.world.run(2 * HEARTBEAT_MS)
  a.say('among ourselves')
  apart.world.run(1_000)
  expect(two[0]?.texts).toContain('among ourselves')
  expect(excluded.texts).not.toContain('among ourselves')
  expect(excluded.state).toMatchObject({ status: 'joined' })
  const knocks = (): number => a.seen.filter((seen) => seen.event === 'knock').length
  expect(knocks()).toBe(1)
  // In earshot of each other, and yet quiet.
  apart.world.run(5 * HEARTBEAT_MS)
  apart.world.traffic.clear()
  apart.world.run(30_000)
  expect(apart.world.traffic.get('request')).toBeUndefined()
  // Nor do the others look for long for keys that it makes, and tells nobody of but those who have moved.
  for (let i = 0; i < 2; i++) excluded.decide({ kind: 'refresh' })
  apart.world.run(3 * HEARTBEAT_MS)
  apart.world.traffic.clear()
  apart.world.run(20_000)
  expect(apart.world.traffic.get('request')).toBeUndefined()
  apart.world.until(() => knocks() > 1, 120_000, 'it tries again')
  a.decide({ kind: 'admit', peer: excluded.id })
  apart.unite([...others, excluded], 5 * HEARTBEAT_MS)
  apart.expectSecrecy()
})

function isScouting(peer: SimPeer): boolean {
  return peer.member.unsafeInsideForTests.others.length > 0
}

test('who moved to a lineage that everybody left since is let into another one', () => {
  const apart = new Apart([2, 1])
  const [[a, b] = [], [moved] = []] = apart.rooms
  if (!a || !b || !moved) throw new Error('nobody there')
  apart.heal()
  apart.unite([a, b, moved], 60_000)
  apart.world.run(15_000)
  a.exclude([moved])
  apart.world.until(() => moved.state.status === 'excluded', 10_000, 'it is out')
  for (const peer of [a, b]) peer.crash()
  moved.start({ kind: 'join' })
  const founder = apart.world.peer('founder')
  founder.start({ kind: 'open' })
  apart.world.until(() => founder.isJoined && moved.isJoined, 60_000, 'they are in one room')
  apart.unite([founder, moved], 10_000)
})

function never(): never {
  throw new Error('there is none')
}

import { afterEach, describe, expect, test, vi } from 'vitest'
import { ROOM_PROTOCOL } from '../src/direct-streams.ts'
import { cleanUpWebRtc } from '../src/webrtc-cleanup.ts'
import { Cleanup, joinRoom, reserved, text, topicsNamed, until } from './support.ts'
import type { RelayInit } from '../src/relay/index.ts'
import type { TestPeer, TestRoom } from './support.ts'
import type { Connection } from '@libp2p/interface'

const cleanup = new Cleanup()
const topics = topicsNamed('c')
const STOP_PROTOCOL = '/libp2p/circuit/relay/0.2.0/stop'

afterEach(async () => {
  vi.restoreAllMocks()
  await cleanup.run()
  await cleanUpWebRtc()
})

interface Member extends TestPeer, TestRoom {}

/** Members of one room at one relay, by ascending id. None dials another before a test says `want`. */
async function members(count: number, init: Partial<RelayInit> = {}): Promise<Member[]> {
  const relay = await cleanup.relay(init)
  const peers = await Promise.all(
    Array.from({ length: count }, async () => await cleanup.peer(relay.multiaddrs())),
  )
  peers.sort((one, other) => (one.peer < other.peer ? -1 : 1))
  await until('the bridge', () => relay.health().connections === count)
  const all = peers.map((peer) => ({ ...peer, ...joinRoom(peer, topics) }))
  await until('the topics', () => relay.health().topics === 2)
  return all
}

async function pair(init: Partial<RelayInit> = {}): Promise<[Member, Member]> {
  const [a, b] = await members(2, init)
  if (a === undefined || b === undefined) throw new Error('too few')
  if (init.limits === undefined) await reserved(a, b)
  return [a, b]
}

function connections(from: TestPeer, to: TestPeer): Connection[] {
  return from.node.libp2p.getConnections().filter(({ remotePeer }) => remotePeer.toString() === to.peer)
}

function circuitsOpenedTo(member: TestPeer): Connection[] {
  const opened: Connection[] = []
  member.node.libp2p.addEventListener('connection:open', ({ detail }) => {
    if (detail.limits !== undefined) opened.push(detail)
  })
  return opened
}

function digits({ heard }: TestRoom): Set<number | undefined> {
  return new Set(heard.map(({ bytes }) => bytes[0]))
}

async function timed<T>(task: Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now()
  const result = await task
  return { result, ms: performance.now() - start }
}

test('without a direct connection a message goes to its receiver alone, and the circuit counts as no connection', async () => {
  const [a, b, c] = await members(3)
  if (a === undefined || b === undefined || c === undefined) throw new Error('too few')
  await reserved(a, b, c)
  expect(await a.room.send(b.peer, text('sealed'))).toBe(true)
  await until('it arrives', () => b.heard.length > 0)
  expect(b.heard).toEqual([{ bytes: text('sealed'), from: a.peer, path: 'direct' }])
  // The answer takes the circuit that is open already.
  expect(await b.room.send(a.peer, text('answer'))).toBe(true)
  await until('it arrives', () => a.texts('direct').includes('answer'))
  expect(connections(a, b)).toHaveLength(1)
  expect(connections(a, b)[0]?.limits).toBeDefined()
  expect([a.room.via(b.peer), b.room.via(a.peer)]).toEqual(['bridge', 'bridge'])
  expect([...a.transports, ...b.transports]).toEqual([])
  expect(c.heard).toEqual([])
})

describe('200 KiB to one peer arrive over several circuits', () => {
  const pieces = [0, 1, 2, 3, 4].map((digit) => new Uint8Array(40 * 1024).fill(digit))
  const all = new Set([0, 1, 2, 3, 4])

  test.each(['one after the other', 'all at once'])('%s', async (order) => {
    const [a, b] = await pair()
    const opened = circuitsOpenedTo(b)
    const sending: Promise<boolean>[] = []
    for (const piece of pieces) {
      sending.push(a.room.send(b.peer, piece))
      if (order === 'one after the other') await sending.at(-1)
    }
    expect(await Promise.all(sending)).toEqual(pieces.map(() => true))
    await until('all pieces', () => b.heard.length === pieces.length, 5_000)
    expect(digits(b)).toEqual(all)
    expect(b.heard.every(({ bytes }) => bytes.length === 40 * 1024)).toBe(true)
    expect(opened.length).toBeGreaterThan(1)
    expect(opened.length).toBeLessThanOrEqual(pieces.length)
    // What is used up goes at once, and without an error that would have cost what was under way.
    await until('one is left', () => connections(a, b).length <= 1, 4_000)
  })

  test('both ways at once', async () => {
    const [a, b] = await pair()
    const there = pieces.map(async (piece) => await a.room.send(b.peer, piece))
    const back = pieces.map(async (piece) => await b.room.send(a.peer, piece))
    expect(await Promise.all([...there, ...back])).not.toContain(false)
    await until('all pieces', () => a.heard.length + b.heard.length === 2 * pieces.length, 5_000)
    expect([digits(a), digits(b)]).toEqual([all, all])
  })
})

test('what is longer than 60 KiB takes no circuit', async () => {
  const [a, b] = await pair()
  expect(await a.room.send(b.peer, new Uint8Array(60 * 1024 + 1))).toBe(false)
  expect(connections(a, b)).toEqual([])
  expect(await a.room.send(b.peer, new Uint8Array(60 * 1024))).toBe(true)
  await until('it arrives', () => b.heard.length === 1)
})

describe('no circuit is waited for', () => {
  test.each([
    ['gives none', { reservations: 0 }],
    ['gives ones too small for it', { circuitBytes: 32 * 1024 }],
  ])('when the relay %s', async (_what, limits) => {
    const [a, b] = await pair({ limits })
    const dials = vi.spyOn(a.node.libp2p, 'dial')
    const sealed = new Uint8Array(20 * 1024)
    const first = await timed(a.room.send(b.peer, sealed))
    expect(first.result).toBe(false)
    expect(first.ms).toBeLessThan(1_000)
    expect(await a.room.send(b.peer, sealed)).toBe(false)
    expect(dials).toHaveBeenCalledTimes(1)
  })

  test('when it does not come, more than once', async () => {
    const [a, b] = await pair()
    await b.node.libp2p.unhandle(STOP_PROTOCOL)
    await b.node.libp2p.handle(STOP_PROTOCOL, () => undefined)
    const sends = [1, 2, 3].map(async (i) => await timed(a.room.send(b.peer, text(`sealed ${i}`))))
    for (const { result, ms } of await Promise.all(sends)) {
      expect(result).toBe(false)
      expect(ms).toBeLessThan(2_000)
    }
    const next = await timed(a.room.send(b.peer, text('sealed')))
    expect(next.result).toBe(false)
    expect(next.ms).toBeLessThan(100)
  })

  test('by one without a relay, or for a peer id that is none', async () => {
    const [a, b] = await pair()
    const alone = await cleanup.peer([])
    expect((await timed(joinRoom(alone, topics).room.send(b.peer, text('sealed')))).ms).toBeLessThan(100)
    expect(await a.room.send('no peer id', text('sealed'))).toBe(false)
  })
})

test('the dial of a direct connection is not held up by a circuit that is being opened or open', async () => {
  const [a, b] = await pair()
  const dials = vi.spyOn(a.node.libp2p, 'dial')
  const sending = a.room.send(b.peer, text('by circuit'))
  // The circuit's dial has begun; that of the direct connection begins before it is over.
  while (dials.mock.calls.length === 0) await Promise.resolve()
  a.room.want([{ peer: b.peer, addresses: [] }])
  expect(await sending).toBe(true)
  // Who took the circuit for the direct connection would dial the third time after a second, or never.
  await until('the dial goes on', () => dials.mock.calls.length === 3, 500)
  await until('webrtc', () => a.room.via(b.peer) === 'webrtc' && b.room.via(a.peer) === 'webrtc')
  await until('it arrives', () => b.texts('direct').includes('by circuit'))

  const [direct] = connections(a, b).filter(({ limits }) => limits === undefined)
  expect(await a.room.send(b.peer, text('direct'))).toBe(true)
  expect(direct?.streams.filter(({ protocol }) => protocol === ROOM_PROTOCOL)).toHaveLength(1)
  await until('the circuit is closed', () => connections(a, b).length === 1, 4_000)
  expect(a.transports).toEqual([`${b.peer} webrtc`])
})

test('a message that comes while a direct connection is dialled does not wait for its end', async () => {
  const [a, b] = await pair()
  // B never answers the offer, so the dial goes on for seconds.
  await b.node.libp2p.unhandle('/webrtc-signaling/0.0.1')
  await b.node.libp2p.handle('/webrtc-signaling/0.0.1', () => undefined, { runOnLimitedConnection: true })
  a.room.want([{ peer: b.peer, addresses: [] }])
  await until('the dial', () => a.node.libp2p.getDialQueue().length > 0)
  const { result, ms } = await timed(a.room.send(b.peer, text('sealed')))
  expect(result).toBe(true)
  expect(ms).toBeLessThan(1_000)
  await until('it arrives', () => b.texts('direct').includes('sealed'))
  expect(connections(a, b)).toHaveLength(1)
})

test('a circuit that nobody uses is closed, and the next message opens another', async () => {
  const [a, b] = await pair()
  await a.room.send(b.peer, text('first'))
  await until('it arrives', () => b.texts('direct').includes('first'))
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  expect(connections(a, b)).toHaveLength(1)
  await until('none is left', () => connections(a, b).length + connections(b, a).length === 0, 5_000)
  expect(await a.room.send(b.peer, text('second'))).toBe(true)
  await until('it arrives', () => b.texts('direct').includes('second'))
}, 20_000)

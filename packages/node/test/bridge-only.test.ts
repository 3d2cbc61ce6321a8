import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { throughRelay } from '../src/addresses.ts'
import { cleanUpWebRtc } from '../src/webrtc-cleanup.ts'
import { bridged, Cleanup, joinRoom, reserved, text, topicsNamed, until } from './support.ts'
import type { Relay } from '../src/relay/index.ts'
import type { Verdict } from '../src/room-network.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

const cleanup = new Cleanup()
const topics = topicsNamed('b')
const NO_CANDIDATES: RTCConfiguration = { iceServers: [], iceTransportPolicy: 'relay' }

function throughFirstRelay(relay: Relay, peer: string): Multiaddr {
  return throughRelay(multiaddr(relay.multiaddrs()[0]), peer)
}

afterEach(async () => {
  await cleanup.run()
  await cleanUpWebRtc()
})

test('peers whose every WebRTC candidate is dropped gossip over the bridge alone', async () => {
  const relay = await cleanup.relay()
  const a = await cleanup.peer(relay.multiaddrs(), { rtcConfiguration: NO_CANDIDATES })
  const b = await cleanup.peer(relay.multiaddrs(), { rtcConfiguration: NO_CANDIDATES })
  await reserved(a, b)
  const [inA, inB] = [joinRoom(a, topics), joinRoom(b, topics)]
  inA.room.want([{ peer: b.peer, addresses: [] }])
  inB.room.want([{ peer: a.peer, addresses: [] }])
  await expect(a.node.libp2p.dial(throughFirstRelay(relay, b.peer))).rejects.toThrow('without a TURN server')

  let attempt = 0
  await until('both were heard', () => {
    // What is said before the relay knows of both is lost.
    void inA.room.broadcast('room', text(`from a ${attempt}`))
    void inB.room.broadcast('lobby', text(`from b ${attempt++}`))
    return inA.texts('lobby').length > 0 && inB.texts('room').length > 0
  })
  expect(inB.heard[0]?.from).toBe(relay.peer)
  expect([inB.room.isRelay(relay.peer), inB.room.isRelay(a.peer)]).toEqual([true, false])

  expect(inA.room.via(b.peer)).toBe('bridge')
  expect(await inA.room.send(b.peer, text('sealed'))).toBe(true)
  await until('it came by a circuit', () => inB.texts('direct').includes('sealed'))
  expect(a.node.libp2p.getConnections(b.node.libp2p.peerId).every(({ direct }) => !direct)).toBe(true)
  expect(inA.room.via(b.peer)).toBe('bridge')
  expect(inA.transports).toEqual([])
})

test('where the relay gives no circuits either, gossip is left', async () => {
  const relay = await cleanup.relay({ limits: { reservations: 0 } })
  const a = await cleanup.peer(relay.multiaddrs(), { rtcConfiguration: NO_CANDIDATES })
  const b = await cleanup.peer(relay.multiaddrs(), { rtcConfiguration: NO_CANDIDATES })
  const [inA, inB] = [joinRoom(a, topics), joinRoom(b, topics)]
  inA.room.want([{ peer: b.peer, addresses: [] }])
  await until('a neighbour', () => relay.health().topics === 2)
  expect(await inA.room.send(b.peer, text('sealed'))).toBe(false)
  let attempt = 0
  await until('it came by the bridge', () => {
    void inA.room.broadcast('lobby', text(`sealed ${attempt++}`))
    return inB.texts('lobby').length > 0
  })
  expect(inB.texts('direct')).toEqual([])
})

test("a peer with 'relay' and no TURN server makes no connection to one that allows all", async () => {
  const relay = await cleanup.relay()
  const strict = await cleanup.peer(relay.multiaddrs(), { rtcConfiguration: NO_CANDIDATES })
  const open = await cleanup.peer(relay.multiaddrs())
  await reserved(strict, open)
  const [inStrict, inOpen] = [joinRoom(strict, topics), joinRoom(open, topics)]
  inStrict.room.want([{ peer: open.peer, addresses: [] }])
  const dial = open.node.libp2p.dial(throughFirstRelay(relay, strict.peer), {
    signal: AbortSignal.timeout(2_000),
  })
  await expect(dial).rejects.toThrow()
  expect(inStrict.room.via(open.peer)).toBe('bridge')
  expect(inOpen.room.via(strict.peer)).toBe('bridge')
})

test('a verdict of reject does not cost the bridge its place', async () => {
  const relay = await cleanup.relay()
  const a = await cleanup.peer(relay.multiaddrs(), { rtcConfiguration: NO_CANDIDATES })
  const b = await cleanup.peer(relay.multiaddrs(), { rtcConfiguration: NO_CANDIDATES })
  await reserved(a, b)
  const inA = joinRoom(a, topics)
  const inB = joinRoom(b, topics, ({ bytes }) => (bytes.length > 10 ? 'reject' : 'accept'))
  await bridged(inA, inB)
  for (let i = 0; i < 50; i++) await inA.room.broadcast('room', text(`rejected number ${i}`))
  await until(
    'all were judged',
    () => inB.texts().filter((said) => said.startsWith('rejected')).length === 50,
  )
  await inA.room.broadcast('room', text('good'))
  await until('the good one', () => inB.texts().includes('good'))
})

test('a message that is judged after three seconds is not waited for, nor is what follows', async () => {
  const relay = await cleanup.relay()
  const a = await cleanup.peer(relay.multiaddrs(), { rtcConfiguration: NO_CANDIDATES })
  const b = await cleanup.peer(relay.multiaddrs(), { rtcConfiguration: NO_CANDIDATES })
  await reserved(a, b)
  const inA = joinRoom(a, topics)
  const never = new Promise<Verdict>(() => undefined)
  const inB = joinRoom(b, topics, ({ bytes }) => (bytes.length === 4 ? never : 'accept'))
  await bridged(inA, inB)
  await inA.room.broadcast('room', text('slow'))
  await until('the slow one', () => inB.texts().includes('slow'))
  const started = performance.now()
  await inA.room.broadcast('room', text('quick'))
  await until('the quick one', () => inB.texts().includes('quick'))
  expect(performance.now() - started).toBeLessThan(1_000)
})

test('a room whose judge is stuck hears again after three seconds', async () => {
  const relay = await cleanup.relay()
  const a = await cleanup.peer(relay.multiaddrs(), { rtcConfiguration: NO_CANDIDATES })
  const b = await cleanup.peer(relay.multiaddrs(), { rtcConfiguration: NO_CANDIDATES })
  await reserved(a, b)
  const inA = joinRoom(a, topics)
  const never = new Promise<Verdict>(() => undefined)
  const inB = joinRoom(b, topics, ({ bytes }) => (bytes.length < 10 ? never : 'accept'))
  await bridged(inA, inB)
  for (let i = 0; i < 300; i++) await inA.room.broadcast('room', text(`stuck ${i}`))
  // On a slow machine the first of them are given up before the last have come.
  await until('as many as are judged at once', () => inB.heard.length >= 256)
  let sent = 0
  await until('a later one', () => {
    void inA.room.broadcast('room', text(`a later message ${sent++}`))
    return inB.heard.some(({ bytes }) => bytes.length > 10)
  })
})

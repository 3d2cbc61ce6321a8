import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { createRelay, serveHealth } from '../src/relay/index.ts'
import { cleanUpWebRtc } from '../src/webrtc-cleanup.ts'
import {
  bridged,
  Cleanup,
  joinRoom,
  randomSeed,
  reserved,
  startPeer,
  text,
  topicsNamed,
  until,
} from './support.ts'
import type { TestPeer } from './support.ts'

const cleanup = new Cleanup()

afterEach(async () => {
  await cleanup.run()
  await cleanUpWebRtc()
})

test('forty visitors one after the other find a slot among fifteen', async () => {
  const relay = await cleanup.relay({ limits: { reservations: 15 } })
  for (let visitor = 0; visitor < 40; visitor++) {
    const peer = await startPeer(relay.multiaddrs())
    await reserved(peer)
    await peer.stop()
  }
  await until('the last slot is free', () => relay.health().reservations === 0)
})

test('a relay without a free slot is reported, stays connected, and gives the slot when one is freed', async () => {
  const relay = await cleanup.relay({ limits: { reservations: 1 } })
  const first = await startPeer(relay.multiaddrs())
  await reserved(first)
  const second = await cleanup.peer(relay.multiaddrs())
  await until('it is reported', () => second.problems.some(({ code }) => code === 'relay-full'))
  expect(second.supervisor.states()[0]?.status).toBe('connected')
  await first.stop()
  await reserved(second)
}, 20_000)

test('a relay that the user did not name is not made use of', async () => {
  const [named, other] = [await cleanup.relay(), await cleanup.relay()]
  const peer = await cleanup.peer(named.multiaddrs())
  await reserved(peer)
  let isIdentified = false
  peer.node.libp2p.addEventListener('peer:identify', ({ detail }) => {
    if (detail.peerId.toString() === other.peer) isIdentified = true
  })
  const address = multiaddr(other.multiaddrs()[0])
  await peer.node.libp2p.dial(address)
  await until('it says that it is a relay', () => isIdentified)
  for (let i = 0; i < 5; i++) await peer.node.libp2p.services.ping.ping(address)
  expect(other.health().reservations).toBe(0)
})

test('a client that comes back before its old connection ended is served on the new one', async () => {
  const relay = await cleanup.relay()
  const seed = randomSeed()
  const other = await cleanup.peer(relay.multiaddrs())
  const old = await cleanup.peer(relay.multiaddrs(), { seed })
  await reserved(other, old)
  await old.supervisor.stop()
  const back = await cleanup.peer(relay.multiaddrs(), { seed })
  await reserved(back)
  const topics = topicsNamed('d')
  const [inOther, inBack] = [joinRoom(other, topics), joinRoom(back, topics)]
  await until('the bridge', () => relay.health().topics === 2)
  let sent = 0
  await until('a message', () => {
    void inOther.room.broadcast('room', text(`message ${sent++}`))
    return inBack.texts().length > 0
  })
  expect(relay.health().connections).toBe(2)
})

async function rawSubscribe({ node }: TestPeer, topics: string[]): Promise<void> {
  node.topics.add(topics)
  for (const topic of topics) node.libp2p.services.pubsub.subscribe(topic)
}

const hex = (n: number): string => n.toString(16).padStart(64, '0')

test('the bridge takes no topic of another shape, and no more than its cap from one client', async () => {
  const relay = await cleanup.relay({ limits: { topicsPerClient: 3 } })
  const peer = await cleanup.peer(relay.multiaddrs())
  await reserved(peer)
  await rawSubscribe(peer, [
    'junk',
    `/conclave/1/room/${'A'.repeat(64)}`,
    `/conclave/1/room/${'a'.repeat(63)}`,
    `/conclave/1/room/${'a'.repeat(64)}/x`,
    `/conclave/2/room/${'a'.repeat(64)}`,
    `/conclave/1/room/${hex(1)}`,
  ])
  await until('the one that has the shape', () => relay.health().topics === 1)
  await rawSubscribe(
    peer,
    [2, 3, 4, 5, 6].map((n) => `/conclave/1/room/${hex(n)}`),
  )
  await until('the cap', () => relay.health().topics === 3)
  const other = await cleanup.peer(relay.multiaddrs())
  await reserved(other)
  await rawSubscribe(other, [`/conclave/1/lobby/${hex(7)}`])
  await until('another client has a cap of its own', () => relay.health().topics === 4)

  await peer.stop()
  await until('only what a client is left for', () => relay.health().topics === 1)
})

test('a relay that bridges hundreds of rooms still bridges the next one', async () => {
  const relay = await cleanup.relay({ limits: { topicsPerClient: 600 } })
  const busy = await cleanup.peer(relay.multiaddrs())
  await reserved(busy)
  await rawSubscribe(
    busy,
    Array.from({ length: 500 }, (_, n) => `/conclave/1/room/${hex(n)}`),
  )
  await until('all are bridged', () => relay.health().topics === 500)
  const [a, b] = [await cleanup.peer(relay.multiaddrs()), await cleanup.peer(relay.multiaddrs())]
  await reserved(a, b)
  const [inA, inB] = [joinRoom(a, topicsNamed('6')), joinRoom(b, topicsNamed('6'))]
  await until('the bridge', () => relay.health().topics === 502)
  await until(
    'a knows it',
    () => a.node.libp2p.services.pubsub.getSubscribers(topicsNamed('6').room).length === 1,
  )
  expect(await inA.room.broadcast('room', text('hello'))).toBe(1)
  await until('b hears it', () => inB.texts().includes('hello'))
  expect(a.node.libp2p.services.pubsub.getSubscribers(`/conclave/1/room/${hex(7)}`)).toHaveLength(1)
})

test('the bridge forwards no more bytes than a client has left', async () => {
  const relay = await cleanup.relay({ limits: { burstBytes: 10_000, bytesPerSecond: 1 } })
  const [a, b] = [await cleanup.peer(relay.multiaddrs()), await cleanup.peer(relay.multiaddrs())]
  await reserved(a, b)
  const topics = topicsNamed('e')
  const [inA, inB] = [joinRoom(a, topics), joinRoom(b, topics)]
  await bridged(inA, inB)
  for (let i = 0; i < 5; i++) await inA.room.broadcast('room', new Uint8Array(4_000).fill(i))
  await inA.room.broadcast('room', text('small'))
  await until('the small one, for which there is enough', () => inB.texts().includes('small'))
  expect(inB.heard.filter(({ bytes }) => bytes.length === 4_000)).toHaveLength(2)
  await inB.room.broadcast('room', text('from b'))
  await until('others have a budget of their own', () => inA.texts().includes('from b'))
})

test('two relays cannot listen on one port, and the second says so', async () => {
  const relay = await cleanup.relay()
  const listen = [relay.multiaddrs()[0]?.split('/p2p/')[0] ?? '']
  await expect(createRelay({ seed: randomSeed(), listen })).rejects.toMatchObject({ code: 'listen-failed' })
})

test('health is served as JSON', async () => {
  const relay = await cleanup.relay()
  const server = await serveHealth('127.0.0.1:0', () => relay.health())
  cleanup.add(async () => await server.close())
  const response = await fetch(`${server.url}/health`)
  expect(await response.json()).toEqual({ ok: true, ...relay.health() })
  expect((await fetch(`${server.url}/other`)).status).toBe(404)
  await expect(serveHealth(server.url.slice('http://'.length), () => relay.health())).rejects.toMatchObject({
    code: 'listen-failed',
  })
})

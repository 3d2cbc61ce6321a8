import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanUpWebRtc } from '../src/webrtc-cleanup.ts'
import { Cleanup, joinRoom, reserved, text, topicsNamed, until } from './support.ts'
import type { TestPeer, TestRoom } from './support.ts'

const cleanup = new Cleanup()
const topics = topicsNamed('a')
let peers: [TestPeer, TestPeer]
let rooms: [TestRoom, TestRoom]

beforeAll(async () => {
  const relay = await cleanup.relay()
  peers = [await cleanup.peer(relay.multiaddrs()), await cleanup.peer(relay.multiaddrs())]
  await reserved(...peers)
  rooms = [joinRoom(peers[0], topics), joinRoom(peers[1], topics)]
  rooms[0].room.want([{ peer: peers[1].peer, addresses: [] }])
  rooms[1].room.want([{ peer: peers[0].peer, addresses: [] }])
})

afterAll(async () => {
  await cleanup.run()
  await cleanUpWebRtc()
})

describe('two peers that want each other', () => {
  test('get one WebRTC connection that is not relayed', async () => {
    const [a, b] = peers
    await until(
      'both say webrtc',
      () => rooms[0].room.via(b.peer) === 'webrtc' && rooms[1].room.via(a.peer) === 'webrtc',
    )
    const direct = a.node.libp2p
      .getConnections()
      .filter((c) => c.remotePeer.toString() === b.peer && c.limits === undefined)
    expect(direct).toHaveLength(1)
    expect(direct[0]?.multiplexer).toBe('/webrtc')
    expect(direct[0]?.direct).toBe(true)
    expect(rooms[0].transports).toEqual([`${b.peer} webrtc`])
    expect(rooms[1].transports).toEqual([`${a.peer} webrtc`])
  })

  test('send each other frames directly, the largest included', async () => {
    const [a, b] = peers
    const large = new Uint8Array(64 * 1024).fill(7)
    expect(await rooms[0].room.send(b.peer, text('to b'))).toBe(true)
    expect(await rooms[1].room.send(a.peer, text('to a'))).toBe(true)
    expect(await rooms[0].room.send(b.peer, large)).toBe(true)
    await until('all arrived', () => rooms[1].heard.length >= 2 && rooms[0].heard.length >= 1)
    expect(rooms[0].heard).toEqual([{ bytes: text('to a'), from: b.peer, path: 'direct' }])
    expect(rooms[1].heard.map(({ bytes }) => bytes)).toEqual([text('to b'), large])
  })

  test('gossip on both topics, where equal content is two messages', async () => {
    const reached = await rooms[0].room.broadcast('lobby', text('hello'))
    await rooms[0].room.broadcast('room', text('hello'))
    expect(reached).toBeGreaterThan(0)
    await until('both arrived', () => rooms[1].texts('lobby').length > 0 && rooms[1].texts('room').length > 0)
    expect(await rooms[0].room.broadcast('lobby', text('hello'))).toBe(0)
  })

  test('tell addresses that lead to themselves without a circuit', () => {
    const addresses = rooms[0].room.addresses()
    expect(addresses.length).toBeGreaterThan(0)
    for (const address of addresses)
      expect(address).toMatch(new RegExp(`/p2p-circuit/webrtc/p2p/${peers[0].peer}$`))
  })
})

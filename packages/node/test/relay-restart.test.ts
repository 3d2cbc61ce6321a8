import { afterEach, expect, test } from 'vitest'
import { createRelay } from '../src/relay/index.ts'
import { cleanUpWebRtc } from '../src/webrtc-cleanup.ts'
import { Cleanup, joinRoom, randomSeed, reserved, text, topicsNamed, until } from './support.ts'
import type { Relay } from '../src/relay/index.ts'

const cleanup = new Cleanup()
const topics = topicsNamed('c')

afterEach(async () => {
  await cleanup.run()
  await cleanUpWebRtc()
})

/** The relay's listening address without its peer id, to listen there again. */
function listenAddress(relay: Relay): string {
  return relay.multiaddrs()[0]?.split('/p2p/')[0] ?? ''
}

test('a node starts while its relay is down, says so once, and connects when it comes', async () => {
  const seed = randomSeed()
  const first = await createRelay({ seed })
  const address = first.multiaddrs()
  const listen = [listenAddress(first)]
  await first.stop()

  const peer = await cleanup.peer(address)
  await until('the relay is reported', () => peer.problems.length > 0)
  expect(peer.problems[0]?.code).toBe('relay-unreachable')
  expect(peer.problems[0]?.message).toContain(address[0])
  expect(peer.supervisor.states()[0]?.status).toBe('unreachable')

  await cleanup.relay({ seed, listen })
  await reserved(peer)
  expect(peer.problems).toHaveLength(1)
})

test('a relay restart is survived: connections stay, slots come back, newcomers join', async () => {
  const seed = randomSeed()
  const first = await createRelay({ seed })
  const listen = [listenAddress(first)]
  const a = await cleanup.peer(first.multiaddrs())
  const b = await cleanup.peer(first.multiaddrs())
  await reserved(a, b)
  const [inA, inB] = [joinRoom(a, topics), joinRoom(b, topics)]
  inA.room.want([{ peer: b.peer, addresses: [] }])
  await until('WebRTC', () => inA.room.via(b.peer) === 'webrtc' && inB.room.via(a.peer) === 'webrtc')

  await first.stop()
  await until('both noticed', () => [a, b].every(({ supervisor }) => supervisor.connected().length === 0))
  expect(await inA.room.send(b.peer, text('meanwhile'))).toBe(true)
  let sent = 0
  await until('both messages', () => {
    // The newest connection may still be exchanging subscriptions.
    void inB.room.broadcast('room', text(`gossip meanwhile ${sent++}`))
    return inB.texts('direct').length === 1 && inA.texts('room').length > 0
  })

  const second = await cleanup.relay({ seed, listen })
  const restarted = performance.now()
  await reserved(a, b)
  expect(performance.now() - restarted).toBeLessThan(6_000)
  expect(second.health().reservations).toBe(2)
  expect(inA.transports).toEqual([`${b.peer} webrtc`])

  const c = await cleanup.peer(second.multiaddrs())
  await reserved(c)
  const inC = joinRoom(c, topics)
  for (const { room } of [inA, inB]) room.want([{ peer: c.peer, addresses: [] }])
  inC.room.want([
    { peer: a.peer, addresses: [] },
    { peer: b.peer, addresses: [] },
  ])
  await until('the newcomer is connected', () => [a, b].every(({ peer }) => inC.room.via(peer) === 'webrtc'))
  expect(await inC.room.send(a.peer, text('here I am'))).toBe(true)
  await until('it is heard', () => inA.texts('direct').includes('here I am'))
})

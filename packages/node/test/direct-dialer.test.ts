import { generateKeyPair } from '@libp2p/crypto/keys'
import { memory } from '@libp2p/memory'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { TypedEventEmitter } from 'main-event'
import { afterEach, expect, test, vi } from 'vitest'
import { DirectDialer } from '../src/direct-dialer.ts'
import { DIRECT_BACKOFF_MS } from '../src/limits.ts'
import { Cleanup, joinRoom, reserved, topicsNamed, until } from './support.ts'
import type { Libp2pEvents } from '@libp2p/interface'

const cleanup = new Cleanup()

afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await cleanup.run()
})

test('a peer by whose addresses nothing goes is dialled once, and at once when it tells of one that does', async () => {
  const relay = await cleanup.relay()
  const started = await Promise.all(
    ['a', 'b'].map(
      async (name) =>
        await cleanup.peer(relay.multiaddrs(), {
          webRtc: false,
          transports: [memory()],
          listen: [`/memory/dialler-${name}`],
        }),
    ),
  )
  const [a, b] = started.sort((one, other) => (one.peer < other.peer ? -1 : 1))
  if (a === undefined || b === undefined) throw new Error('too few')
  await reserved(a, b)
  const { room } = joinRoom(a, topicsNamed('d'))
  const dials = vi.spyOn(a.node.libp2p, 'dial')
  const failed = (): number => dials.mock.settledResults.filter(({ type }) => type === 'rejected').length
  room.want([{ peer: b.peer, addresses: [] }])
  await until('the dial is over', () => failed() === 1)
  room.want([{ peer: b.peer, addresses: [] }])
  await new Promise((resolve) => setTimeout(resolve, DIRECT_BACKOFF_MS.first + 100))
  expect(dials).toHaveBeenCalledTimes(1)
  const addresses = joinRoom(b, topicsNamed('d')).room.addresses()
  room.want([{ peer: b.peer, addresses }])
  await until('a connection', () => room.via(b.peer) === 'webrtc', DIRECT_BACKOFF_MS.first / 4)
})

test('a peer that tells of another address is dialled by it soon, also when it was not found for long', async () => {
  vi.useFakeTimers()
  const [self, other] = await Promise.all(
    [0, 1].map(async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))),
  )
  if (self === undefined || other === undefined) throw new Error('too few')
  const dial = vi.fn<() => Promise<never>>().mockRejectedValue(new Error('nobody there'))
  const host = { peerId: self, events: new TypedEventEmitter<Libp2pEvents>(), getConnections: () => [], dial }
  const dialer = new DirectDialer({ host, relays: () => [], isRelay: () => false })
  const room = {}
  const tell = (name: string): void =>
    dialer.want(room, [{ peer: other.toString(), addresses: [`/memory/${name}/p2p/${other.toString()}`] }])
  tell('old')
  while (dial.mock.calls.length < 8) await vi.advanceTimersToNextTimerAsync()
  tell('new')
  await vi.advanceTimersByTimeAsync(DIRECT_BACKOFF_MS.first)
  expect(dial).toHaveBeenCalledTimes(9)
  expect(String(dial.mock.lastCall?.at(0))).toContain('new')
  // Not as often as it tells of others.
  for (let i = 0; i < 10; i++) {
    tell(`newer ${i}`)
    await vi.advanceTimersByTimeAsync(1)
  }
  expect(dial).toHaveBeenCalledTimes(9)
  dialer.stop()
})

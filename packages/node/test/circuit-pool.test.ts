import { multiaddr } from '@multiformats/multiaddr'
import { TypedEventEmitter } from 'main-event'
import { beforeAll, expect, test, vi } from 'vitest'
import { CircuitPool } from '../src/circuit-pool.ts'
import { CIRCUIT_OPEN } from '../src/limits.ts'
import { createIdentity } from '../src/identity.ts'
import { text } from './support.ts'
import type { DirectStreams } from '../src/direct-streams.ts'
import type { NetworkHost } from '../src/host.ts'
import type { Connection, Libp2pEvents } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Mock } from 'vitest'

const frame = { room: new Uint8Array(32), message: text('sealed') }
let peers: string[]
let relay: Multiaddr

beforeAll(async () => {
  const identities = await Promise.all(Array.from({ length: 21 }, async () => await createIdentity()))
  const [first, ...others] = identities.map(({ peer }) => peer)
  relay = multiaddr(`/memory/relay/p2p/${first}`)
  peers = others
})

interface Laboratory {
  pool: CircuitPool
  dials: Mock<NetworkHost['dial']>
}

/** A pool over a network where a dial either opens a circuit at once or lasts until it is given up. */
function laboratory(doesAnswer: boolean, attempt?: Promise<void>, busy?: () => Promise<void>): Laboratory {
  const events = new TypedEventEmitter<Libp2pEvents>()
  const dials = vi.fn<NetworkHost['dial']>(async ([address], { signal }) => {
    const remotePeer = address?.getComponents().at(-1)?.value
    const circuit = {
      remotePeer,
      direction: 'outbound',
      status: 'open',
      direct: false,
      close: vi.fn(async () => undefined),
    }
    if (!doesAnswer) {
      return await new Promise<never>((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('given up'))),
      )
    }
    await busy?.()
    if (signal.aborted) throw new Error('given up')
    const detail = circuit as unknown as Connection
    events.dispatchEvent(new CustomEvent('connection:open', { detail }))
    return detail
  })
  const pool = new CircuitPool({
    host: { events, dial: dials } as unknown as NetworkHost,
    dialer: { connectionTo: () => undefined, attempt: () => attempt, wants: () => false },
    streams: { send: async () => true } as unknown as DirectStreams,
    relays: () => [relay],
  })
  return { pool, dials }
}

test('a room full of peers that do not answer is waited for together, and four of them are dialled', async () => {
  const { pool, dials } = laboratory(false)
  const start = performance.now()
  const sends = peers.map(async (peer) => await pool.send(peer, frame))
  expect(await Promise.all(sends)).toEqual(peers.map(() => false))
  expect(performance.now() - start).toBeLessThan(2_000)
  // The others' turn came when nobody waited any more.
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(dials).toHaveBeenCalledTimes(4)
  pool.stop()
})

test('a direct dial that gets nowhere is not waited for longer either', async () => {
  const { pool, dials } = laboratory(true, new Promise(() => undefined))
  const start = performance.now()
  expect(await pool.send(peers[0] ?? '', frame)).toBe(false)
  expect(performance.now() - start).toBeLessThan(2_000)
  expect(dials).not.toHaveBeenCalled()
  pool.stop()
})

test('a circuit that opens while the process is too busy to look is not given up', async () => {
  const { pool } = laboratory(true, undefined, async () => {
    const end = performance.now() + CIRCUIT_OPEN.ms + 100
    while (performance.now() < end);
    // What came meanwhile is read some turns later.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 10))
  })
  expect(await pool.send(peers[0] ?? '', frame)).toBe(true)
  pool.stop()
})

test('messages to one peer at once are waited for by one dial', async () => {
  const { pool, dials } = laboratory(true)
  const sends = [1, 2, 3, 4].map(async () => await pool.send(peers[0] ?? '', frame))
  expect(await Promise.all(sends)).toEqual([true, true, true, true])
  expect(dials).toHaveBeenCalledTimes(1)
  pool.stop()
})

test('sixteen circuits are open at once, and no more', async () => {
  const { pool, dials } = laboratory(true)
  const outcomes: boolean[] = []
  for (const peer of peers) outcomes.push(await pool.send(peer, frame))
  expect(outcomes.filter(Boolean)).toHaveLength(16)
  expect(dials).toHaveBeenCalledTimes(16)
  pool.stop()
})

test('who had no circuit is asked again when a relay came back', async () => {
  const { pool, dials } = laboratory(false)
  expect(await pool.send(peers[0] ?? '', frame)).toBe(false)
  expect(await pool.send(peers[0] ?? '', frame)).toBe(false)
  expect(dials).toHaveBeenCalledTimes(1)
  pool.retryNow()
  expect(await pool.send(peers[0] ?? '', frame)).toBe(false)
  expect(dials).toHaveBeenCalledTimes(2)
  pool.stop()
})

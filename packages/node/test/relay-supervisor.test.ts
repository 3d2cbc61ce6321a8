import { TypedEventEmitter } from 'main-event'
import { expect, test } from 'vitest'
import { RelayPeers } from '../src/relay-peers.ts'
import { RelaySupervisor } from '../src/relay-supervisor.ts'
import { until } from './support.ts'
import type { NetworkHost } from '../src/host.ts'
import type { Connection, Libp2pEvents } from '@libp2p/interface'

const RELAY = '12D3KooWBhPRm2S3FUuzqKeGRoFJKh3ES5LwDwERYTrREp6xaRGg'
const ADDRESS = `/ip4/127.0.0.1/tcp/9/ws/p2p/${RELAY}`
/** All that is waited for below would take longer. */
const AT_ONCE_MS = 400

const connection = {
  remotePeer: { toString: () => RELAY },
  status: 'open',
  direct: true,
} as unknown as Connection

/** A host whose relay is as a test needs it: connected, or dialled as it says. */
function supervise(relay: Pick<NetworkHost, 'dial'> & { connected?: boolean }) {
  const asked: Connection[] = []
  const host = {
    events: new TypedEventEmitter<Libp2pEvents>(),
    getConnections: () => (relay.connected === true ? [connection] : []),
    getMultiaddrs: () => [],
    dial: relay.dial,
    identify: async (whom: Connection) => {
      asked.push(whom)
      return await forever()
    },
  } as unknown as NetworkHost
  const supervisor = new RelaySupervisor({ host, relayPeers: new RelayPeers() })
  supervisor.add([ADDRESS])
  return { supervisor, asked, status: () => supervisor.states()[0]?.status }
}

async function forever(): Promise<never> {
  return await new Promise(() => undefined)
}

async function stopsAtOnce(supervisor: RelaySupervisor): Promise<void> {
  const begun = performance.now()
  await supervisor.stop()
  expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS)
}

test.concurrent('a supervisor stops while a dial hangs that heeds no signal', async () => {
  const { supervisor, status } = supervise({ dial: forever })
  expect(status()).toBe('connecting')
  await stopsAtOnce(supervisor)
})

test.concurrent('it stops while it waits between two attempts, and dials no more', async () => {
  let dials = 0
  const dial = async (): Promise<never> => {
    dials += 1
    throw new Error('nobody there')
  }
  const { supervisor, status } = supervise({ dial })
  // The third wait is of a second at least.
  await until('some attempts', () => dials === 3 && status() === 'unreachable')
  await stopsAtOnce(supervisor)
  expect(dials).toBe(3)
})

test.concurrent(
  'it stops while a relay that gives no slot is being asked for one, and waits for the next time to ask no more',
  async () => {
    const { supervisor, asked } = supervise({ connected: true, dial: forever })
    await until('the question', () => asked.length > 0)
    await stopsAtOnce(supervisor)
  },
)

/** A circuit relay: the public node that peers bootstrap from. It holds no keys and does not load WebRTC. */
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { UsageError, messageOf } from '../errors.ts'
import { keepGossipStreams } from '../gossip-streams.ts'
import { identityFromSeed } from '../identity.ts'
import { Pulse } from '../pulse.ts'
import { STREAM_WINDOW_BYTES_MAX } from '../limits.ts'
import { closingWebSockets } from '../web-sockets.ts'
import { Bridge, bridgeGossipsub } from './bridge.ts'
import { HOP_STREAMS_MAX, RELAY_LIMITS, STOP_STREAMS_MAX } from './limits.ts'
import type { GossipSub } from '../gossipsub.ts'
import type { RelayLimits } from './limits.ts'
import type { CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { Identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import type { Ping } from '@libp2p/ping'
import type { Libp2pOptions } from 'libp2p'

/** How a relay is reached, and what it bears. */
export interface RelayInit {
  /** Ed25519 seed, 32 bytes. Keep it: clients know the relay by its peer id. */
  seed: Uint8Array
  /** Multiaddrs to listen on. Default `/ip4/127.0.0.1/tcp/0/ws`. */
  listen?: readonly string[]
  /** Addresses to announce instead, e.g. `/dns4/relay.example/tcp/443/wss` behind a proxy. */
  announce?: readonly string[]
  limits?: Partial<RelayLimits>
}

/** What a relay has to do at one moment. */
export interface RelayHealth {
  peer: string
  multiaddrs: string[]
  connections: number
  reservations: number
  topics: number
}

/** A relay that runs. */
export interface Relay {
  readonly peer: string
  /** Addresses clients can dial, each with the relay's peer id. */
  multiaddrs(): string[]
  health(): RelayHealth
  stop(): Promise<void>
}

interface RelayServices extends Record<string, unknown> {
  identify: Identify
  ping: Ping
  relay: CircuitRelayService
  pubsub: GossipSub
}

/** Starts a relay. Throws `UsageError` when it cannot listen, with a sentence that names the addresses. */
export async function createRelay(init: RelayInit): Promise<Relay> {
  const limits = { ...RELAY_LIMITS, ...init.limits }
  const listen = [...(init.listen ?? ['/ip4/127.0.0.1/tcp/0/ws'])]
  const node = await startListening(await relayOptions(init, { limits, listen }), listen)
  const bridge = new Bridge({ node, pubsub: node.services.pubsub, limits })
  const pulse = new Pulse(node)
  pulse.start()
  freeSlots(node)
  keepNewestConnection(node)
  keepGossipStreams({
    events: node,
    getConnections: (peer) => node.getConnections(peer),
    identify: async (connection) => await node.services.identify.identify(connection),
  })
  const health = (): RelayHealth => ({
    peer: node.peerId.toString(),
    multiaddrs: node.getMultiaddrs().map(String),
    connections: node.getConnections().length,
    reservations: node.services.relay.reservations.size,
    topics: bridge.topics,
  })
  return {
    peer: node.peerId.toString(),
    multiaddrs: () => health().multiaddrs,
    health,
    stop: async () => {
      pulse.stop()
      bridge.stop()
      await node.stop()
    },
  }
}

async function startListening(
  options: Libp2pOptions<RelayServices>,
  listen: string[],
): Promise<Libp2p<RelayServices>> {
  const node = await createLibp2p<RelayServices>({ ...options, start: false })
  try {
    await node.start()
  } catch (error) {
    await Promise.resolve(node.stop()).catch(() => undefined)
    const reason = /EADDRINUSE/.test(messageOf(error))
      ? 'another program listens there; choose another port or stop that program'
      : messageOf(error).replace(/\s+/g, ' ').trim()
    throw new UsageError('listen-failed', `Cannot listen on ${listen.join(', ')}: ${reason}.`, {
      cause: error,
    })
  }
  return node
}

async function relayOptions(
  init: RelayInit,
  { limits, listen }: { limits: RelayLimits; listen: string[] },
): Promise<Libp2pOptions<RelayServices>> {
  const identity = await identityFromSeed(init.seed)
  return {
    privateKey: identity.privateKey,
    addresses: { listen, announce: [...(init.announce ?? [])] },
    transports: [closingWebSockets()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX } })],
    connectionEncrypters: [noise()],
    // `Pulse` does that: a relay that slept must not hang up on everybody.
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: limits.connections,
      inboundConnectionThreshold: limits.connectionsPerSecondPerHost,
      maxIncomingPendingConnections: limits.pendingConnections,
    },
    services: {
      identify: identify(),
      ping: ping(),
      pubsub: bridgeGossipsub(limits),
      relay: circuitRelayServer({
        maxInboundHopStreams: HOP_STREAMS_MAX,
        maxOutboundStopStreams: STOP_STREAMS_MAX,
        reservations: {
          maxReservations: limits.reservations,
          reservationTtl: limits.reservationMs,
          defaultDurationLimit: limits.circuitMs,
          defaultDataLimit: BigInt(limits.circuitBytes),
        },
      }),
    },
  }
}

/** libp2p keeps a slot for its whole time, also when the client is gone: 15 visitors filled a default relay for hours. */
function freeSlots(node: Libp2p<RelayServices>): void {
  node.addEventListener('peer:disconnect', ({ detail: peer }) => {
    const { reservations } = node.services.relay
    // Its timer would else end the slot of the same client's next visit.
    reservations.get(peer)?.signal.clear()
    reservations.delete(peer)
  })
}

/**
 * A client that comes back before its dead connection was noticed has two. Circuits and gossip would go on using the
 * dead one, so the newest wins.
 */
function keepNewestConnection(node: Libp2p<RelayServices>): void {
  node.addEventListener('connection:open', ({ detail: opened }) => {
    for (const older of node.getConnections(opened.remotePeer)) {
      if (older.id !== opened.id) older.abort(new Error('replaced by a newer connection'))
    }
  })
}

/** A libp2p node as rooms need it: WebRTC between peers, WebSockets to relays, circuits for signalling. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webRTC } from '@libp2p/webrtc'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { memberGossipsub } from './gossipsub.ts'
import { identityFromSeed } from './identity.ts'
import { JoinedTopics } from './joined-topics.ts'
import {
  CHANNEL_BUFFER_BYTES_MAX,
  CONNECTIONS_MAX,
  INBOUND_PENDING_MAX,
  INBOUND_PER_SECOND_MAX,
  NODE_RELAYS_MAX,
  SEND_BUFFER_BYTES_MAX,
  STREAM_WINDOW_BYTES_MAX,
} from './limits.ts'
import { RelayPeers } from './relay-peers.ts'
import { rtcConfigurationOf } from './rtc-configuration.ts'
import { closingWebSockets } from './web-sockets.ts'
import { markWebRtcUsed } from './webrtc-cleanup.ts'
import type { ReportingGossipSub } from './gossipsub.ts'
import type { Identify } from '@libp2p/identify'
import type { ComponentLogger, Libp2p } from '@libp2p/interface'
import type { Ping } from '@libp2p/ping'
import type { Datastore } from 'interface-datastore'
import type { Libp2pOptions } from 'libp2p'

export interface PeerServices extends Record<string, unknown> {
  identify: Identify
  ping: Ping
  pubsub: ReportingGossipSub
}

export interface PeerNodeInit {
  /** Ed25519 seed, 32 bytes. */
  seed: Uint8Array
  /**
   * Given to every `RTCPeerConnection`. Without `iceServers` none is contacted: peers on one network connect all the
   * same, and whose STUN or TURN server learns about a call is for the user to choose.
   */
  rtcConfiguration?: RTCConfiguration
  /** Whether members connect directly over WebRTC; else by `transports` alone, or if there are none, by the relay. Default true. */
  webRtc?: boolean
  /** Further transports, e.g. `memory()` in tests. */
  transports?: NonNullable<Libp2pOptions['transports']>
  /** Further addresses to listen on, e.g. `/memory/a` or, in Node, `/ip4/0.0.0.0/tcp/0/ws`. */
  listen?: readonly string[]
  /** Where libp2p keeps its peer store; memory by default. */
  datastore?: Datastore
  logger?: ComponentLogger
  /** Where libp2p counts connections and streams, e.g. `prometheusMetrics()`. */
  metrics?: NonNullable<Libp2pOptions['metrics']>
}

export interface PeerNode {
  readonly libp2p: Libp2p<PeerServices>
  /** Shared with the room network of this node. */
  readonly topics: JoinedTopics
  readonly relays: RelayPeers
}

/**
 * Makes and starts a node that needs no network to start: no relay is contacted until a `RelaySupervisor` does it.
 * Throws `UsageError` for a bad seed.
 */
export async function createPeerNode(init: PeerNodeInit): Promise<PeerNode> {
  const topics = new JoinedTopics()
  const relays = new RelayPeers()
  const options = await peerNodeOptions(init, { topics, relays })
  markWebRtcUsed()
  return { libp2p: await createLibp2p<PeerServices>(options), topics, relays }
}

/** The options `createPeerNode` uses, for applications that make the node themselves and want to change some. */
export async function peerNodeOptions(
  init: PeerNodeInit,
  shared: { topics: JoinedTopics; relays: RelayPeers },
): Promise<Libp2pOptions<PeerServices>> {
  const identity = await identityFromSeed(init.seed)
  return {
    privateKey: identity.privateKey,
    // One search a relay we may use: each makes one reservation at a relay that we are connected to, whenever that is.
    // An address with a fixed relay would make the start fail while that relay is down, and never be renewed.
    addresses: {
      listen: [
        ...Array.from({ length: NODE_RELAYS_MAX }, () => '/p2p-circuit'),
        ...(init.webRtc === false ? [] : ['/webrtc']),
        ...(init.listen ?? []),
      ],
    },
    transports: [
      closingWebSockets(),
      ...(init.webRtc === false ? [] : [webRtcOf(init.rtcConfiguration)]),
      // Only relays the user named: otherwise any room member could make itself our relay.
      circuitRelayTransport({ discoveryFilter: shared.relays.notifyFilter }),
      ...(init.transports ?? []),
    ],
    streamMuxers: [
      yamux({
        streamOptions: {
          maxWriteBufferLength: SEND_BUFFER_BYTES_MAX,
          maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX,
        },
      }),
    ],
    connectionEncrypters: [noise()],
    // libp2p's browser default refuses ws:// and private addresses: relays at home, in the office and in tests.
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: {
      maxConnections: CONNECTIONS_MAX,
      // Circuits all carry the relay's address: to libp2p a room that dials us is one host, of which it takes five
      // connections a second, leaving the rest to hang.
      inboundConnectionThreshold: INBOUND_PER_SECOND_MAX,
      maxIncomingPendingConnections: INBOUND_PENDING_MAX,
    },
    // `Pulse` does that, and knows sleep from silence.
    connectionMonitor: { enabled: false },
    services: { identify: identify(), ping: ping(), pubsub: memberGossipsub(shared.topics.has) },
    ...(init.datastore === undefined ? {} : { datastore: init.datastore }),
    ...(init.logger === undefined ? {} : { logger: init.logger }),
    ...(init.metrics === undefined ? {} : { metrics: init.metrics }),
  }
}

function webRtcOf(configuration: RTCConfiguration | undefined): ReturnType<typeof webRTC> {
  return webRTC({
    rtcConfiguration: rtcConfigurationOf(configuration),
    dataChannel: { maxBufferedAmount: CHANNEL_BUFFER_BYTES_MAX },
  })
}

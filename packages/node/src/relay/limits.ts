/** Every bound of the circuit relay and its bridge, with its reason. An operator may raise or lower each of them. */

export interface RelayLimits {
  /** Connections in all; libp2p's 300 is a room or two. One costs about 50 KB. */
  connections: number
  /** Reserved slots; libp2p's 15 fill up after 15 clients. One is needed by every member that can be dialled. */
  reservations: number
  /** Milliseconds a slot lasts unless renewed. It is freed at the disconnect, so the time matters only for clients that hang. */
  reservationMs: number
  /** Milliseconds a circuit lives. Circuits carry the signalling of one WebRTC connection and small replies. */
  circuitMs: number
  /** Bytes a circuit carries in each direction: an offer, an answer and candidates are 10 KB, a sealed reply up to 48 KiB. */
  circuitBytes: number
  /** New connections a second from one host; behind a proxy all clients are one host, so this is for the proxy to limit. */
  connectionsPerSecondPerHost: number
  /** Connections that are still being set up. */
  pendingConnections: number
  /** Room topics bridged for one client; a room is two, and a client is seldom in more than a few. */
  topicsPerClient: number
  /** Room topics bridged in all. */
  topics: number
  /** Bytes of gossip a client may send without a pause. */
  burstBytes: number
  /** Bytes of gossip a client may send a second in the long run; a busy member sends a few KB. */
  bytesPerSecond: number
}

/** What a relay bears unless it is told otherwise. */
export const RELAY_LIMITS: Readonly<RelayLimits> = {
  connections: 2_000,
  reservations: 1_024,
  reservationMs: 60 * 60 * 1000,
  circuitMs: 2 * 60 * 1000,
  circuitBytes: 128 * 1024,
  connectionsPerSecondPerHost: 200,
  pendingConnections: 100,
  topicsPerClient: 32,
  topics: 4_096,
  burstBytes: 1024 * 1024,
  bytesPerSecond: 128 * 1024,
}

/** Streams of the hop protocol one client may have open: eight dials at once, each for up to ten seconds. */
export const HOP_STREAMS_MAX = 32

/** Streams of the stop protocol towards one client: everyone in a room of 200 may dial a popular member. */
export const STOP_STREAMS_MAX = 300

/**
 * What a room needs of the network, as data and promises: the driver above it knows no libp2p, and what is below it
 * knows no keys. Everything handed up is untrusted; everything handed down is ciphertext.
 */
import type { ByteStream } from './files/byte-stream.ts'
import type { FileRequest } from './files/file-streams.ts'
import type { Via } from './room-api.ts'

/** Two gossip topics a room: the lobby under the room key, the room under its TEK. */
export type Channel = 'lobby' | 'room'

/** `accept` lets gossipsub forward it; `ignore` drops it; `reject` also counts against whoever passed it on. */
export type Verdict = 'accept' | 'ignore' | 'reject'

export interface InboundMessage {
  bytes: Uint8Array
  /** Peer id of the connection it came over: for gossip the forwarder, not necessarily the author. */
  from: string
  /** `direct` also for a relay's circuit: the peer itself sent it to us alone. */
  path: Channel | 'direct'
}

export interface RoomNetworkInit {
  /** Topic names: hashes, so that they tell an observer nothing. */
  topics: Readonly<Record<Channel, string>>
  /** Judges one message. Must settle within 3 s: gossipsub does not forward what is accepted later. Never rejects. */
  onMessage(message: InboundMessage): Promise<Verdict>
  /** A peer's path changed: `webrtc` when a direct connection opened, `bridge` when the last one closed. */
  onTransport(peer: string, via: Via): void
  /** A peer asks for a file over a stream of its own; false when it gets none here. */
  onFile?(request: FileRequest): boolean
}

export interface RoomNetwork {
  /** Publishes to one topic; resolves to the number of gossip neighbours it was handed to, 0 when there are none. */
  broadcast(channel: Channel, bytes: Uint8Array): Promise<number>
  /**
   * Hands bytes to `peer` alone: over a direct connection, else, up to `CIRCUIT_MESSAGE_BYTES_MAX`, through a relay's
   * circuit. False, within `CIRCUIT_OPEN` or so, when there is neither or the stream failed. True is no promise that
   * they arrived.
   */
  send(peer: string, bytes: Uint8Array): Promise<boolean>
  /** Whether the peer is a relay that we use, and so no member. */
  isRelay(peer: string): boolean
  /** Whether most gossip neighbours have more to read than they do: what is published now waits in buffers. */
  isCongested(): boolean
  /** The peer has started anew: nothing is sent to it over connections from before until they were tried. */
  doubt(peer: string): void
  /** Says that direct connections to these peers are wanted, best first; keeps at most `DIRECT_PEERS_MAX` dialled. */
  want(peers: readonly WantedPeer[]): void
  /** The peer's path right now, undefined when it is not connected directly. */
  via(peer: string): Via
  /** Milliseconds there and back on the direct connection to the peer, as last measured. */
  rttMs(peer: string): number | undefined
  /** Wants a direct connection to one more peer for a while. */
  seek(peer: string): void
  /** Asks a peer that is connected directly for a file, from a chunk on. Rejects when it is not, or does not answer. */
  openFile(peer: string, request: { id: Uint8Array; from: number }): Promise<ByteStream>
  /** Our own addresses that another member could dial, as multiaddr strings (at most 4). */
  addresses(): string[]
  close(): Promise<void>
}

export interface WantedPeer {
  peer: string
  /** As the peer announced them; checked again before they are dialled. */
  addresses: readonly string[]
}

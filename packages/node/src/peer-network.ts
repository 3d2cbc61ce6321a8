/** What all rooms of one node share: gossip, direct streams, the dialler, circuits; and the rooms' `RoomNetwork`s themselves. */
import { CircuitPool } from './circuit-pool.ts'
import { DirectDialer } from './direct-dialer.ts'
import { DirectStreams } from './direct-streams.ts'
import { UsageError } from './errors.ts'
import { keepGossipStreams } from './gossip-streams.ts'
import { TopicValidatorResult } from './gossipsub.ts'
import { GossipRoom } from './gossip-room.ts'
import { isDirect } from './host.ts'
import { ROOMS_MAX, TRANSPORT_SETTLE_MS } from './limits.ts'
import { FileStreams } from './files/file-streams.ts'
import { Pulse } from './pulse.ts'
import { isRoomTopic } from './topics.ts'
import type { NetworkHost } from './host.ts'
import type { JoinedTopics } from './joined-topics.ts'
import type { RelayPeers } from './relay-peers.ts'
import type { RelaySupervisor } from './relay-supervisor.ts'
import type { RoomNetwork, RoomNetworkInit, Verdict } from './room-network.ts'
import type { GossipsubMessage } from '@libp2p/gossipsub'
import type { Connection } from '@libp2p/interface'

export interface PeerNetworkInit {
  host: NetworkHost
  topics: JoinedTopics
  relayPeers: RelayPeers
  supervisor: RelaySupervisor
}

const RESULTS: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

export class PeerNetwork {
  readonly #init: PeerNetworkInit
  readonly #streams: DirectStreams
  readonly #dialer: DirectDialer
  readonly #circuits: CircuitPool
  readonly #pulse: Pulse
  readonly #files: FileStreams
  readonly #rooms = new Set<GossipRoom>()
  readonly #direct = new Set<string>()
  readonly #settling = new Map<string, ReturnType<typeof setTimeout>>()
  readonly #stopped = new AbortController()
  readonly #stops: (() => void)[] = []

  constructor(init: PeerNetworkInit) {
    this.#init = init
    const { host, supervisor, relayPeers } = init
    this.#pulse = new Pulse(host)
    this.#dialer = new DirectDialer({
      host,
      relays: () => supervisor.connected(),
      isRelay: (peer) => relayPeers.has(peer),
    })
    this.#streams = new DirectStreams({
      host,
      onFrame: async (peer, frame) =>
        (await this.#roomOf(frame.room)?.judgeDirect(peer, frame.message)) ?? 'ignore',
    })
    this.#files = new FileStreams({
      host,
      onRequest: (request) => [...this.#rooms].some((room) => room.fileAsked(request)),
    })
    this.#circuits = new CircuitPool({
      host,
      dialer: this.#dialer,
      streams: this.#streams,
      relays: () => supervisor.connected(),
    })
  }

  /** Begins to answer direct streams and to hear gossip. The node must be started. */
  async start(): Promise<void> {
    const { host, supervisor } = this.#init
    const until = { signal: this.#stopped.signal }
    await this.#streams.start()
    await this.#files.start()
    this.#pulse.start()
    host.pubsub.addEventListener('gossipsub:message', ({ detail }) => void this.#judgeGossip(detail), until)
    host.events.addEventListener('connection:open', ({ detail }) => this.#opened(detail), until)
    host.events.addEventListener('connection:close', ({ detail }) => this.#closed(detail), until)
    for (const connection of host.getConnections()) this.#opened(connection)
    this.#stops.push(
      keepGossipStreams(host),
      supervisor.listen(({ status }) => {
        if (status === 'connected' || status === 'reserved') this.#retryNow()
      }),
    )
  }

  async stop(): Promise<void> {
    for (const room of this.#rooms) await room.close()
    this.#stopped.abort()
    for (const timer of this.#settling.values()) clearTimeout(timer)
    for (const stop of this.#stops) stop()
    this.#pulse.stop()
    this.#dialer.stop()
    this.#circuits.stop()
    await this.#files.stop()
    await this.#streams.stop()
  }

  /** We slept, or the network was away: tries what is left of our connections, and dials what is gone. */
  wake(): void {
    this.#pulse.look()
    this.#init.supervisor.retryNow()
    this.#retryNow()
  }

  #retryNow(): void {
    this.#dialer.retryNow()
    this.#circuits.retryNow()
  }

  /**
   * Subscribes to a room's topics. Throws `UsageError` for topic names of another shape, for a room that is joined
   * already, and beyond the most rooms a node bears.
   */
  join(init: RoomNetworkInit): RoomNetwork {
    const { lobby, room: roomTopic } = init.topics
    if (!isRoomTopic(lobby) || !isRoomTopic(roomTopic) || lobby === roomTopic) {
      throw new UsageError('room-topics', 'A room needs two different topic names made by roomTopic().')
    }
    if (this.#rooms.size >= ROOMS_MAX)
      throw new UsageError('too-many-rooms', `Leave a room first: a node is in ${ROOMS_MAX} at most.`)
    if ([...this.#rooms].some((known) => known.has(lobby) || known.has(roomTopic))) {
      throw new UsageError('room-joined', 'This node is in that room already; leave it before joining again.')
    }
    const room = new GossipRoom({
      ...init,
      host: this.#init.host,
      topicsOfNode: this.#init.topics,
      dialer: this.#dialer,
      streams: this.#streams,
      circuits: this.#circuits,
      pulse: this.#pulse,
      files: this.#files,
      isRelay: (peer) => this.#init.relayPeers.has(peer),
      onClose: () => this.#rooms.delete(room),
    })
    this.#rooms.add(room)
    return room
  }

  #roomOf(hash: Uint8Array): GossipRoom | undefined {
    for (const room of this.#rooms) if (room.isNamed(hash)) return room
    return undefined
  }

  async #judgeGossip({ msg, msgId, propagationSource }: GossipsubMessage): Promise<void> {
    const from = propagationSource.toString()
    const room = [...this.#rooms].find((known) => known.has(msg.topic))
    const verdict = (await room?.judgeGossip({ bytes: msg.data, from, topic: msg.topic })) ?? 'ignore'
    // Outsiders who know a topic can write to the bridge; members must not cut it off for what it forwarded.
    const fair = verdict === 'reject' && this.#init.relayPeers.has(from) ? 'ignore' : verdict
    this.#init.host.pubsub.reportMessageValidationResult(msgId, from, RESULTS[fair])
  }

  #opened(connection: Connection): void {
    const peer = connection.remotePeer.toString()
    if (!isDirect(connection) || this.#init.relayPeers.has(peer) || this.#direct.has(peer)) return
    this.#direct.add(peer)
    for (const room of this.#rooms) room.transportChanged(peer, 'webrtc')
  }

  /** Waits a moment: where two connections were one too many, the one that stays may be a little late on this side. */
  #closed(connection: Connection): void {
    const peer = connection.remotePeer.toString()
    if (!this.#direct.has(peer) || this.#settling.has(peer)) return
    const settle = (): void => {
      this.#settling.delete(peer)
      if (this.#dialer.connectionTo(peer) !== undefined) return
      this.#direct.delete(peer)
      for (const room of this.#rooms) room.transportChanged(peer, 'bridge')
    }
    this.#settling.set(peer, setTimeout(settle, TRANSPORT_SETTLE_MS))
  }
}

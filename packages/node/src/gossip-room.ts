/** `RoomNetwork` over gossipsub, direct streams and circuits. */
import { announcedAddresses } from './addresses.ts'
import { UsageError } from './errors.ts'
import { gossipBacklog } from './gossip-streams.ts'
import {
  CONGESTED_BYTES,
  DIRECT_PEERS_MAX,
  FRAME_BYTES_MAX,
  JUDGEMENTS_MAX,
  JUDGEMENT_MS_MAX,
  SEEK_MS,
} from './limits.ts'
import { topicHash } from './topics.ts'
import type { ByteStream } from './files/byte-stream.ts'
import type { FileRequest, FileStreams } from './files/file-streams.ts'
import type { Via } from './room-api.ts'
import type { CircuitPool } from './circuit-pool.ts'
import type { DirectDialer } from './direct-dialer.ts'
import type { DirectStreams } from './direct-streams.ts'
import type { NetworkHost } from './host.ts'
import type { JoinedTopics } from './joined-topics.ts'
import type { Pulse } from './pulse.ts'
import type {
  Channel,
  InboundMessage,
  RoomNetwork,
  RoomNetworkInit,
  Verdict,
  WantedPeer,
} from './room-network.ts'

export interface GossipRoomInit extends RoomNetworkInit {
  host: NetworkHost
  topicsOfNode: JoinedTopics
  dialer: DirectDialer
  streams: DirectStreams
  circuits: CircuitPool
  pulse: Pulse
  files: FileStreams
  isRelay(peer: string): boolean
  onClose(): void
}

export class GossipRoom implements RoomNetwork {
  readonly #init: GossipRoomInit
  readonly #hash: Uint8Array
  /** Peers wanted for a while beyond those that the room wants, each for a reason of its own. */
  readonly #sought = new Map<object, ReturnType<typeof setTimeout>>()
  #judging = 0
  #isClosed = false

  constructor(init: GossipRoomInit) {
    this.#init = init
    this.#hash = topicHash(init.topics.room) ?? new Uint8Array()
    // First the filter: a neighbour may answer the subscription at once.
    init.topicsOfNode.add(Object.values(init.topics))
    for (const topic of Object.values(init.topics)) init.host.pubsub.subscribe(topic)
  }

  /** Throws `UsageError` for more bytes than a frame has. What was published before reaches nobody, and counts 0. */
  async broadcast(channel: Channel, bytes: Uint8Array): Promise<number> {
    checkSize(bytes)
    if (this.#isClosed) return 0
    try {
      const { recipients } = await this.#init.host.pubsub.publish(this.#init.topics[channel], bytes)
      return recipients.length
    } catch {
      // The node is stopping: nobody was reached.
      return 0
    }
  }

  /** Throws `UsageError` for more bytes than a frame has. */
  async send(peer: string, bytes: Uint8Array): Promise<boolean> {
    checkSize(bytes)
    if (this.#isClosed) return false
    if (!(await this.#init.pulse.trusts(peer))) return false
    const frame = { room: this.#hash, message: bytes }
    const connection = this.#init.dialer.connectionTo(peer)
    return connection === undefined
      ? await this.#init.circuits.send(peer, frame)
      : await this.#init.streams.send(connection, frame)
  }

  isRelay(peer: string): boolean {
    return this.#init.isRelay(peer)
  }

  isCongested(): boolean {
    const { host, topics } = this.#init
    if (this.#isClosed) return false
    try {
      const waiting = host.pubsub.getSubscribers(topics.room).map((peer) => gossipBacklog(host, peer))
      return waiting.filter((bytes) => bytes > CONGESTED_BYTES).length > waiting.length / 2
    } catch {
      // The node is stopping: nothing waits for anybody.
      return false
    }
  }

  doubt(peer: string): void {
    this.#init.pulse.doubt(peer)
  }

  want(peers: readonly WantedPeer[]): void {
    if (!this.#isClosed) this.#init.dialer.want(this, peers)
  }

  via(peer: string): Via {
    return this.#init.dialer.connectionTo(peer) === undefined ? 'bridge' : 'webrtc'
  }

  rttMs(peer: string): number | undefined {
    const connection = this.#init.dialer.connectionTo(peer)
    return connection && this.#init.pulse.rttMs(connection)
  }

  seek(peer: string): void {
    const { dialer } = this.#init
    if (this.#isClosed || this.#sought.size >= DIRECT_PEERS_MAX || dialer.wants(peer)) return
    const reason = {}
    dialer.want(reason, [{ peer, addresses: [] }])
    const forget = (): void => {
      dialer.leave(reason)
      this.#sought.delete(reason)
    }
    this.#sought.set(reason, setTimeout(forget, SEEK_MS))
  }

  async openFile(peer: string, request: { id: Uint8Array; from: number }): Promise<ByteStream> {
    const connection = this.#init.dialer.connectionTo(peer)
    if (connection === undefined || this.#isClosed) throw new Error('no direct connection')
    return await this.#init.files.open(connection, request)
  }

  addresses(): string[] {
    const { host } = this.#init
    return announcedAddresses(host.peerId.toString(), host.getMultiaddrs())
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#init.onClose()
    this.#init.dialer.leave(this)
    for (const [reason, timer] of this.#sought) {
      clearTimeout(timer)
      this.#init.dialer.leave(reason)
    }
    const topics = Object.values(this.#init.topics)
    this.#init.topicsOfNode.delete(topics)
    const { pubsub } = this.#init.host
    try {
      for (const topic of pubsub.getTopics().filter((known) => topics.includes(known))) {
        pubsub.unsubscribe(topic)
      }
    } catch {
      // A node that has been stopped meanwhile is in no topic any more, and says so by throwing.
    }
  }

  has(topic: string): boolean {
    return topic === this.#init.topics.lobby || topic === this.#init.topics.room
  }

  /** Whether a direct frame's header means this room. */
  isNamed(hash: Uint8Array): boolean {
    return this.#hash.length === hash.length && this.#hash.every((byte, i) => byte === hash[i])
  }

  async judgeDirect(from: string, bytes: Uint8Array): Promise<Verdict> {
    return await this.#judge({ bytes, from, path: 'direct' })
  }

  async judgeGossip({
    bytes,
    from,
    topic,
  }: {
    bytes: Uint8Array
    from: string
    topic: string
  }): Promise<Verdict> {
    return await this.#judge({ bytes, from, path: topic === this.#init.topics.lobby ? 'lobby' : 'room' })
  }

  fileAsked(request: FileRequest): boolean {
    return !this.#isClosed && this.#init.onFile?.(request) === true
  }

  transportChanged(peer: string, via: Via): void {
    this.#init.onTransport(peer, via)
  }

  async #judge(message: InboundMessage): Promise<Verdict> {
    if (this.#isClosed || this.#judging >= JUDGEMENTS_MAX) return 'ignore'
    this.#judging += 1
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<Verdict>((resolve) => {
      timer = setTimeout(() => resolve('ignore'), JUDGEMENT_MS_MAX)
    })
    try {
      return await Promise.race([this.#init.onMessage(message), late])
    } catch {
      // Its contract says never; one message must not end the process even so.
      return 'ignore'
    } finally {
      clearTimeout(timer)
      this.#judging -= 1
    }
  }
}

function checkSize(bytes: Uint8Array): void {
  if (bytes.length === 0 || bytes.length > FRAME_BYTES_MAX) {
    throw new UsageError(
      'frame-size',
      `A frame has 1 to ${FRAME_BYTES_MAX} bytes, not ${bytes.length}; split it.`,
    )
  }
}

/**
 * The bridge forwards room topics between clients that have no direct path to each other. It subscribes to what its
 * clients subscribe to, as long as that has the shape of a room's topic; it sees hashes for names and ciphertext.
 */
import { TopicValidatorResult, commonOptions, gossipsub } from '../gossipsub.ts'
import { isRoomTopic } from '../topics.ts'
import { ByteBudget } from '../byte-budget.ts'
import type { GossipSub } from '../gossipsub.ts'
import type { RelayLimits } from './limits.ts'
import type { GossipSubComponents } from '@libp2p/gossipsub'
import type { Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'

/** The relay meshes with every client: with gossipsub's degrees 40 clients got 72 % of the messages, with these all. */
const EVERY_CLIENT = { D: 1000, Dlo: 900, Dhi: 5000, Dout: 0, Dscore: 0 } as const

/** Room for a client's topics of other kinds, which are kept in the books though nothing is done about them. */
const MIN_TOPIC_BYTES = 128 * 1024

export function bridgeGossipsub(limits: RelayLimits): (components: GossipSubComponents) => GossipSub {
  return gossipsub({
    ...commonOptions(isRoomTopic),
    ...EVERY_CLIENT,
    // Above what is bridged, so that the cap that counts is our own. gossipsub counts 1 KiB and the name for each.
    maxTopicBytesPerPeer: Math.max(MIN_TOPIC_BYTES, 2 * limits.topicsPerClient * 1_200),
    allowPublishToZeroTopicPeers: true,
  })
}

export interface BridgeInit {
  node: TypedEventTarget<Libp2pEvents>
  pubsub: GossipSub
  limits: RelayLimits
}

export class Bridge {
  readonly #pubsub: GossipSub
  readonly #limits: RelayLimits
  readonly #budget: ByteBudget
  /** Topic to the clients that asked for it. */
  readonly #clientsOf = new Map<string, Set<string>>()
  readonly #topicsOf = new Map<string, Set<string>>()
  readonly #listening = new AbortController()

  constructor({ node, pubsub, limits }: BridgeInit) {
    this.#pubsub = pubsub
    this.#limits = limits
    this.#budget = new ByteBudget(limits)
    const until = { signal: this.#listening.signal }
    pubsub.addEventListener(
      'subscription-change',
      ({ detail }) => {
        for (const { topic, subscribe } of detail.subscriptions) {
          if (subscribe) this.#add(detail.peerId.toString(), topic)
          else this.#remove(detail.peerId.toString(), topic)
        }
      },
      until,
    )
    node.addEventListener('peer:disconnect', ({ detail }) => this.#forget(detail), until)
  }

  /** Number of topics bridged. */
  get topics(): number {
    return this.#clientsOf.size
  }

  stop(): void {
    this.#listening.abort()
    for (const topic of this.#clientsOf.keys()) this.#unsubscribe(topic)
  }

  #add(client: string, topic: string): void {
    if (!isRoomTopic(topic)) return
    const topics = this.#topicsOf.get(client) ?? new Set()
    if (topics.has(topic) || topics.size >= this.#limits.topicsPerClient) return
    const clients = this.#clientsOf.get(topic) ?? this.#subscribe(topic)
    if (clients === undefined) return
    clients.add(client)
    topics.add(topic)
    this.#topicsOf.set(client, topics)
  }

  #subscribe(topic: string): Set<string> | undefined {
    if (this.#clientsOf.size >= this.#limits.topics) return undefined
    const clients = new Set<string>()
    this.#clientsOf.set(topic, clients)
    this.#pubsub.topicValidators.set(topic, (from, message) => this.#judge(from, topic, message.data.length))
    this.#pubsub.subscribe(topic)
    return clients
  }

  /** Only the client's own bytes count, and nobody is penalised: the bridge cannot tell who is right about a room. */
  #judge(from: PeerId, topic: string, bytes: number): TopicValidatorResult {
    const client = from.toString()
    const isClient = this.#topicsOf.get(client)?.has(topic) ?? false
    return isClient && this.#budget.take(client, bytes)
      ? TopicValidatorResult.Accept
      : TopicValidatorResult.Ignore
  }

  #remove(client: string, topic: string): void {
    const topics = this.#topicsOf.get(client)
    if (topics === undefined || !topics.delete(topic)) return
    if (topics.size === 0) this.#topicsOf.delete(client)
    const clients = this.#clientsOf.get(topic)
    clients?.delete(client)
    if (clients?.size === 0) this.#unsubscribe(topic)
  }

  #unsubscribe(topic: string): void {
    this.#clientsOf.delete(topic)
    this.#pubsub.topicValidators.delete(topic)
    this.#pubsub.unsubscribe(topic)
  }

  #forget(peer: PeerId): void {
    const client = peer.toString()
    this.#budget.delete(client)
    for (const topic of Array.from(this.#topicsOf.get(client) ?? [])) this.#remove(client, topic)
  }
}

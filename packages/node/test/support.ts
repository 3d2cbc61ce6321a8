/** Nodes, relays and waiting, for tests on loopback. */
import { PeerNetwork } from '../src/peer-network.ts'
import { RelaySupervisor } from '../src/relay-supervisor.ts'
import { createPeerNode } from '../src/libp2p-options.ts'
import { createRelay } from '../src/relay/index.ts'
import { hostOfNode } from '../src/host.ts'
import { roomTopic } from '../src/topics.ts'
import type { InboundMessage, RoomNetwork, Verdict } from '../src/room-network.ts'
import type { PeerNode, PeerNodeInit } from '../src/libp2p-options.ts'
import type { Relay, RelayInit } from '../src/relay/index.ts'
import type { RelayProblem, RelayState } from '../src/relay-supervisor.ts'

const POLL_MS = 10

/** Resolves with the first value that is neither false nor undefined; fails after `ms` with `what`. */
export async function until<T>(what: string, check: () => T | false | undefined, ms = 15_000): Promise<T> {
  const deadline = performance.now() + ms
  for (;;) {
    const value = check()
    if (value !== false && value !== undefined) return value
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

export function randomSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32))
}

export function topicsNamed(digit: string): { lobby: string; room: string } {
  return { lobby: roomTopic('lobby', digit.repeat(64)), room: roomTopic('room', digit.repeat(64)) }
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)
export const read = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

export interface TestPeer {
  readonly peer: string
  readonly node: PeerNode
  readonly network: PeerNetwork
  readonly supervisor: RelaySupervisor
  readonly states: RelayState[]
  readonly problems: RelayProblem[]
  stop(): Promise<void>
}

export interface TestRoom {
  readonly room: RoomNetwork
  readonly heard: InboundMessage[]
  readonly transports: string[]
  /** Texts heard by that path. */
  texts(path?: InboundMessage['path']): string[]
}

/** Everything started by one test file, stopped in the reverse order. */
export class Cleanup {
  readonly #stops: (() => Promise<void>)[] = []

  add(stop: () => Promise<void>): void {
    this.#stops.push(stop)
  }

  async run(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop()
  }

  async relay(init: Partial<RelayInit> = {}): Promise<Relay> {
    const relay = await createRelay({ seed: randomSeed(), ...init })
    this.add(async () => await relay.stop())
    return relay
  }

  async peer(relays: readonly string[], init: Partial<PeerNodeInit> = {}): Promise<TestPeer> {
    const peer = await startPeer(relays, init)
    this.add(async () => await peer.stop())
    return peer
  }
}

export async function startPeer(
  relays: readonly string[],
  init: Partial<PeerNodeInit> = {},
): Promise<TestPeer> {
  const node = await createPeerNode({ seed: randomSeed(), rtcConfiguration: { iceServers: [] }, ...init })
  const host = hostOfNode(node.libp2p)
  const states: RelayState[] = []
  const problems: RelayProblem[] = []
  const supervisor = new RelaySupervisor({
    host,
    relayPeers: node.relays,
    onChange: (state) => states.push(state),
    onProblem: (problem) => problems.push(problem),
  })
  const network = new PeerNetwork({ host, topics: node.topics, relayPeers: node.relays, supervisor })
  await network.start()
  supervisor.add(relays)
  const stop = async (): Promise<void> => {
    await network.stop()
    await supervisor.stop()
    await node.libp2p.stop()
  }
  return { peer: node.libp2p.peerId.toString(), node, network, supervisor, states, problems, stop }
}

export function joinRoom(
  { network }: TestPeer,
  topics: { lobby: string; room: string },
  judge: (message: InboundMessage) => Verdict | Promise<Verdict> = () => 'accept',
): TestRoom {
  const heard: InboundMessage[] = []
  const transports: string[] = []
  const room = network.join({
    topics,
    onMessage: async (message) => {
      heard.push(message)
      return await judge(message)
    },
    onTransport: (peer, via) => transports.push(`${peer} ${via}`),
  })
  const texts = (path?: InboundMessage['path']): string[] =>
    heard.filter((message) => path === undefined || message.path === path).map(({ bytes }) => read(bytes))
  return { room, heard, transports, texts }
}

/** A relay has a room's topics as soon as one member asked for them; what is said before the other one did is lost. */
export async function bridged(from: TestRoom, to: TestRoom): Promise<void> {
  let attempt = 0
  await until('the bridge', () => {
    void from.room.broadcast('room', text(String(attempt++)))
    return to.heard.length > 0
  })
}

export async function reserved(...peers: TestPeer[]): Promise<void> {
  for (const { supervisor } of peers) {
    await until('a reservation', () => supervisor.states().some(({ status }) => status === 'reserved'))
  }
}

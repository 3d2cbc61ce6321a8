/**
 * A member gone bad, over a real network but inside the test: it records every frame and stream that reaches it, copies
 * every key it ever holds, and stays connected when it is excluded.
 */
import {
  decodeInvite,
  makeProof,
  Member,
  nobleSigner,
  nobleSuite,
  type Group,
  type Notification,
} from '@conclave/protocol'
import { Driver } from '../../packages/node/src/driver.ts'
import { hostOfNode } from '../../packages/node/src/host.ts'
import { createIdentity } from '../../packages/node/src/identity.ts'
import { createPeerNode } from '../../packages/node/src/libp2p-options.ts'
import { PeerNetwork } from '../../packages/node/src/peer-network.ts'
import { RelaySupervisor } from '../../packages/node/src/relay-supervisor.ts'
import { RoomStore } from '../../packages/node/src/room-store.ts'
import { memoryStore } from '../../packages/node/src/store.ts'
import { Verifier } from '../../packages/node/src/verifier.ts'
import type { InboundMessage, RoomNetwork } from '../../packages/node/src/room-network.ts'
import { until } from './until.ts'

export class Spy {
  readonly group: Group
  readonly member: Member
  readonly recorded: InboundMessage[] = []
  readonly notifications: Notification[] = []
  /** Called after each step, to copy what the member holds before it is erased. */
  onStep: () => void = () => undefined
  readonly #publicKey: Uint8Array
  readonly #supervisor: RelaySupervisor
  readonly #driver: Driver
  readonly #stop: () => Promise<void>

  private constructor(parts: {
    group: Group
    member: Member
    publicKey: Uint8Array
    network: PeerNetwork
    supervisor: RelaySupervisor
    stop: () => Promise<void>
  }) {
    this.group = parts.group
    this.member = parts.member
    this.#publicKey = parts.publicKey
    this.#supervisor = parts.supervisor
    this.#stop = parts.stop
    this.#driver = new Driver({
      member: parts.member,
      verifier: new Verifier(),
      store: new RoomStore(memoryStore(), parts.group),
      openNetwork: ({ onMessage }) =>
        parts.network.join({
          topics: parts.group.topics,
          onTransport: () => undefined,
          onMessage: async (message) => {
            this.recorded.push(message)
            const verdict = await onMessage(message)
            this.onStep()
            return verdict
          },
        }),
      onNotification: (notification) => {
        this.notifications.push(notification)
        this.onStep()
      },
      onTrouble: () => undefined,
      onWaiting: () => undefined,
    })
  }

  /** A spy on the room of an invite; it does not enter by itself. */
  static async on(invite: string): Promise<Spy> {
    const { seed, publicKey } = await createIdentity()
    const { group, relays } = decodeInvite(invite, nobleSuite, 0)
    const { libp2p, topics, relays: relayPeers } = await createPeerNode({ seed })
    const host = hostOfNode(libp2p)
    const supervisor = new RelaySupervisor({ host, relayPeers })
    const network = new PeerNetwork({ host, topics, relayPeers, supervisor })
    await network.start()
    supervisor.add(relays)
    const { sign } = nobleSigner(seed)
    const start = {
      now: performance.now(),
      entropy: crypto.getRandomValues(new Uint8Array(32)),
      wallSeconds: 0,
    }
    const member = new Member({ group, signer: { publicKey, sign }, name: 'spy', start })
    const stop = async (): Promise<void> => {
      await supervisor.stop()
      await network.stop()
      await libp2p.stop()
    }
    return new Spy({ group, member, publicKey, network, supervisor, stop })
  }

  /** Enters as anybody would, and resolves when it is in. */
  async enter(invite: string): Promise<void> {
    const { grant, seed } = decodeInvite(invite, nobleSuite, 0)
    const proof = makeProof(this.group.id, nobleSigner(seed), this.#publicKey)
    await until(() => this.#supervisor.connected().length > 0, { what: 'the relay answers' })
    this.#driver.run((at) => this.member.start({ kind: 'join', evidence: { grant, proof } }, at))
    await until(() => this.member.state.status === 'joined', { what: 'the spy is let in' })
  }

  get network(): RoomNetwork {
    return this.#driver.network
  }

  async stop(): Promise<void> {
    await this.#driver.close()
    await this.#stop()
  }
}

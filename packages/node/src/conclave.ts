/** Rooms on a libp2p node: as a service of a node that somebody has, and what `joinRoom` builds on. */
import { Member, type Entrance, type Group, type Operation, type Timing } from '@conclave/protocol'
import { stepContext } from './clock.ts'
import { Entries, type Entry } from './entries.ts'
import { UsageError } from './errors.ts'
import { hostOfComponents, type HostComponents, type NetworkHost } from './host.ts'
import type { JoinedTopics } from './joined-topics.ts'
import { NODE_RELAYS_MAX, RELAYS_MAX } from './limits.ts'
import { Moves } from './moves.ts'
import { PeerNetwork } from './peer-network.ts'
import { RelayPeers } from './relay-peers.ts'
import { RelaySupervisor, type RelayProblem, type RelayState } from './relay-supervisor.ts'
import { lastRoom, rememberRoom, RoomStore } from './room-store.ts'
import { Room, type RoomControls } from './room.ts'
import { Seat } from './seat.ts'
import { createSigner } from './signer.ts'
import { SleepWatch } from './sleep-watch.ts'
import { memoryStore } from './store.ts'
import { Verifier } from './verifier.ts'
import { markWebRtcUsed } from './webrtc-cleanup.ts'
import type { RoomPolicy } from './room-api.ts'
import type { Datastore } from 'interface-datastore'
import type { PrivateKey } from '@libp2p/interface'

/** How the rooms of one node are kept. */
export interface ConclaveInit {
  /** Multiaddrs of circuit relays to keep dialled; three at most; those of the rooms that we come into come on top, six in all. */
  relays?: readonly string[]
  /** Where rooms keep their logs; memory by default. */
  datastore?: Datastore
  /** The protocol's durations; for tests. */
  timing?: Partial<Timing>
  /** Called when a room has closed, whoever closed it. */
  onRoomClosed?(): Promise<void>
}

/** How a member shows itself in one room. */
export interface MemberOptions {
  /**
   * Display name, 64 bytes at most; none by default. The others see it with our admission: who comes back as the member that it was keeps
   * the name that it had. It need not be unique, nor is it checked.
   */
  name?: string
  /** Aborting it ends the way into the room, which then rejects with the signal's reason, and closes the room later on. */
  signal?: AbortSignal
}

/** How a room is made. */
export interface NewRoomOptions extends MemberOptions {
  /** Who may do what, for good. By default whoever has an invite is let in, and any member may exclude. */
  policy?: Partial<RoomPolicy>
}

interface ConclaveParts {
  readonly host: NetworkHost
  /** The node's Ed25519 seed: its peer id is the member's. */
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
  readonly topics: JoinedTopics
  readonly relayPeers: RelayPeers
}

/** The rooms of one node. */
export class Conclave {
  readonly #parts: ConclaveParts
  readonly #init: ConclaveInit
  readonly #datastore: Datastore
  readonly #supervisor: RelaySupervisor
  readonly #network: PeerNetwork
  readonly #verifier = new Verifier()
  readonly #entries: Entries
  readonly #rooms = new Map<Room, RoomControls>()
  readonly #sleep = new SleepWatch(() => this.#woke())
  #problem: RelayProblem | undefined

  constructor(parts: ConclaveParts, init: ConclaveInit) {
    this.#parts = parts
    this.#init = init
    this.#datastore = init.datastore ?? memoryStore()
    const { host, relayPeers, topics } = parts
    this.#supervisor = new RelaySupervisor({
      host,
      relayPeers,
      onChange: (state) => this.#relayChanged(state),
      onProblem: (problem) => this.#relayFailed(problem),
    })
    this.#network = new PeerNetwork({ host, topics, relayPeers, supervisor: this.#supervisor })
    const { publicKey } = parts
    this.#entries = new Entries({ publicKey, verifier: this.#verifier, relays: () => this.#relays() })
  }

  /** Called by libp2p when the node starts. */
  async start(): Promise<void> {
    await this.#network.start()
    this.#sleep.start()
    this.#supervisor.add((this.#init.relays ?? []).slice(0, RELAYS_MAX))
  }

  /** Called by libp2p when the node stops: every room goes offline, none is left. */
  async stop(): Promise<void> {
    this.#sleep.stop()
    for (const room of this.#rooms.keys()) await room.close()
    await this.#supervisor.stop()
    await this.#network.stop()
  }

  /** A new room that one enters by invite, with us as its first member. Resolves at once, and rejects as `createRoom` does. */
  async create(options: NewRoomOptions = {}): Promise<Room> {
    return await this.#enter(this.#entries.create(options.policy), options)
  }

  /**
   * Enters a room by an invite, by a link that holds one, or by an open room's name; without either the one this store
   * was last used for. Resolves at once; `joined` tells when we are in. Rejects as `joinRoom` does.
   */
  async join(inviteOrName?: string, options: MemberOptions = {}): Promise<Room> {
    const entry = inviteOrName === undefined ? await this.#lastEntry() : await this.#entries.of(inviteOrName)
    return await this.#enter(entry, options)
  }

  async #lastEntry(): Promise<Entry> {
    const record = await lastRoom(this.#datastore)
    if (record === undefined)
      throw new UsageError('no-room', 'Name a room or give an invite: none is stored here.')
    return await this.#entries.again(record)
  }

  async #enter(entry: Entry, options: MemberOptions): Promise<Room> {
    const { signal } = options
    signal?.throwIfAborted()
    const sitDown = async (at: Entry): Promise<Seat> => {
      const { seat, start } = await this.#sitDown(at, options)
      start()
      return seat
    }
    const remember = async ({ record }: Entry): Promise<void> => await rememberRoom(this.#datastore, record)
    await remember(entry)
    // From here on nothing waits: what the member has to say at once must find somebody who listens.
    const { seat, start } = await this.#sitDown(entry, options)
    const close = (): void => void room.close()
    const room: Room = new Room({
      seat,
      moves: new Moves({ entries: this.#entries, sitDown, remember }),
      relays: () => this.#supervisor.states().map(({ address, status }) => ({ address, status })),
      handOver: (made, controls) => {
        this.#rooms.set(made, controls)
        controls.setOnline(this.#isOnline)
      },
      onClose: async () => {
        signal?.removeEventListener('abort', close)
        this.#rooms.delete(room)
        await this.#init.onRoomClosed?.()
      },
    })
    start()
    if (this.#problem && !this.#isOnline)
      this.#rooms.get(room)?.report(this.#problem.code, this.#problem.message)
    signal?.addEventListener('abort', close)
    if (signal?.aborted !== true) return room
    await room.close()
    throw signal.reason
  }

  async #sitDown(entry: Entry, options: MemberOptions): Promise<{ seat: Seat; start: () => void }> {
    const store = new RoomStore(this.#datastore, entry.group)
    const stored = await store.load()
    const seat = this.#seat(entry, store, options)
    return { seat, start: () => seat.start(entranceOf(entry, stored), stored) }
  }

  #seat({ group, relays }: Entry, store: RoomStore, { name }: MemberOptions): Seat {
    this.#supervisor.add(relays)
    if (relays.length > 0 && !relays.some((relay) => this.#supervisor.keeps(relay))) {
      const message = `That room is met at none of the ${NODE_RELAYS_MAX} relays that this node keeps. Start anew, with fewer relays, and enter it then.`
      throw new UsageError('too-many-relays', message)
    }
    return new Seat({
      member: this.#member(group, name),
      verifier: this.#verifier,
      store,
      // The room's own first: members may reach no others.
      relays: [...new Set([...relays, ...this.#relays()])].slice(0, RELAYS_MAX),
      openNetwork: (handlers) => this.#network.join({ topics: group.topics, ...handlers }),
    })
  }

  #member(group: Group, name: string | undefined): Member {
    const { seed, publicKey } = this.#parts
    const start = stepContext()
    const { timing } = this.#init
    return new Member({
      group,
      signer: { publicKey, sign: createSigner(seed) },
      start,
      ...(name !== undefined && { name }),
      ...(timing && { timing }),
    })
  }

  #relays(): string[] {
    return this.#supervisor.states().map(({ address }) => address)
  }

  get #isOnline(): boolean {
    return this.#supervisor.connected().length > 0
  }

  #relayChanged({ status }: RelayState): void {
    for (const [room, { setOnline, announce }] of this.#rooms) {
      setOnline(this.#isOnline)
      announce()
      // Not when it is only connected: gossip, too, needs a moment to hear who is there.
      if (status === 'reserved') room.wake()
    }
  }

  #woke(): void {
    this.#network.wake()
    for (const room of this.#rooms.keys()) room.wake()
  }

  #relayFailed(problem: RelayProblem): void {
    this.#problem = problem
    for (const { report } of this.#rooms.values()) report(problem.code, problem.message)
  }
}

/** A room that was founded already is entered as a member of it, never founded again. */
function entranceOf({ entrance }: Entry, stored: readonly Operation[]): Entrance {
  return stored.length > 0 && entrance.kind === 'found' ? { kind: 'join' } : entrance
}

/**
 * Rooms as a service of a libp2p node: `services: { identify: identify(), pubsub: memberGossipsub(topics.has), rooms:
 * conclave({ topics }) }`. The node needs an Ed25519 identity.
 */
export function conclave(init: ConclaveInit & { topics: JoinedTopics; relays?: readonly string[] }) {
  return (components: HostComponents & { privateKey: PrivateKey }): Conclave => {
    const { privateKey } = components
    if (privateKey.type !== 'Ed25519') {
      throw new UsageError('identity-kind', 'Rooms need a node with an Ed25519 identity.')
    }
    markWebRtcUsed()
    return new Conclave(
      {
        host: hostOfComponents(components),
        // libp2p keeps seed and public key in one: the first half is the seed.
        seed: privateKey.raw.subarray(0, 32),
        publicKey: privateKey.publicKey.raw,
        topics: init.topics,
        relayPeers: new RelayPeers(),
      },
      init,
    )
  }
}

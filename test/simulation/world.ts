/**
 * A world of members on a virtual clock. It plays the shell for each of them and the network between them, with seeded
 * faults; nothing in it takes real time, and the same seed gives the same history.
 */
import {
  type Entrance,
  type Group,
  isRejection,
  Member,
  type MemberState,
  type Notification,
  openRoom,
  type Output,
  type PeerId,
  type StepContext,
  type Timing,
} from '@conclave/protocol'
import { FastSuite } from './fast-suite.ts'
import { Random } from './random.ts'

export interface Faults {
  /** Probability that a delivery is lost, or comes twice. */
  loss: number
  duplication: number
  /** Deliveries take between these many milliseconds, each on its own: what was sent later may come first. */
  latencyMs: readonly [number, number]
}

export interface Delivery {
  readonly at: number
  readonly from: SimPeer
  readonly to: SimPeer
  readonly bytes: Uint8Array
}

interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export const CALM: Faults = { loss: 0, duplication: 0, latencyMs: [5, 20] }

/** One simulated process: a member and what its user saw. */
export class SimPeer {
  readonly label: string
  readonly member: Member
  readonly seen: Notification[] = []
  /** Everything that ever reached it, as it would be recorded by somebody who keeps it all. */
  readonly recorded: Uint8Array[] = []
  alive = true
  /** Peers in different compartments do not reach each other. */
  compartment = 0
  readonly #world: World

  constructor(world: World, label: string, member: Member) {
    this.#world = world
    this.label = label
    this.member = member
  }

  get id(): PeerId {
    return this.member.self
  }

  get state(): MemberState {
    return this.member.state
  }

  get texts(): string[] {
    return this.seen.flatMap((notification) => (notification.event === 'message' ? [notification.text] : []))
  }

  start(entrance: Entrance): void {
    this.#act((at) => this.member.start(entrance, at))
  }

  say(text: string): void {
    this.#act((at) => this.member.say(text, at))
  }

  exclude(others: readonly SimPeer[], reason = ''): void {
    const peers = others.map(({ id }) => id)
    this.#act((at) => this.member.exclude(peers, reason, at))
  }

  leave(): void {
    this.#act((at) => this.member.leave(at))
  }

  crash(): void {
    this.alive = false
  }

  receive(bytes: Uint8Array, from: string): void {
    if (!this.alive) return
    const inbound = { bytes, from }
    const screened = this.member.screen(inbound, this.#world.now)
    if (isRejection(screened)) {
      this.#world.count(screened.rejected)
      return
    }
    if (screened.kind === 'waiting') {
      this.#act((at) => this.member.hold(inbound, screened.awaits, at))
      return
    }
    if (!screened.claims.every((claim) => this.#world.suite.verify(claim))) {
      this.#world.count('bad-signature')
      return
    }
    this.#act((at) => this.member.handle(screened, at))
  }

  /** Runs one step and carries out what it asks for. */
  #act(step: (at: StepContext) => Output[]): void {
    if (!this.alive) return
    const outputs = step(this.#world.step())
    for (const output of outputs) this.#world.carryOut(this, output)
    this.#world.schedule(this)
  }

  tick(): void {
    this.#act((at) => this.member.tick(at))
  }
}

export class World {
  readonly random: Random
  readonly suite = new FastSuite()
  readonly group: Group
  readonly peers: SimPeer[] = []
  readonly rejections = new Map<string, number>()
  /** Sent frames and bytes by what they were about. */
  readonly traffic = new Map<string, { messages: number; bytes: number }>()
  faults: Faults = CALM
  now = 1_000
  /** Sees each delivery before it is made; may drop it by returning false. */
  filter: (delivery: Delivery) => boolean = () => true
  readonly #timing: Partial<Timing>
  readonly #ticks = new Map<SimPeer, number>()
  #events: Event[] = []
  #order = 0

  constructor(seed: number, options: { timing?: Partial<Timing>; group?: Group } = {}) {
    this.random = new Random(seed)
    this.#timing = options.timing ?? {}
    this.group = options.group ?? openRoom('simulation', this.suite)
  }

  /** A new peer with a fresh identity, not started yet. */
  peer(label: string): SimPeer {
    const signer = this.suite.signer(this.random.bytes(32))
    const member = new Member({
      group: this.group,
      signer,
      name: label,
      timing: this.#timing,
      start: this.step(),
    })
    const peer = new SimPeer(this, label, member)
    this.peers.push(peer)
    return peer
  }

  step(): StepContext {
    return { now: this.now, entropy: this.random.bytes(32), wallSeconds: 1_800_000_000 + this.now / 1_000 }
  }

  count(code: string): void {
    this.rejections.set(code, (this.rejections.get(code) ?? 0) + 1)
  }

  carryOut(peer: SimPeer, output: Output): void {
    switch (output.kind) {
      case 'broadcast':
        this.#tally(output.about, output.bytes)
        for (const other of this.peers) if (other !== peer) this.#deliver(peer, other, output.bytes)
        break
      case 'send':
        this.#tally(output.about, output.bytes)
        for (const other of this.peers) if (other.id === output.to) this.#deliver(peer, other, output.bytes)
        break
      case 'retry':
        this.at(this.now, () => peer.receive(output.inbound.bytes, output.inbound.from))
        break
      case 'notify':
        peer.seen.push(output.notification)
        break
      case 'store':
        break
    }
  }

  #tally(about: string, bytes: Uint8Array): void {
    const tally = this.traffic.get(about) ?? { messages: 0, bytes: 0 }
    tally.messages++
    tally.bytes += bytes.length
    this.traffic.set(about, tally)
  }

  #deliver(from: SimPeer, to: SimPeer, bytes: Uint8Array): void {
    if (from.compartment !== to.compartment || this.random.chance(this.faults.loss)) return
    const copies = this.random.chance(this.faults.duplication) ? 2 : 1
    const [least, most] = this.faults.latencyMs
    for (let copy = 0; copy < copies; copy++) {
      const at = this.now + least + this.random.next() * (most - least)
      if (!this.filter({ at, from, to, bytes })) continue
      this.at(at, () => {
        to.recorded.push(bytes)
        to.receive(bytes, from.id)
      })
    }
  }

  at(at: number, run: () => void): void {
    this.#events.push({ at, order: this.#order++, run })
  }

  /** Sees to it that a peer is ticked at its next deadline. */
  schedule(peer: SimPeer): void {
    const deadline = peer.member.nextDeadline
    if (deadline === undefined) return
    const planned = this.#ticks.get(peer)
    if (planned !== undefined && planned <= deadline && planned > this.now) return
    const at = Math.max(deadline, this.now)
    this.#ticks.set(peer, at)
    this.at(at, () => {
      if (this.#ticks.get(peer) !== at) return
      this.#ticks.delete(peer)
      peer.tick()
    })
  }

  /** Lets `ms` of virtual time pass. */
  run(ms: number): void {
    const end = this.now + ms
    for (;;) {
      let next: Event | undefined
      for (const event of this.#events) {
        if (event.at > end) continue
        if (next === undefined || event.at < next.at || (event.at === next.at && event.order < next.order))
          next = event
      }
      if (next === undefined) break
      this.#events.splice(this.#events.indexOf(next), 1)
      this.now = Math.max(this.now, next.at)
      next.run()
    }
    this.now = end
  }

  /** Lets time pass until `condition` holds; throws when it does not within `ms`. */
  until(condition: () => boolean, ms: number, what: string): void {
    const end = this.now + ms
    while (!condition()) {
      if (this.now >= end) throw new Error(`${what}: not within ${ms} ms`)
      this.run(25)
    }
  }
}

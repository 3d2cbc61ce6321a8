/**
 * A world of members on a virtual clock. It plays the shell for each of them and the network between them, with seeded
 * faults; nothing in it takes real time, and the same seed gives the same history.
 */
import {
  type Group,
  Member,
  openRoom,
  type Output,
  type Signer,
  type StepContext,
  type Timing,
} from '@conclave/protocol'
import { EventQueue } from './event-queue.ts'
import { FastSuite } from './fast-suite.ts'
import { SimPeer } from './peer.ts'
import { Random } from './random.ts'

export type { SimPeer } from './peer.ts'

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

export const CALM: Faults = { loss: 0, duplication: 0, latencyMs: [5, 20] }

/** More than a thousand members ever do at one moment. */
const AT_ONCE_MAX = 100_000

export interface WorldOptions {
  readonly timing?: Partial<Timing>
  readonly group?: (suite: FastSuite) => Group
}

export class World {
  readonly random: Random
  readonly suite = new FastSuite()
  readonly group: Group
  readonly peers: SimPeer[] = []
  readonly rejections = new Map<string, number>()
  readonly injected = new Map<string, number>()
  /** Sent frames and bytes by what they were about. */
  readonly traffic = new Map<string, { messages: number; bytes: number }>()
  faults: Faults = CALM
  now = 1_000
  /** Sees each delivery before it is made; may drop it by returning false. */
  filter: (delivery: Delivery) => boolean = () => true
  /** Sees what each step of a peer gives, before it is carried out. */
  onStep: (peer: SimPeer, outputs: readonly Output[]) => void = () => undefined
  readonly #timing: Partial<Timing>
  readonly #ticks = new Map<SimPeer, number>()
  readonly #events = new EventQueue()
  /** Events so far at this moment. */
  #atOnce = 0
  readonly #byId = new Map<string, SimPeer[]>()

  constructor(seed: number, options: WorldOptions = {}) {
    this.random = new Random(seed)
    this.#timing = options.timing ?? {}
    this.group = options.group?.(this.suite) ?? openRoom('simulation', this.suite)
  }

  /** A new peer, not started yet, with a fresh identity unless it is given one. */
  peer(label: string, signer: Signer = this.suite.signer(this.random.bytes(32))): SimPeer {
    const peer = new SimPeer(this, label, { signer, member: this.memberFor(signer, label) })
    this.peers.push(peer)
    this.#byId.set(peer.id, [...(this.#byId.get(peer.id) ?? []), peer])
    return peer
  }

  memberFor(signer: Signer, name: string): Member {
    return new Member({ group: this.group, signer, name, timing: this.#timing, start: this.step() })
  }

  step(): StepContext {
    return { now: this.now, entropy: this.random.bytes(32), wallSeconds: 1_800_000_000 + this.now / 1_000 }
  }

  count(code: string): void {
    this.rejections.set(code, (this.rejections.get(code) ?? 0) + 1)
  }

  /** Counts a fault. */
  inject(fault: string): void {
    this.injected.set(fault, (this.injected.get(fault) ?? 0) + 1)
  }

  carryOut(peer: SimPeer, output: Output): void {
    switch (output.kind) {
      case 'broadcast':
        this.#tally(output.about, output.bytes)
        for (const other of this.peers) if (other !== peer) this.#deliver(peer, other, output.bytes)
        break
      case 'send':
        this.#tally(output.about, output.bytes)
        for (const other of this.#byId.get(output.to) ?? []) this.#deliver(peer, other, output.bytes)
        break
      case 'retry':
        this.at(this.now, () => peer.receive(output.inbound.bytes, output.inbound.from))
        break
      case 'notify':
        peer.seen.push(output.notification)
        break
      case 'forget':
        peer.stored.length = 0
        break
      case 'store':
        peer.stored.push(...output.operations)
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
    if (from.compartment !== to.compartment) return this.inject('cut off')
    if (to.deaf) return this.inject('unheard')
    if (this.random.chance(this.faults.loss)) return this.inject('lost')
    const copies = this.random.chance(this.faults.duplication) ? 2 : 1
    if (copies === 2) this.inject('duplicated')
    const [least, most] = this.faults.latencyMs
    for (let copy = 0; copy < copies; copy++) {
      const at = this.now + least + this.random.next() * (most - least)
      if (!this.filter({ at, from, to, bytes })) continue
      this.at(at, () => to.receive(bytes, from.id))
    }
  }

  at(at: number, run: () => void): void {
    this.#events.push(at, run)
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
    for (let next = this.#events.pop(end); next !== undefined; next = this.#events.pop(end)) {
      this.#atOnce = next.at > this.now ? 0 : this.#atOnce + 1
      if (this.#atOnce > AT_ONCE_MAX)
        throw new Error('something is due again and again, and time stands still')
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

/** A room of very many members: how it comes back from disk, lets a crowd in, talks and excludes, and what each costs. */
import type { Output } from '@conclave/protocol'
import { makeOperation, type Operation } from '../../packages/protocol/src/log/operation.ts'
import { whyApart } from './checkers.ts'
import { type Faults, type SimPeer, World } from './world.ts'

/** What happened in one part of a crowd's life. */
export interface Phase {
  readonly name: string
  readonly members: number
  /** Virtual milliseconds until it was over. */
  readonly virtualMs: number
  readonly wallMs: number
  /** What was sent, by what it was about; a broadcast counts once. */
  readonly sent: ReadonlyMap<string, { messages: number; bytes: number }>
  /** Messages that one member received, on average and the one that received most, and bytes on average. */
  readonly received: { readonly mean: number; readonly most: number; readonly bytes: number }
  /** Hashes and MACs that a member computed, on average. */
  readonly hashes: number
  /** Messages that the member which sent most sent. */
  readonly mostSent: number
}

const STEP_MS = 100

export class Crowd {
  readonly world: World
  readonly phases: Phase[] = []
  readonly #received = new Map<SimPeer, number>()
  #bytes = 0
  readonly #sent = new Map<SimPeer, number>()

  constructor(seed: number, faults: Faults) {
    this.world = new World(seed)
    this.world.faults = faults
    this.world.filter = ({ to, bytes }) => {
      this.#bytes += bytes.length
      this.#received.set(to, (this.#received.get(to) ?? 0) + 1)
      return true
    }
    this.world.onStep = (peer, outputs) => this.#count(peer, outputs)
  }

  get peers(): readonly SimPeer[] {
    return this.world.peers.filter(({ alive }) => alive)
  }

  /**
   * A room that was there before: its log is on every member's disk, and all of them come back within `ms`. Only the log is
   * made here, by signing it; the keys they have to make and give each other as members do that find nobody awake (SPEC F3).
   */
  comeBack(count: number, ms: number): void {
    const peers = Array.from({ length: count }, (_, i) => this.world.peer(`p${i}`))
    const log = logOf(this.world, peers)
    this.measure('come back', () => {
      for (const [i, peer] of peers.entries()) {
        peer.alive = false
        peer.stored.push(...log)
        // The first finds nobody and makes a version; the others find it, or those who found it.
        this.world.at(this.world.now + (i === 0 ? 0 : 12_000 + (i / count) * ms), () => peer.restart())
      }
      this.world.run(12_000 + ms)
      this.agree(120_000)
    })
  }

  /** So many newcomers within `ms`. Done when all of them, and all who were there, are one room. */
  storm(count: number, ms: number): void {
    const before = this.world.peers.length
    this.measure('join', () => {
      for (let i = 0; i < count; i++) {
        const peer = this.world.peer(`n${before + i}`)
        this.world.at(this.world.now + (i / count) * ms, () => peer.start({ kind: 'join' }))
      }
      this.world.run(ms)
      this.agree(120_000)
    })
  }

  /** All have their whole row of keys. */
  fillRows(): void {
    const { symbols } = this.world.group.genesis.idSpace
    const isFull = ({ member, state }: SimPeer): boolean =>
      member.unsafeInsideForTests.keys.some(
        ({ version, slots }) => version === state.version && slots.size === symbols,
      )
    this.measure('row of keys', () => this.world.until(() => this.peers.every(isFull), 60_000, 'full rows'))
  }

  /** Some members say something; done when everybody has heard them. */
  talk(speakers: readonly SimPeer[]): void {
    // Nobody repeats what was said: reaching everybody is for gossip to see to.
    const { faults } = this.world
    this.world.faults = { ...faults, loss: 0 }
    this.measure('message', () => {
      const texts = speakers.map(({ label }) => `${label} at ${this.world.now}`)
      for (const [i, peer] of speakers.entries()) peer.say(texts[i] ?? '')
      const hearers = this.peers
      const heard = (): boolean =>
        hearers.every((peer) => texts.every((text, i) => peer === speakers[i] || peer.texts.includes(text)))
      this.world.until(heard, 60_000, 'a message reaches everybody')
      this.world.faults = faults
    })
  }

  /** One excludes others; done when all who remain are one room under a version that covers that. */
  exclude(by: SimPeer, others: readonly SimPeer[]): void {
    this.measure('exclusion', () => {
      by.exclude(others)
      for (const peer of others) peer.crash()
      this.agree(120_000)
    })
  }

  /** Nothing happens for a while. */
  idle(ms: number): void {
    this.measure('idle', () => this.world.run(ms))
  }

  /** Lets time pass until all who run are one room. */
  agree(ms: number): void {
    const end = this.world.now + ms
    while (!this.#seemAgreed() || whyApart(this.peers) !== undefined) {
      if (this.world.now >= end)
        throw new Error(`not one room within ${ms} ms: ${whyApart(this.peers) ?? ''}`)
      this.world.run(STEP_MS)
    }
  }

  /** A cheap look: whether all know as much as each other and speak under one version. */
  #seemAgreed(): boolean {
    const [first] = this.peers
    const size = first?.member.unsafeInsideForTests.log.size
    return this.peers.every((peer) => peer.isJoined && peer.member.unsafeInsideForTests.log.size === size)
  }

  measure(name: string, run: () => void): void {
    this.#received.clear()
    this.#bytes = 0
    this.#sent.clear()
    this.world.traffic.clear()
    const [wall, virtual, hashes] = [performance.now(), this.world.now, this.world.suite.hashes]
    run()
    const received = this.peers.map((peer) => this.#received.get(peer) ?? 0)
    this.phases.push({
      name,
      members: this.peers.length,
      virtualMs: this.world.now - virtual,
      wallMs: performance.now() - wall,
      sent: new Map(this.world.traffic),
      received: {
        mean: received.reduce((a, b) => a + b, 0) / received.length,
        most: Math.max(...received),
        bytes: this.#bytes / received.length,
      },
      hashes: (this.world.suite.hashes - hashes) / received.length,
      mostSent: Math.max(0, ...this.#sent.values()),
    })
  }

  #count(peer: SimPeer, outputs: readonly Output[]): void {
    const sent = outputs.filter(({ kind }) => kind === 'broadcast' || kind === 'send').length
    this.#sent.set(peer, (this.#sent.get(peer) ?? 0) + sent)
  }
}

/** What one join, one message and one exclusion cost in a room of this size that is otherwise quiet. */
export function costsAt(members: number): Phase[] {
  const crowd = new Crowd(1, { loss: 0, duplication: 0, latencyMs: [50, 200] })
  crowd.comeBack(members, 10_000)
  // All have their slots, and whoever need not beat is silent.
  crowd.idle(20_000)
  const [first, second, third] = crowd.peers
  if (first === undefined || second === undefined || third === undefined) throw new Error('too small a room')
  crowd.storm(1, 0)
  crowd.fillRows()
  crowd.talk([first])
  crowd.exclude(second, [third])
  return crowd.phases.filter(({ name }) => name !== 'idle' && name !== 'come back')
}

/** Messages and bytes that were sent for a phase's own sake: heartbeats go on all the time. */
export function sentFor({ sent }: Phase): { messages: number; bytes: number } {
  const all = [...sent].filter(([about]) => about !== 'heartbeat').map(([, tally]) => tally)
  return all.reduce((a, b) => ({ messages: a.messages + b.messages, bytes: a.bytes + b.bytes }), {
    messages: 0,
    bytes: 0,
  })
}

/** A log as a room of these would have it: a founding, and an admission each. */
export function logOf(world: World, peers: readonly SimPeer[]): Operation[] {
  const [founder, ...others] = peers
  if (founder === undefined) return []
  const { group, random } = world
  const random16 = { name: founder.label, nonce: random.bytes(16), commitment: random.bytes(32) }
  const founding = makeOperation(group, { parents: [] }, { kind: 'founding', ...random16 }, founder.signer)
  return [founding, ...admissionsOf(world, { after: [founding], by: [founder], peers: others })]
}

/** Goes on with a log: each is admitted by one of those who were there already, three newcomers to a revision. */
export function admissionsOf(
  { group, random }: World,
  { after, by, peers }: { after: readonly Operation[]; by: readonly SimPeer[]; peers: readonly SimPeer[] },
): Operation[] {
  const [first] = after
  const log = [...after]
  for (const [i, { id, label }] of peers.entries()) {
    const introducer = random.pick([...by, ...peers.slice(0, i)])
    const last = log.at(-1)
    if (first === undefined || last === undefined || introducer === undefined) break
    const revision = Math.ceil(log.length / 3)
    const admission = { kind: 'admission', peer: id, name: label, version: first.id, revision } as const
    log.push(makeOperation(group, { parents: [last.id] }, admission, introducer.signer))
  }
  return log.slice(after.length)
}

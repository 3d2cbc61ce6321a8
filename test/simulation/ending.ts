/** The end of a history: the faults stop, and everything that has to hold then is looked at. */
import { HELD_MS } from '../../packages/protocol/src/limits.ts'
import {
  causelessMembers,
  disagreements,
  orderDependence,
  overflow,
  remainingOf,
  rootOf,
  slotDisagreements,
  unionOf,
  whyApart,
  whyUnaware,
} from './checkers.ts'
import type { History } from './history.ts'
import type { Roster } from '../../packages/protocol/src/log/roster.ts'
import { CALM, type SimPeer } from './world.ts'

const SETTLE_MS = 180_000
const CONFIRMATION_MS = 30_000
const ONE_KEY_A_SLOT_MS = 120_000
const HEALING_MS = 60_000
/** At the end nobody asks for anything any more, but for those who knock in vain or do not know yet that they are out. */
const QUIET_MS = 10_000
const REQUESTS_QUIET_MAX = 4
/** Waiting for that takes long, so only every tenth history does. */
const LONG_EVERY = 10

export class Ending {
  readonly #history: History

  constructor(history: History) {
    this.#history = history
  }

  /** What is wrong at the end, and how long it took until all agreed. */
  judge(seed: number): { wrong: string[]; settledMs: number } {
    const settledMs = this.#settle()
    const wrong = settledMs === undefined ? [`I3: ${this.#whyApart()}`] : this.#probe(seed)
    return { wrong: [...wrong, ...this.#check(seed)], settledMs: settledMs ?? SETTLE_MS }
  }

  /** The faults stop. Whoever was put out by an exclusion that does not count comes back. */
  #settle(): number | undefined {
    const { world } = this.#history
    world.faults = CALM
    for (const peer of world.peers) {
      peer.compartment = 0
      peer.deaf = false
      this.#history.rouse(peer)
    }
    const start = world.now
    while (world.now - start < SETTLE_MS) {
      world.run(1_000)
      if ((world.now - start) % 15_000 === 5_000) this.#comeBack()
      if (this.#whyApart() === undefined) return world.now - start
    }
    return undefined
  }

  #comeBack(): void {
    for (const peer of this.#history.world.peers) {
      const isOut = peer.alive && ['excluded', 'destroyed'].includes(peer.state.status)
      const isWanted = this.#history.joined.some(({ state }) =>
        state.members.some((member) => member.peer === peer.id),
      )
      if (!isOut || !isWanted || this.#known.destroyed) continue
      this.#history.note('come back', peer.label)
      peer.start({ kind: 'join' })
    }
  }

  /** What those know together who are in the room, or were when it was destroyed. */
  get #known(): Roster {
    return unionOf(this.#history.world, this.#settled).roster
  }

  /** Those whom the room is for, or was. */
  get #settled(): SimPeer[] {
    return this.#history.world.peers.filter((peer) => peer.isJoined || (peer.alive && isDestroyed(peer)))
  }

  /** Everybody who is running and wants to be in has to be in, but for whom all that is known together excludes. */
  #whyApart(): string | undefined {
    const running = this.#history.single.filter((peer) => peer.alive && isWanting(peer))
    const { alive, destroyed } = this.#known
    if (destroyed) return running.map(({ label }) => `${label} does not know that the room was destroyed`)[0]
    const lost = this.#history.single.find((peer) => peer.alive && isDestroyed(peer) && alive.has(peer.id))
    if (lost) return `${lost.label} does not know that the room was not destroyed`
    const remaining = remainingOf(this.#history.world, this.#history.joined, running)
    if (!remaining.some(({ state }) => state.status === 'joined')) return undefined
    return whyApart(remaining) ?? whyUnaware(running, remaining)
  }

  /** Those who are in the lineage that remains, and by all that is known in it. */
  #members(): SimPeer[] {
    const { world, joined, single } = this.#history
    const { entries, roster } = unionOf(world, joined)
    const isIn = (peer: SimPeer): boolean =>
      peer.isJoined && roster.alive.has(peer.id) && rootOf(peer) === entries[0]?.operation.id
    return single.filter(isIn)
  }

  /** Everybody says something, and everybody hears it. */
  #probe(seed: number): string[] {
    const { world } = this.#history
    if (this.#known.destroyed) return this.#expectSilence()
    const joined = this.#members()
    for (const peer of joined) peer.say(`probe of ${peer.label}`)
    // Who has only just come in speaks when another has confirmed it, or when all others are known to be gone.
    const speakBy = world.now + CONFIRMATION_MS
    while (world.now < speakBy && this.#unheard(joined).length > 0) world.run(1_000)
    const unhealed = this.#history.hasSchemes ? this.#unhealed() : []
    this.#untilOneKeyASlot()
    const noise = seed % LONG_EVERY === 0 ? this.#noise() : []
    this.#untilOneKeyASlot()
    // What was voted for before may only now be carried out.
    const remaining = this.#members()
    return [...noise, ...unhealed].concat(this.#unheard(joined.filter((peer) => remaining.includes(peer))))
  }

  /**
   * Slots that were made twice become one once both were shown, at the latest when each had its turn in the heartbeats; also
   * of who only came in meanwhile.
   */
  #untilOneKeyASlot(): void {
    const { world } = this.#history
    const end = world.now + ONE_KEY_A_SLOT_MS
    while (world.now < end && slotDisagreements(this.#members()).length > 0) world.run(5_000)
  }

  /** After a destruction nobody says anything, nor could: nobody holds a key. */
  #expectSilence(): string[] {
    const { world, archive, single } = this.#history
    const before = archive.sent.length
    world.run(CONFIRMATION_MS)
    const holders = world.peers.filter((peer) => isDestroyed(peer) && holdsKeys(peer))
    return [
      ...holders.map(({ label }) => `I1: ${label} holds keys of a room that was destroyed`),
      ...archive.sent
        .slice(before)
        .filter(({ by }) => single.includes(by))
        .map(({ by, about }) => `I1: ${about} of ${by.label} after the destruction`),
    ]
  }

  /** Who waits for a manager that is gone for good (SPEC V6). */
  #unhealed(): string[] {
    const { world, joined } = this.#history
    // Who has left ends, and answers nobody any more.
    for (const peer of world.peers) if (peer.state.status === 'left') peer.crash()
    const waiting = (): SimPeer[] =>
      this.#members().filter(({ state: { manager } }) => manager && joined.every(({ id }) => id !== manager))
    const end = world.now + HEALING_MS
    while (world.now < end && waiting().length > 0) world.run(5_000)
    return waiting().map(({ label }) => `V6: ${label} waits for a manager that is gone`)
  }

  /** Requests that go on once every frame that nobody can read has been given up. */
  #noise(): string[] {
    const { world } = this.#history
    world.run(HELD_MS + QUIET_MS)
    const asked = world.traffic.get('request')?.messages ?? 0
    world.run(QUIET_MS)
    const requests = (world.traffic.get('request')?.messages ?? 0) - asked
    const running = world.peers.filter((peer) => peer.alive).length
    return requests > running * REQUESTS_QUIET_MAX ? [`I7: ${requests} requests in a quiet room`] : []
  }

  #unheard(joined: readonly SimPeer[]): string[] {
    return joined.flatMap((peer) =>
      joined
        .filter((other) => other !== peer && !other.texts.includes(`probe of ${peer.label}`))
        .map((other) => `I3: ${other.label} did not hear the probe of ${peer.label}`),
    )
  }

  #check(seed: number): string[] {
    const { world } = this.#history
    const joined = this.#members()
    const nonces = world.suite.nonceReuses
    return [
      ...disagreements(this.#history.archive, joined),
      ...this.#settled.flatMap((peer) => orderDependence(world, peer, seed)),
      ...this.#settled.flatMap(causelessMembers),
      ...world.peers.flatMap(overflow),
      ...(nonces > 0 ? [`I6: ${nonces} nonces were used twice`] : []),
    ]
  }
}

function isDestroyed(peer: SimPeer): boolean {
  return peer.state.status === 'destroyed'
}

function holdsKeys(peer: SimPeer): boolean {
  const { keys, others } = peer.member.unsafeInsideForTests
  return [keys, ...others.map((lineage) => lineage.keys)].some((held) => held.length > 0)
}

function isWanting(peer: SimPeer): boolean {
  const { status } = peer.state
  const refused = status === 'joining' && peer.seen.some((seen) => seen.event === 'refused')
  return (status === 'joined' || status === 'joining') && !refused
}

/** One random history: a room, faults, and everything its members can do to it; then calm, and the checks. */
import { UsageError } from '@conclave/protocol'
import { groupOf } from '../../packages/protocol/src/group/genesis.ts'
import type { Group, IdSpace } from '../../packages/protocol/src/group/genesis.ts'
import { Archive } from './archive.ts'
import { act } from './actions.ts'
import {
  causelessMembers,
  disagreements,
  orderDependence,
  overflow,
  unionOf,
  whyApart,
  whyUnaware,
} from './checkers.ts'
import type { FastSuite } from './fast-suite.ts'
import { Secrecy } from './secrecy.ts'
import { CALM, type SimPeer, World } from './world.ts'

export interface HistoryOptions {
  /** Gets one line for everything that happens. */
  readonly trace?: (line: string) => void
}

export interface Outcome {
  readonly seed: number
  /** What is wrong; empty when nothing is. */
  readonly wrong: readonly string[]
  readonly leaks: number
  readonly checked: number
  readonly excused: number
  /** Virtual milliseconds from the end of the faults until all agreed. */
  readonly settledMs: number
  readonly operations: ReadonlyMap<string, number>
  readonly faults: ReadonlyMap<string, number>
}

/** Small tables bring forth what large ones do only after many exclusions: members that no slot reaches. */
const ID_SPACES: readonly IdSpace[] = [
  { symbols: 128, radix: 4 },
  { symbols: 32, radix: 4 },
  { symbols: 8, radix: 2 },
]
/** Silence counts for less here than in a real room, so that a history need not wait a minute for each crash. */
const TIMING = { offlineMs: 15_000, retentionMs: 60_000 }
const REVISION_BATCH_MS = 500
const SETTLE_MS = 180_000
/** At the end nobody asks for anything any more, but for those who knock in vain or do not know yet that they are out. */
const QUIET_MS = 10_000
const REQUESTS_QUIET_MAX = 4

export class History {
  readonly world: World
  readonly archive: Archive
  readonly operations = new Map<string, number>()
  readonly #seed: number
  readonly #trace: (line: string) => void
  #labels = 0

  constructor(seed: number, options: HistoryOptions = {}) {
    this.#seed = seed
    this.#trace = options.trace ?? (() => undefined)
    this.world = new World(seed, { timing: TIMING, group: (suite) => groupFor(seed, suite) })
    this.archive = new Archive(this.world)
  }

  run(): Outcome {
    this.#gather()
    this.#live()
    const settledMs = this.#settle()
    const wrong = settledMs === undefined ? [`I3: ${this.#whyApart()}`] : this.#probe()
    const secrecy = new Secrecy(this.archive, { revisionBatchMs: REVISION_BATCH_MS })
    const leaks = secrecy.leaks()
    return {
      seed: this.#seed,
      wrong: [...wrong, ...this.#check(), ...leaks.slice(0, 5).map(({ what }) => `I1/I2: ${what}`)],
      leaks: leaks.length,
      checked: secrecy.checked,
      excused: secrecy.excused,
      settledMs: settledMs ?? SETTLE_MS,
      operations: this.operations,
      faults: this.world.injected,
    }
  }

  note(operation: string, detail: string): void {
    this.operations.set(operation, (this.operations.get(operation) ?? 0) + 1)
    this.#trace(`${(this.world.now / 1_000).toFixed(2).padStart(8)} ${operation}: ${detail}`)
  }

  newcomer(): SimPeer {
    return this.world.peer(`p${this.#labels++}`)
  }

  /** Members as they see themselves. */
  get joined(): SimPeer[] {
    return this.world.peers.filter((peer) => peer.isJoined)
  }

  /** Carries out a command; a `UsageError` is the answer to a command that came at the wrong time, nothing else is. */
  attempt(operation: string, detail: string, run: () => void): void {
    try {
      run()
      this.note(operation, detail)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      this.note(`${operation} refused`, `${detail}: ${error.code}`)
    }
  }

  /** A room comes together while the network is kind. */
  #gather(): void {
    const { world } = this
    const size = 2 + world.random.below(5)
    for (let i = 0; i < size; i++) {
      const peer = this.newcomer()
      peer.start(i === 0 ? { kind: 'found' } : { kind: 'join' })
      this.note(i === 0 ? 'found' : 'join', peer.label)
      if (world.random.chance(0.6)) world.run(world.random.below(3_000))
    }
    world.run(8_000)
  }

  #live(): void {
    const { random } = this.world
    const latency = random.pick([50, 500, 2_000]) ?? 50
    const loss = random.pick([0, 0.05, 0.3]) ?? 0
    this.world.faults = { loss, duplication: random.pick([0, 0.2]) ?? 0, latencyMs: [5, latency] }
    this.#trace(`latency to ${latency} ms, loss ${loss}`)
    const acts = 6 + random.below(20)
    for (let i = 0; i < acts; i++) {
      act(this)
      this.#chatter()
      // Often at once, sometimes after a while: races and aftermaths.
      this.world.run(random.chance(0.4) ? 0 : random.below(random.chance(0.2) ? 12_000 : 2_500))
      this.#chatter()
    }
  }

  #chatter(): void {
    for (const peer of this.joined) {
      if (this.world.random.chance(0.3)) this.attempt('say', peer.label, () => peer.say(`${peer.label} says`))
    }
  }

  /** The faults stop. Whoever was put out by an exclusion that does not count comes back. */
  #settle(): number | undefined {
    const { world } = this
    world.faults = CALM
    for (const peer of world.peers) {
      peer.compartment = 0
      peer.deaf = false
    }
    this.#trace('calm')
    const start = world.now
    while (world.now - start < SETTLE_MS) {
      world.run(1_000)
      if ((world.now - start) % 15_000 === 5_000) this.#comeBack()
      if (this.#whyApart() === undefined) return world.now - start
    }
    return undefined
  }

  #comeBack(): void {
    for (const peer of this.world.peers) {
      const isOut = peer.alive && peer.state.status === 'excluded'
      if (!isOut || !this.joined.some(({ state }) => state.members.some((member) => member.peer === peer.id)))
        continue
      this.note('come back', peer.label)
      peer.start({ kind: 'join' })
    }
  }

  /** Everybody who is running and wants to be in has to be in, but for whom all that is known together excludes. */
  #whyApart(): string | undefined {
    const running = this.world.peers.filter((peer) => peer.alive && isWanting(peer))
    const { alive } = unionOf(this.world, this.joined).roster
    const remaining = running.filter(({ id, state }) => state.status === 'joining' || alive.has(id))
    if (!remaining.some(({ state }) => state.status === 'joined')) return undefined
    return whyApart(remaining) ?? whyUnaware(running, remaining)
  }

  /** Everybody says something, and everybody hears it. */
  #probe(): string[] {
    const { world } = this
    const { alive } = unionOf(world, this.joined).roster
    const joined = this.joined.filter(({ id }) => alive.has(id))
    for (const peer of joined) peer.say(`probe of ${peer.label}`)
    world.run(2_000)
    // Slots that were made twice take a heartbeat or two to become one.
    world.run(15_000)
    const asked = world.traffic.get('request')?.messages ?? 0
    world.run(QUIET_MS)
    const requests = (world.traffic.get('request')?.messages ?? 0) - asked
    const running = world.peers.filter(({ alive }) => alive).length
    const noise = requests > running * REQUESTS_QUIET_MAX ? [`I7: ${requests} requests in a quiet room`] : []
    return noise.concat(this.#unheard(joined))
  }

  #unheard(joined: readonly SimPeer[]): string[] {
    return joined.flatMap((peer) =>
      joined
        .filter((other) => other !== peer && !other.texts.includes(`probe of ${peer.label}`))
        .map((other) => `I3: ${other.label} did not hear the probe of ${peer.label}`),
    )
  }

  #check(): string[] {
    const { world } = this
    const { alive } = unionOf(world, this.joined).roster
    const joined = this.joined.filter(({ id }) => alive.has(id))
    const nonces = world.suite.nonceReuses
    return [
      ...disagreements(this.archive, joined),
      ...joined.flatMap((peer) => orderDependence(world, peer, this.#seed)),
      ...joined.flatMap(causelessMembers),
      ...world.peers.flatMap(overflow),
      ...(nonces > 0 ? [`I6: ${nonces} nonces were used twice`] : []),
    ]
  }
}

function isWanting(peer: SimPeer): boolean {
  const { status } = peer.state
  const refused = status === 'joining' && peer.seen.some((seen) => seen.event === 'refused')
  return (status === 'joined' || status === 'joining') && !refused
}

function groupFor(seed: number, suite: FastSuite): Group {
  const genesis = {
    nonce: new Uint8Array(16).fill(seed & 0xff),
    idSpace: ID_SPACES[seed % ID_SPACES.length] ?? { symbols: 128, radix: 4 },
    suite: suite.number,
    policy: { admit: 'anyone', exclude: 'member' },
    name: 'history',
  } as const
  return groupOf(genesis, new Uint8Array(32).fill(1), suite)
}

/** One random history: a room, faults, and everything its members can do to it; then calm, and the checks. */
import { type PeerId, UsageError } from '@conclave/protocol'
import { groupOf } from '../../packages/protocol/src/group/genesis.ts'
import type { Group, IdSpace } from '../../packages/protocol/src/group/genesis.ts'
import { Archive } from './archive.ts'
import { act } from './actions.ts'
import { Ending } from './ending.ts'
import type { FastSuite } from './fast-suite.ts'
import { knownSigner, perhapsDestroy, rulesFor, schemeRulesFor } from './policies.ts'
import { transition } from './schemes.ts'
import { Secrecy } from './secrecy.ts'
import { type SimPeer, World } from './world.ts'

export interface HistoryOptions {
  /** Whether the room's scheme may change. */
  readonly schemes?: boolean
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
/** In every fifth history rooms of one name are founded apart. */
const APART_EVERY = 5
const REVISION_BATCH_MS = 500

export class History {
  readonly world: World
  readonly archive: Archive
  readonly operations = new Map<string, number>()
  /** Identities that two processes run with: the room has to go on, what becomes of those two is not promised. */
  readonly doubles = new Set<PeerId>()
  /** Whether this is a room of several foundings. */
  readonly isApart: boolean
  readonly hasSchemes: boolean
  readonly #seed: number
  readonly #trace: (line: string) => void
  #labels = 0

  constructor(seed: number, options: HistoryOptions = {}) {
    this.#seed = seed
    this.hasSchemes = options.schemes ?? false
    // Where rooms were founded apart nobody governs.
    this.isApart = seed % APART_EVERY === 0 && !this.hasSchemes
    this.#trace = options.trace ?? (() => undefined)
    const rules = this.hasSchemes ? schemeRulesFor : rulesFor
    this.world = new World(seed, { timing: TIMING, group: (suite) => groupFor(seed, suite, rules) })
    this.archive = new Archive(this.world)
  }

  run(): Outcome {
    this.#gather()
    this.#live()
    this.#trace('calm')
    const { wrong, settledMs } = new Ending(this).judge(this.#seed)
    const secrecy = new Secrecy(this.archive, { revisionBatchMs: REVISION_BATCH_MS })
    const leaks = secrecy.leaks()
    return {
      seed: this.#seed,
      wrong: [...wrong, ...leaks.slice(0, 5).map(({ what }) => `I1/I2: ${what}`)],
      leaks: leaks.length,
      checked: secrecy.checked,
      excused: secrecy.excused,
      settledMs,
      operations: this.operations,
      faults: this.world.injected,
    }
  }

  note(operation: string, detail: string): void {
    this.operations.set(operation, (this.operations.get(operation) ?? 0) + 1)
    this.#trace(`${(this.world.now / 1_000).toFixed(2).padStart(8)} ${operation}: ${detail}`)
  }

  newcomer(): SimPeer {
    const { group, suite } = this.world
    const index = this.#labels++
    return this.world.peer(`p${index}`, group.genesis.creator && knownSigner(suite, index))
  }

  /** Members as they see themselves. */
  get joined(): SimPeer[] {
    return this.world.peers.filter((peer) => peer.isJoined)
  }

  /** Peers that run once. */
  get single(): SimPeer[] {
    return this.world.peers.filter(({ id }) => !this.doubles.has(id))
  }

  /** Wakes a peer, if it sleeps. */
  rouse(peer: SimPeer): void {
    if (!peer.asleep) return
    this.note('wake', peer.label)
    peer.wake()
  }

  /** Carries out a command, and whether it could be; a `UsageError` is the answer to a command that came at the wrong time, nothing else is. */
  attempt(operation: string, detail: string, run: () => void): boolean {
    try {
      run()
      this.note(operation, detail)
      return true
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      this.note(`${operation} refused`, `${detail}: ${error.code}`)
      return false
    }
  }

  /** A room comes together while the network is kind; or several, which do not know of each other yet. */
  #gather(): void {
    const { random } = this.world
    const rooms = this.isApart ? 2 + random.below(2) : 1
    for (let room = 0; room < rooms; room++)
      this.#gatherRoom(room, rooms === 1 ? 2 + random.below(5) : 1 + random.below(4))
    this.world.run(8_000)
  }

  #gatherRoom(compartment: number, size: number): void {
    const { world } = this
    for (let i = 0; i < size; i++) {
      const peer = this.newcomer()
      peer.compartment = compartment
      peer.start(i === 0 ? { kind: 'found' } : { kind: 'join' })
      this.note(i === 0 ? 'found' : 'join', peer.label)
      if (world.random.chance(0.6)) world.run(world.random.below(3_000))
    }
  }

  #live(): void {
    const { random } = this.world
    const latency = random.pick([50, 500, 2_000]) ?? 50
    const loss = random.pick([0, 0.05, 0.3]) ?? 0
    this.world.faults = { loss, duplication: random.pick([0, 0.2]) ?? 0, latencyMs: [5, latency] }
    // Most of these begin with a manager.
    if (this.hasSchemes && random.chance(0.8)) transition(this)
    this.#trace(`latency to ${latency} ms, loss ${loss}`)
    const acts = 6 + random.below(20)
    for (let i = 0; i < acts; i++) {
      act(this)
      this.#chatter()
      // Often at once, sometimes after a while: races and aftermaths.
      this.world.run(random.chance(0.4) ? 0 : random.below(random.chance(0.2) ? 12_000 : 2_500))
      this.#chatter()
    }
    // Not everybody hears of it before the others do more.
    if (perhapsDestroy(this)) for (let i = 0; i < random.below(4); i++) act(this)
  }

  #chatter(): void {
    for (const peer of this.joined) {
      if (this.world.random.chance(0.3)) this.attempt('say', peer.label, () => peer.say(`${peer.label} says`))
    }
  }
}

function groupFor(seed: number, suite: FastSuite, rules: typeof rulesFor): Group {
  const genesis = {
    nonce: new Uint8Array(16).fill(seed & 0xff),
    idSpace: ID_SPACES[seed % ID_SPACES.length] ?? { symbols: 128, radix: 4 },
    suite: suite.number,
    ...rules(seed, suite),
    name: 'history',
  }
  return groupOf(genesis, new Uint8Array(32).fill(1), suite)
}

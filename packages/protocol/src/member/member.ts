/**
 * A member of one group. No clock, no randomness, no network: the shell brings those with each step and carries out what
 * comes back (SPEC M1). It is in one lineage; when there is a better one, a scout gets into that before it moves (SPEC F5).
 */
import { Entropy } from '../crypto/entropy.ts'
import { isRejection, type Rejection } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import type { Millis, PeerId } from '../ids.ts'
import type { LobbyHeartbeat } from '../lobby/messages.ts'
import type { Operation } from '../log/operation.ts'
import { DEFAULT_TIMING, type Timing } from '../timing.ts'
import { Chronicle } from './chronicle.ts'
import type { StepContext } from './context.ts'
import type { InviteRequest, Wish } from './decider.ts'
import { Lineage, type LineageInside, type MemberInit } from './lineage.ts'
import type { MemberState } from './member-state.ts'
import type { Entrance } from './newcomer.ts'
import type { Inbound, Loudness, Notification, Output } from './output.ts'
import type { Action } from '../traffic/room-messages.ts'
import { rivalOf, Rivals } from './rivals.ts'
import { Scout } from './scout.ts'
import type { Screened, Waiting } from './screen.ts'

/** What is inside of our lineage, and of those that we scout or have just left. */
export interface MemberInside extends LineageInside {
  readonly others: readonly LineageInside[]
}

/** A step of one lineage. */
type Step = (lineage: Lineage, at: StepContext) => Output[]

type Peers = Extract<Notification, { event: 'peers' }>['peers']

/**
 * One member as a state machine: every call takes the time and fresh randomness and returns the outputs that are to be
 * carried out. What comes from peers never throws; what a caller does wrong is a `UsageError` that says what to do.
 */
export class Member {
  readonly #init: MemberInit
  readonly #timing: Timing
  readonly #rivals: Rivals
  #own: Lineage
  #scout: Scout | undefined
  /** The lineage that we moved from. What is still said there is meant for us, too. */
  #former: { readonly lineage: Lineage; readonly until: Millis } | undefined
  /** The step under way, what came of it so far, and randomness for each lineage that has a part in it. */
  #at: StepContext
  #entropy: Entropy
  #outputs: Output[] = []
  /** Who could read what was screened. */
  readonly #readers = new WeakMap<Screened, Lineage>()
  /** Whom a lineage wants a direct connection to. */
  readonly #peers = new WeakMap<Lineage, Peers>()

  /** Throws `UsageError` when the name is too long. */
  constructor(init: MemberInit) {
    this.#init = init
    this.#timing = { ...DEFAULT_TIMING, ...init.timing }
    this.#rivals = new Rivals(this.#timing.heartbeatMs)
    this.#at = init.start
    this.#entropy = new Entropy(init.group.suite, init.start.entropy)
    this.#own = new Lineage({ ...init, start: this.#next() })
  }

  /** Our own peer id. */
  get self(): PeerId {
    return this.#own.self
  }

  /** The group that we are in now: another one after it was merged, split off or moved. */
  get group(): Group {
    return this.#own.group
  }

  /** Whether what is said now is sent at once, not held for a key. */
  get isReady(): boolean {
    return this.#own.context.isReady
  }

  /** What there is to show: a copy, of this moment. */
  get state(): MemberState {
    return this.#own.state
  }

  /** What our log tells people. */
  get chronicle(): Chronicle {
    return new Chronicle(this.#own.context)
  }

  /**
   * What is inside, to look at and never to touch: it holds every key. For the attacker and the checkers of the
   * simulation; nothing else may call it.
   */
  get unsafeInsideForTests(): MemberInside {
    const others = this.#others.map((lineage) => lineage.unsafeInsideForTests)
    return { ...this.#own.unsafeInsideForTests, others }
  }

  /** When `tick` should be called at the latest. */
  get nextDeadline(): Millis | undefined {
    const plan = this.#scout ? this.#scout.deadline : this.#rivals.deadline
    const at = [this.#own.nextDeadline, plan, this.#former?.until].filter((one) => one !== undefined)
    return at.length > 0 ? Math.min(...at) : undefined
  }

  /** Takes back operations that were stored before a restart. Call it before `start`. */
  restore(operations: readonly Operation[], at: StepContext): Output[] {
    return this.#step(at, (own, next) => own.restore(operations, next))
  }

  /** Goes in; once, after `restore`, and before anything else. */
  start(entrance: Entrance, at: StepContext): Output[] {
    return this.#step(at, (own, next) => own.start(entrance, next))
  }

  /** The network came, or came back: whoever waits to be let in asks again at once, a member shows itself. */
  wake(at: StepContext): Output[] {
    return this.#step(at, (own, next) => own.wake(next))
  }

  /** Runs whatever is due. */
  tick(at: StepContext): Output[] {
    return this.#step(at, (own, next) => own.tick(next))
  }

  /** Looks at a message from the network. Its claims have to be checked before `handle` may have it. */
  screen(inbound: Inbound, now: Millis): Screened | Waiting | Rejection {
    let first: Waiting | Rejection | undefined
    for (const lineage of [this.#own, ...this.#others]) {
      const verdict = lineage.screen(inbound, now)
      if ('claims' in verdict) this.#readers.set(verdict, lineage)
      if (!mayBeForOther(verdict)) return verdict
      // Somebody may read it yet: that is better than a refusal.
      if (first === undefined || isRejection(first)) first = verdict
    }
    return first ?? this.#own.screen(inbound, now)
  }

  /** Keeps a frame that cannot be read yet, and asks for what it waits for. A `retry` output brings it back. */
  hold(inbound: Inbound, at: StepContext): Output[] {
    return this.#act(at, () => {
      // It may wait for the keys of the one lineage as well as of the other.
      for (const lineage of [this.#own, this.#scout?.lineage]) {
        this.#run(lineage, (one, next) => {
          const verdict = one.screen(inbound, at.now)
          return 'awaits' in verdict ? one.hold(inbound, verdict.awaits, next) : []
        })
      }
    })
  }

  /** Takes a message whose claims all hold. */
  handle(screened: Screened, at: StepContext): Output[] {
    const { message } = screened
    return this.#act(at, () => {
      // The lobby is for all: each lineage takes what is for it.
      const readers =
        message.on === 'lobby' ? [this.#own, this.#scout?.lineage] : [this.#readers.get(screened)]
      for (const reader of readers) this.#run(reader, (lineage, next) => lineage.handle(screened, next))
      if (message.on === 'lobby' && message.content.kind === 'lobby-heartbeat') this.#hearOf(message.content)
    })
  }

  /** Says something to the room. Throws `UsageError` when it cannot even be held. */
  say(text: string, at: StepContext): Output[] {
    return this.#step(at, (own, next) => own.say({ kind: 'chat', text }, next))
  }

  /** Takes back a text that was said and waits for a key yet, the latest of several; whether there was one. */
  takeBack(text: string): boolean {
    return this.#own.takeBack(text)
  }

  /** Says something for an application, behind all else if it is bulk. Throws `UsageError` when it cannot even be held. */
  act(action: Omit<Action, 'kind'>, at: StepContext, about: Loudness = 'chat'): Output[] {
    return this.#step(at, (own, next) => own.say({ kind: 'action', ...action }, next, about))
  }

  /** Excludes members. Throws `UsageError`, with nothing changed, when that cannot be. */
  exclude(peers: readonly PeerId[], reason: string, at: StepContext): Output[] {
    return this.#step(at, (own, next) => own.exclude(peers, reason, next))
  }

  /** Asks the others to take us off the roster, and erases our keys. */
  leave(at: StepContext): Output[] {
    return this.#act(at, () => {
      this.#run(this.#own, (own, next) => own.leave(next))
      this.#run(this.#scout?.lineage, (scout, next) => scout.leave(next))
    })
  }

  /** Addresses to announce, at most four. */
  announce(addresses: readonly string[], at: StepContext): Output[] {
    return this.#act(at, () => {
      this.#run(this.#own, (own, next) => own.announce(addresses, next))
      this.#run(this.#scout?.lineage, (scout, next) => scout.announce(addresses, next))
    })
  }

  /** A new invite as text. Throws `UsageError` outside. */
  invite(request: InviteRequest, at: StepContext): string {
    return this.#own.invite(request, at)
  }

  /** Carries out what the user decided. Throws `UsageError`, with nothing changed, when that cannot be. */
  decide(wish: Wish, at: StepContext): Output[] {
    return this.#step(at, (own, next) => own.decide(wish, next))
  }

  get #others(): Lineage[] {
    return [this.#scout?.lineage, this.#former?.lineage].filter((lineage) => lineage !== undefined)
  }

  /** Something that our lineage alone does. */
  #step(at: StepContext, step: Step): Output[] {
    return this.#act(at, () => this.#run(this.#own, step))
  }

  #act(at: StepContext, act: () => void): Output[] {
    this.#at = at
    this.#entropy = new Entropy(this.group.suite, at.entropy)
    act()
    this.#tend()
    const outputs = this.#outputs
    this.#outputs = []
    return outputs
  }

  /** A part of the step, with randomness of its own, so that no two lineages draw the same (SPEC C6). */
  #next(): StepContext {
    return { ...this.#at, entropy: this.#entropy.bytes() }
  }

  /** Runs a lineage's part of the step. What our user need not know of the others stays here. */
  #run(lineage: Lineage | undefined, step: Step): void {
    if (lineage === undefined) return
    const outputs = step(lineage, this.#next())
    if (lineage === this.#own) this.#emit(lineage, outputs)
    else if (lineage === this.#scout?.lineage) this.#emit(lineage, this.#scout.take(outputs))
    else if (lineage === this.#former?.lineage) this.#emit(lineage, outputs.filter(isHeard))
  }

  #emit(lineage: Lineage, outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.kind === 'notify' && output.notification.event === 'peers') {
        this.#peers.set(lineage, output.notification.peers)
        this.#tellPeers()
      } else this.#outputs.push(output)
    }
  }

  /** One list of whom to connect to: our own lineage's first. */
  #tellPeers(): void {
    const peers = [this.#own, this.#scout?.lineage].flatMap(
      (lineage) => (lineage && this.#peers.get(lineage)) ?? [],
    )
    this.#outputs.push({ kind: 'notify', notification: { event: 'peers', peers } })
  }

  /** Somebody beats for another lineage of our open room. */
  #hearOf({ root, members, willing }: LobbyHeartbeat): void {
    const own = rivalOf(this.#own.context.log)
    const { creator } = this.group.genesis
    if (!own || own.root === root || !willing || creator !== undefined || !this.#own.context.isMember) return
    this.#rivals.hear({ root, members }, own, { now: this.#at.now, fraction: this.#entropy.fraction() })
  }

  /** Sees to the lineages beside ours: begins to scout, moves, forgets what is over (SPEC F5). */
  #tend(): void {
    const { now } = this.#at
    if (this.#former && now >= this.#former.until) this.#leaveFormer()
    const { status, isMember } = this.#own.context
    if (!isMember || (status !== 'joined' && status !== 'joining')) {
      this.#rivals.forgetPlan()
      this.#dropScout()
      this.#leaveFormer()
    } else if (this.#scout) this.#tendScout(this.#scout)
    else this.#sendScout()
  }

  #sendScout(): void {
    const { context } = this.#own
    const own = rivalOf(context.log)
    const rival = own && this.#rivals.takeDue(own, this.#at.now)
    if (!rival) return
    const scout = new Scout({ ...this.#init, start: this.#next() }, rival.root, this.#timing.heartbeatMs)
    this.#scout = scout
    this.#run(scout.lineage, (lineage, next) => {
      lineage.announce(context.addresses, next)
      return lineage.start({ kind: 'join' }, next)
    })
  }

  #tendScout(scout: Scout): void {
    const { now } = this.#at
    if ((scout.lineage.nextDeadline ?? Infinity) <= now)
      this.#run(scout.lineage, (lineage, next) => lineage.tick(next))
    const verdict = scout.judge(this.#own, now)
    if (verdict === 'move') this.#move(scout)
    if (verdict !== 'give up') return
    this.#rivals.failed(scout.root, scout.wasRefused, now)
    this.#dropScout()
  }

  #dropScout(): void {
    this.#scout?.lineage.end()
    this.#scout = undefined
  }

  /** The scout takes our place: what our user said and nobody heard is said there, once. */
  #move(scout: Scout): void {
    const before = this.#own
    this.#leaveFormer()
    this.#former = { lineage: before, until: this.#at.now + this.#timing.lateMs }
    this.#own = scout.lineage
    this.#own.context.settleDown()
    this.#scout = undefined
    this.#outputs.push(...scout.news(before))
    this.#tellPeers()
    for (const { said, about } of before.retire())
      this.#run(this.#own, (own, next) => own.say(said, next, about))
  }

  #leaveFormer(): void {
    this.#former?.lineage.end()
    this.#former = undefined
  }
}

/** What one lineage has no keys for, or did not ask for, may be for another. */
function mayBeForOther(verdict: Screened | Waiting | Rejection): verdict is Waiting | Rejection {
  if (!isRejection(verdict)) return verdict.kind === 'waiting'
  return verdict.rejected === 'unsolicited' || verdict.rejected === 'not-ready'
}

/** What our user still hears of the lineage we moved from. */
function isHeard(output: Output): boolean {
  if (output.kind !== 'notify') return output.kind === 'retry'
  return output.notification.event === 'message' || output.notification.event === 'action'
}

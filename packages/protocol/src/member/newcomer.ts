/** Getting in: founding, soliciting in the lobby, being introduced, coming back after a restart (SPEC F1–F3, J1, J6). */
import type { Evidence } from '../group/invite.ts'
import type { PeerId } from '../ids.ts'
import { chainOf, commitmentOf } from '../keys/derivation.ts'
import type { LobbyHeartbeat, Request } from '../lobby/messages.ts'
import type { Refused } from '../lobby/reply-content.ts'
import { makeOperation, OPERATION_NONCE_LENGTH } from '../log/operation.ts'
import type { Context } from './context.ts'
import type { Excluder } from './excluder.ts'
import type { Requests } from './requests.ts'

/**
 * How we enter. `found`: the group is ours and new. `open`: we solicit and, when nobody is there, found. `join`: we
 * solicit and never found.
 */
export type Entrance =
  | { readonly kind: 'found' }
  | { readonly kind: 'open' }
  | { readonly kind: 'join'; readonly evidence?: Evidence }

/** The wait between solicitations doubles this often. */
const DOUBLINGS_MAX = 2
/** Between two members that restarted and would make new keys: time for the first one's answers to arrive. */
const RESUMPTION_STEP_MS = 2_000
/** Attempt of a knock at one member alone: so late a one is answered whatever that one's rank (SPEC J3). */
const LATE_ATTEMPT = 8
/** The wait until we ask strangers again doubles this often: what a human is to answer must be repeated (SPEC J8). */
const ESTRANGED_DOUBLINGS_MAX = 3
/** A log in which we are no member is given up when it has not grown for so many solicitations. */
const FRUITLESS_MAX = 3

export class Newcomer {
  readonly #context: Context
  readonly #requests: Requests
  readonly #excluder: Excluder
  #entrance: Entrance = { kind: 'join' }
  #attempt = 0
  #refused: string | undefined
  /** Whether somebody of another part of the room said no to us: we do not ask again by ourselves (SPEC J9). */
  #isTurnedAway = false
  /** How large our log was when we asked last, and how often in a row it had not grown. */
  #shown = 0
  #fruitless = 0
  /** When somebody who is in the room last beat in the lobby: while that is fresh we do not found. */
  #heardMemberAt = -Infinity

  constructor(context: Context, requests: Requests, excluder: Excluder) {
    this.#context = context
    this.#requests = requests
    this.#excluder = excluder
  }

  start(entrance: Entrance): void {
    const { agenda, now, timing, status } = this.#context
    // Back after an end: nothing of before counts, neither what we knew nor which keys we erased.
    const { isMember, log } = this.#context
    if (log.roster.destroyed !== undefined) {
      // There is nothing to come back to; settling says so.
      this.#context.status = 'joining'
      return
    }
    if (status === 'left' || status === 'excluded' || (!isMember && log.size > 0)) this.#context.startOver()
    this.#context.wasMember = isMember
    this.#refused = undefined
    this.#isTurnedAway = false
    this.#entrance = entrance
    this.#attempt = 0
    this.#fruitless = 0
    this.#heardMemberAt = -Infinity
    this.#context.status = 'joining'
    if (entrance.kind === 'found') {
      this.#found()
      return
    }
    this.#solicit()
    // Jitter parts two who open the same room at the same moment.
    const wait = this.#context.jittered(timing.foundingMs)
    if (this.#context.isMember) this.#planResumption(this.#context.others.length === 0 ? 0 : wait)
    else if (entrance.kind === 'open') agenda.set('found', now + wait, () => this.#foundIfAlone())
  }

  /**
   * We were a member before a restart. If nobody gives us the keys, nobody is there who has them, and one of those who
   * wait makes new ones: in ranks, so that it is one (SPEC F3).
   */
  #planResumption(wait: number): void {
    const { agenda, now } = this.#context
    agenda.set('found', now + wait, () => {
      if (this.#context.status !== 'joining') return
      const turn = this.#context.rank('resume') * RESUMPTION_STEP_MS
      agenda.set('found', this.#context.now + turn, () => this.#resume())
    })
  }

  #resume(): void {
    if (this.#context.status === 'joining') this.#context.anew = this.#excluder.refresh()
  }

  /** Knocks again as if for the first time: what was said to us meanwhile is lost. */
  startAgain(): void {
    // What is founded is not founded again.
    this.start(this.#entrance.kind === 'found' ? { kind: 'join' } : this.#entrance)
  }

  /**
   * Solicits now rather than at the next turn, as if for the first time: what we said before was heard by nobody, and must not
   * make all members answer at once (SPEC J3).
   */
  askAgain(): void {
    if (!this.#context.agenda.has('solicit')) return
    this.#attempt = 0
    this.#solicit()
  }

  #solicit(): void {
    const { agenda, now, timing, status } = this.#context
    if (status !== 'joining') return
    if (this.#isMisled()) {
      this.startOver()
      return
    }
    this.#requests.ask({ purpose: 'join', attempt: this.#attempt, join: this.#knock })
    // We turn out to be a member, by a log that we had lost; and whoever showed it to us may have no keys for us.
    if (this.#context.isMember && !agenda.has('found')) this.#planResumption(timing.foundingMs)
    const wait = this.#context.jittered(timing.solicitMs * 2 ** Math.min(this.#attempt, DOUBLINGS_MAX))
    this.#attempt++
    agenda.set('solicit', now + wait, () => this.#solicit())
  }

  get #knock(): NonNullable<Request['join']> {
    const evidence = this.#entrance.kind === 'join' ? this.#entrance.evidence : undefined
    return { name: this.#context.name, ...(evidence && { evidence }) }
  }

  /**
   * We are no member to somebody who speaks as one: its part of the room and ours know nobody of each other. One of us is let in
   * there, in ranks, and then knows the logs of both. As long as nothing comes of it we ask ever less often (SPEC J10).
   */
  estranged(from: PeerId): void {
    const { agenda, now, timing } = this.#context
    const doublings = Math.min(this.#countInVain(), ESTRANGED_DOUBLINGS_MAX)
    this.#requests.pauseVisits(timing.requestMs * 2 ** doublings)
    const turn = timing.sealStepMs + timing.heartbeatMs * this.#context.rank('strangers')
    agenda.setOnce('strangers', now + turn, () => {
      const { isReady, log } = this.#context
      if (!isReady || this.#isTurnedAway || log.roster.alive.has(from)) return
      this.#requests.ask({ purpose: 'knock', to: from, attempt: LATE_ATTEMPT, join: this.#knock })
    })
  }

  turnedAway({ refusal }: Refused): void {
    if (refusal === 'denied') this.#isTurnedAway = true
  }

  #foundIfAlone(): void {
    const { status, log, agenda, now, timing } = this.#context
    if (status !== 'joining' || log.size > 0) return
    // Whoever beat may have gone since; then nobody else would ever found.
    const silentAt = this.#heardMemberAt + 2 * timing.heartbeatMs
    if (silentAt <= now) this.#found()
    else agenda.set('found', silentAt, () => this.#foundIfAlone())
  }

  /** The first version, our own slots, and a log of one operation (paper §3.4, First Participant). */
  #found(): void {
    const context = this.#context
    const { group, entropy, signer, name, now } = context
    const secret = entropy.bytes(32)
    const nonce = entropy.bytes(OPERATION_NONCE_LENGTH)
    const commitment = commitmentOf(group, nonce, chainOf(group, nonce, secret))
    const body = { kind: 'founding', name, nonce, commitment } as const
    const operation = makeOperation(group, { parents: [] }, body, signer)
    context.integrate([operation])
    const entry = context.log.get(operation.id)
    if (entry === undefined) return
    context.ring.install(entry, secret, now)
    context.confirmed = true
    context.confirmedAt = now
  }

  /** A page came in answer to our solicitation. */
  introduced(by: PeerId): void {
    const { isMember, presence, now } = this.#context
    presence.hear(by, now)
    if (isMember) this.#context.introducer ??= by
  }

  /** After a page without keys: the rest of the log, from whoever sent the first part. */
  goOn(by: PeerId): void {
    if (this.#context.status !== 'joining') return
    this.#requests.ask({ purpose: 'join', to: by })
    // As long as there is more to come, nobody is missing.
    this.#context.agenda.cancel('found')
  }

  refused({ refusal }: Refused): void {
    if (this.#context.status !== 'joining' || this.#refused === refusal) return
    this.#refused = refusal
    this.#context.notify({ event: 'refused', refusal })
    // Another knock is another question to people who have answered: not without our user's wish.
    if (refusal === 'denied') this.#context.agenda.cancel('solicit')
  }

  /** We are in: no more soliciting; and if nobody else turns up to confirm us, that is because there is nobody. */
  joined(): void {
    const context = this.#context
    const { agenda, now, timing, introducer, log, self } = context
    const own = log.admissionOf(self)
    context.cameLast = own !== undefined && log.heads.includes(own.operation.id)
    agenda.cancel('solicit')
    agenda.cancel('found')
    if (context.others.every((peer) => peer === introducer)) context.confirmed = true
    // Who founds has nobody to ask and makes its slots at once.
    if (context.others.length > 0) agenda.set('slots', now + timing.slotsMs, () => undefined)
    agenda.set('confirm', now + 2 * timing.heartbeatMs, () => this.#confirmIfAlone())
  }

  /** Who has not heard a soul but its introducer for two heartbeats need not wait for one; else one will confirm us. */
  #confirmIfAlone(): void {
    const context = this.#context
    const { hasHeardOthers, onlineOthers, introducer } = context
    if (!hasHeardOthers || onlineOthers.every((peer) => peer === introducer)) context.confirmed = true
    const again = context.now + context.timing.heartbeatMs
    if (!context.confirmed) context.agenda.set('confirm', again, () => this.#confirmIfAlone())
  }

  /** A lobby heartbeat while we are not in yet: the room is alive. */
  hearLobby(beat: LobbyHeartbeat): void {
    if (beat.willing) this.#heardMemberAt = this.#context.now
  }

  /**
   * Whether what we were shown leads nowhere: somebody made it up, or nobody is left of that lineage. Since we name it when we
   * ask, those of others would not answer us (SPEC J1, B6).
   */
  #isMisled(): boolean {
    const { isMember, log } = this.#context
    this.#countInVain()
    if (isMember || log.size === 0) this.#fruitless = 0
    return this.#fruitless >= FRUITLESS_MAX
  }

  /** Counts how often in a row we have asked and our log has not grown. */
  #countInVain(): number {
    const { size } = this.#context.log
    this.#fruitless = size > this.#shown ? 0 : this.#fruitless + 1
    this.#shown = size
    return this.#fruitless
  }

  /** Gives up the log and all keys, and knocks as we did before. */
  startOver(): void {
    this.#requests.forgetAll()
    this.#context.startOver()
    this.start(this.#entrance)
  }
}

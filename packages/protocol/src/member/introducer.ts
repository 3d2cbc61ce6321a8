/** Letting others in: at once, or after a human's word (paper §3.1.1, §3.4 Join; SPEC J1–J4, J8, J9, K12). */
import { UsageError } from '../errors.ts'
import type { Evidence } from '../group/invite.ts'
import { mayAdmit } from '../group/policy.ts'
import type { Millis, OperationId, PeerId } from '../ids.ts'
import { hasSuccessor } from '../keys/entitled.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { DENIALS_MAX, KNOCKS_MAX } from '../limits.ts'
import type { Request } from '../lobby/messages.ts'
import type { Refusal } from '../lobby/reply-content.ts'
import { whyEvidenceFails } from '../log/entitlement.ts'
import { makeOperation } from '../log/operation.ts'
import { type Entry, wasExcluded } from '../log/roster.ts'
import type { Context } from './context.ts'
import type { Excluder } from './excluder.ts'
import { REPLIERS_A_TURN, type Replier } from './replier.ts'

/** What who may not let others in is told when it tries. */
export const MODERATORS_ALONE = 'Only moderators let others in here, or invite them. Ask one of them to.'

/** Ready members that answer a knock, by rank; each time it is repeated twice as many. */
const INTRODUCERS_A_TURN = 4
const DOUBLINGS_MAX = 8

/** Somebody who waits for a human. It keeps asking, and holds nothing open meanwhile. */
interface Knock {
  readonly request: Request
  readonly at: Millis
}

export class Introducer {
  readonly #context: Context
  readonly #excluder: Excluder
  readonly #replier: Replier
  /** Whom we will answer when our turn comes. */
  readonly #turns = new Set<PeerId>()
  readonly #knocks = new Map<PeerId, Knock>()
  /** Admissions of ours that share our latest step. */
  readonly #batch = new Set<OperationId>()

  constructor(context: Context, roles: { excluder: Excluder; replier: Replier }) {
    this.#context = context
    this.#excluder = roles.excluder
    this.#replier = roles.replier
  }

  /** Those who wait for a human's word here. */
  get knocks(): number {
    return this.#knocks.size
  }

  /** Somebody wants in. We wait our turn: whoever ranks first answers at once, the others only if it stays silent. */
  hear(from: PeerId, request: Request): void {
    const { agenda, now, timing, isLarge, presence } = this.#context
    if (!this.#mayAdmit(this.#context.self)) return
    if (this.#judge(from, request) === 'ask') this.#note(from, request)
    if (this.#turns.size >= KNOCKS_MAX && !this.#turns.has(from)) return
    const idle = this.#context.onDuty.filter(
      (peer) => !this.#mayAdmit(peer) || (isLarge && !presence.isWilling(peer)),
    )
    const rank = this.#context.rank(`introduce ${from}`, [from, ...idle])
    // However many there are, a few take a turn: else many would admit it before they hear that one has.
    const turns = INTRODUCERS_A_TURN * 2 ** Math.min(request.attempt, DOUBLINGS_MAX)
    if (rank >= turns) return
    // Whoever follows waits until the first one's admission has had the time to come: each answer holds the whole log.
    const share = rank === 0 ? 0 : 1 + rank / turns
    const due = now + share * timing.introductionWindowMs
    this.#turns.add(from)
    agenda.set(`knock ${from}`, due, () => {
      const late = this.#context.now - due
      const answer = (): void => this.#answer(from, request, rank)
      // Who is so busy that its turn comes late hears as late what the first one did.
      if (rank > 0 && late > timing.introductionWindowMs) agenda.set(`knock ${from}`, due + 2 * late, answer)
      else answer()
    })
  }

  /** Our turn to answer a knock has come. */
  #answer(from: PeerId, request: Request, rank: number): void {
    const { isReady, log } = this.#context
    this.#turns.delete(from)
    // Somebody else admitted it meanwhile, and replies; or seems to have, which anybody can make up, so that it does not hold twice.
    const isIn = log.roster.alive.has(from) || (request.attempt === 0 && log.mayHaveAdmitted(from))
    if (!isReady || isIn) return
    const verdict = this.#judge(from, request)
    if (verdict === 'admit') this.#introduce(from, request)
    else if (rank < REPLIERS_A_TURN)
      this.#replier.refuse(from, request, verdict === 'ask' ? 'asked' : verdict)
  }

  /** Lets a knocker in on our user's word. Throws `UsageError`, with nothing changed, when that cannot be. */
  admit(peer: PeerId): void {
    const { request } = this.#knockOf(peer)
    if (!this.#introduce(peer, request))
      throw new UsageError('not-joined', 'Something is still under way here. Try again in a moment.')
    this.#knocks.delete(peer)
  }

  /** Sends a knocker away on our user's word; the second time is for good (SPEC J9). */
  deny(peer: PeerId): void {
    const { request } = this.#knockOf(peer)
    const { current } = this.#context
    if (current) this.#context.publish({ kind: 'denial', peer }, current)
    this.#replier.refuse(peer, request, 'denied')
  }

  /**
   * Sees to it that somebody who is no member is never let in again: as many denials as are for good (SPEC J9). Throws
   * `UsageError`, with nothing changed, when that cannot be.
   */
  ban(peer: PeerId): void {
    const { log, self } = this.#context
    const keys = this.#context.mustBeReady()
    if (!this.#mayAdmit(self)) throw new UsageError('not-entitled', MODERATORS_ALONE)
    if (log.roster.alive.has(peer))
      throw new UsageError('is-a-member', `${peer} is in the room. Exclude it first.`)
    for (let denials = log.roster.denials.get(peer) ?? 0; denials < DENIALS_MAX; denials++)
      this.#context.publish({ kind: 'denial', peer }, keys)
  }

  /** A knock ends everywhere by what enters the log: an admission by anybody, or a denial. */
  learn(entries: readonly Entry[]): void {
    const { agenda, now, timing, log } = this.#context
    for (const { operation } of entries) {
      const { body } = operation
      const isIn = body.kind === 'admission' && log.roster.alive.has(body.peer)
      const isDenied = body.kind === 'denial' && log.roster.denials.has(body.peer)
      if (isIn || isDenied) this.#knocks.delete(body.peer)
      // Its next words were on their way when it was denied: they are no second knock.
      if (isDenied) agenda.set(`denied ${body.peer}`, now + timing.denialMs, () => undefined)
    }
  }

  #knockOf(peer: PeerId): Knock {
    const { log, self } = this.#context
    this.#forget()
    this.#context.mustBeReady()
    if (!this.#mayAdmit(self)) throw new UsageError('not-entitled', MODERATORS_ALONE)
    if (log.roster.alive.has(peer)) throw new UsageError('is-a-member', `${peer} is in the room already.`)
    const knock = this.#knocks.get(peer)
    if (knock === undefined)
      throw new UsageError('no-knock', `${peer} does not knock, or not any more. Wait for a "knock".`)
    return knock
  }

  #mayAdmit(peer: PeerId): boolean {
    return mayAdmit(this.#context.group.genesis.policy, peer)
  }

  /** Tells our user once that somebody knocks, and remembers the request that can be answered. */
  #note(from: PeerId, request: Request): void {
    this.#forget()
    const isNew = !this.#knocks.has(from)
    if (isNew && this.#knocks.size >= KNOCKS_MAX) return
    this.#knocks.set(from, { request, at: this.#context.now })
    if (isNew) this.#context.notify({ event: 'knock', peer: from, name: request.join?.name ?? '' })
  }

  /** Whoever has not asked again for long has gone. */
  #forget(): void {
    const { now, timing } = this.#context
    for (const [peer, { at }] of this.#knocks) if (now - at >= timing.knockMs) this.#knocks.delete(peer)
  }

  /** Whether we let somebody in, ask our user first, or why not (SPEC J2, J8). */
  #judge(peer: PeerId, { join }: Request): 'admit' | 'ask' | Refusal {
    const { group, log, agenda } = this.#context
    const { roster } = log
    if ((roster.denials.get(peer) ?? 0) >= DENIALS_MAX || agenda.has(`denied ${peer}`)) return 'denied'
    // Once excluded, by any invite only on a human's word.
    if (wasExcluded(peer, roster)) return 'ask'
    const { admit } = group.genesis.policy
    if (admit === 'anyone') return 'admit'
    const why = this.#whyNotInvited(peer, join?.evidence)
    if (why !== undefined) return why
    return admit === 'ask' || join?.evidence?.grant.ask ? 'ask' : 'admit'
  }

  #whyNotInvited(peer: PeerId, evidence: Evidence | undefined): Refusal | undefined {
    const { log, wallSeconds } = this.#context
    if (evidence === undefined) return 'invite-needed'
    if (whyEvidenceFails(peer, evidence, log) !== undefined) return 'invite-revoked'
    const { expires } = evidence.grant
    return expires !== 0 && expires < wallSeconds ? 'invite-expired' : undefined
  }

  /** Admits peers that did not knock, by our own word (SPEC G8). Throws `UsageError` when not all of them can be. */
  welcome(peers: readonly { readonly peer: PeerId; readonly name: string }[]): void {
    const { group, self, log } = this.#context
    this.#context.mustBeReady()
    if (!mayAdmit(group.genesis.policy, self))
      throw new UsageError('not-entitled', 'Only moderators let others into that room.')
    // Before anybody is let in: who may not come would be left behind without a word.
    const denied = peers.filter(({ peer }) => (log.roster.denials.get(peer) ?? 0) >= DENIALS_MAX)
    if (denied.length > 0) {
      const names = denied.map(({ peer }) => peer).join(', ')
      throw new UsageError('denied', `That room has denied ${names} for good. Exclude them here first.`)
    }
    for (const { peer, name } of peers) {
      if (log.roster.alive.has(peer) || this.#admit(peer, { name })) continue
      throw new UsageError('not-joined', 'The keys of that room are being changed. Try again in a moment.')
    }
  }

  /** Lets a newcomer in, and gives it its keys. Returns whether it could. */
  #introduce(from: PeerId, request: Request): boolean {
    if (!this.#context.log.covers(request.heads) || !this.#admit(from, request.join ?? { name: '' }))
      return false
    this.#context.presence.hear(from, this.#context.now)
    this.#replier.sendPage(from, request)
    return true
  }

  /** Admits a peer: one revision step, and the admission to all. Returns whether it could. */
  #admit(from: PeerId, { name, evidence }: NonNullable<Request['join']>): boolean {
    const context = this.#context
    if (this.#needsChangeFirst() && !this.#excluder.change({ targets: [], reason: '' })) return false
    const keys = context.current
    if (keys === undefined) return false
    const { group, signer, log, now, timing } = context
    const step = this.#isStepFresh(keys) ? 0 : 1
    const isUsed =
      group.genesis.policy.admit !== 'anyone' && this.#whyNotInvited(from, evidence) === undefined
    const body = {
      kind: 'admission',
      peer: from,
      name,
      version: keys.version,
      revision: keys.revision + step,
      ...(evidence && isUsed && { evidence }),
    } as const
    const about = [keys.version, log.latestAdmissionAt(keys.version), body.evidence?.grant.issuerAdmission]
    const operation = makeOperation(group, { parents: context.parentsFor(about) }, body, signer)
    context.integrate([operation])
    if (!log.roster.alive.has(from)) return false
    keys.advanceTo(body.revision, { now, lateMs: timing.lateMs })
    if (step === 1) {
      keys.steppedAt = now
      this.#batch.clear()
    }
    this.#batch.add(operation.id)
    context.broadcast('operations', { kind: 'operations', operations: [operation] }, keys)
    return true
  }

  /**
   * A step that is less than half a second old serves the next newcomer too (paper §3.2, Multiple Joins); but only our own:
   * others may have spoken for long under a revision, or a version, that we have only just heard of.
   */
  #isStepFresh(keys: VersionKeys): boolean {
    const { log, now, timing } = this.#context
    if (now - keys.steppedAt >= timing.revisionBatchMs) return false
    return log.entries.every(({ operation: { id, body } }) => {
      const isAtIt =
        body.kind === 'admission' && body.version === keys.version && body.revision >= keys.revision
      // By what we made, not by its author: our identity may run in another process, too.
      return !isAtIt || this.#batch.has(id)
    })
  }

  /**
   * An introducer that nobody has confirmed within a heartbeat may be cut off; it makes a change first, so that a
   * newcomer can read little of what the others say meanwhile. So does one that knows a successor of its version, which a
   * newcomer could open with its slots although things were said under it before (SPEC K12).
   */
  #needsChangeFirst(): boolean {
    const { others, now, confirmedAt, timing, log, current } = this.#context
    if (others.length > 0 && now - confirmedAt > 2 * timing.heartbeatMs) return true
    return current !== undefined && hasSuccessor(log, current.version)
  }
}

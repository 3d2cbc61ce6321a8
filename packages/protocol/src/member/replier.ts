/** Answering others: the introducer's and the contributor's part (paper §3.4 Join; SPEC J1–J5, K10, K12). */
import type { Evidence } from '../group/invite.ts'
import { type PeerId, type Slot, toHex } from '../ids.ts'
import type { HandedKeys } from '../keys/key-ring.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { KNOCKS_MAX, PAGE_MAX, PARENTS_MAX, SEEN_REQUESTS_MAX } from '../limits.ts'
import type { Request } from '../lobby/messages.ts'
import { type Refusal, type ReplyContent, sealReply } from '../lobby/reply-content.ts'
import { whyRevoked } from '../log/entitlement.ts'
import { Bitset } from '../log/bitset.ts'
import { makeOperation } from '../log/operation.ts'
import { admitted, causeOfDeath } from '../log/roster.ts'
import type { Context } from './context.ts'
import type { Excluder } from './excluder.ts'

/** A broadcast request from a member is answered by two members a turn; the next attempt adds two more. */
const REPLIERS_A_TURN = 2
const ONLINE_LISTED_MAX = 64

export class Replier {
  readonly #context: Context
  readonly #excluder: Excluder
  readonly #seen = new Set<string>()
  readonly #knocking = new Set<PeerId>()

  constructor(context: Context, excluder: Excluder) {
    this.#context = context
    this.#excluder = excluder
  }

  /** `directed`: the request was for us alone. */
  handle(from: PeerId, request: Request, directed: boolean): void {
    const context = this.#context
    if (from === context.self || !context.isMember || !this.#isNew(request)) return
    if (context.log.roster.alive.has(from)) this.#answerMember(from, request, directed)
    else if (!context.isReady) return
    else if (request.join) this.#hearKnock(from, request)
    else if (directed) this.#tellWhyNot(from, request)
  }

  /**
   * Somebody asks who still takes itself for a member: it gets the operations that led to its end, so that it learns of
   * it by a signature; never keys.
   */
  #tellWhyNot(from: PeerId, request: Request): void {
    const { log } = this.#context
    const ended = [...log.roster.dead.values()].filter((entry) => admitted(entry) === from)
    const causes = ended.flatMap((entry) => causeOfDeath(entry, log.roster) ?? [])
    // Who knows of its end and goes on all the same lacks what makes that end count: that can be anything.
    for (const cause of [...causes, ...(ended.length > 0 ? [undefined] : [])]) {
      const { operations, more } = log.after(request.heads, PAGE_MAX, cause)
      if (operations.length === 0) continue
      const heads = cause ? [cause.operation.id] : log.heads.slice(0, PARENTS_MAX)
      this.#reply(from, request, { kind: 'page', operations, more, heads, online: [] })
      return
    }
    const refusal = this.#wasExcluded(from) ? 'excluded' : 'not-a-member'
    this.#reply(from, request, { kind: 'refused', refusal })
  }

  #isNew(request: Request): boolean {
    const id = toHex(request.id)
    if (this.#seen.has(id)) return false
    this.#seen.add(id)
    const oldest = this.#seen.keys().next()
    if (this.#seen.size > SEEN_REQUESTS_MAX && !oldest.done) this.#seen.delete(oldest.value)
    return true
  }

  #answerMember(from: PeerId, request: Request, directed: boolean): void {
    const context = this.#context
    const turn = REPLIERS_A_TURN * (request.attempt + 1)
    // Who asked us gets our part of the log even while we have no keys to give.
    if (directed || ((context.isReady || context.anew) && context.rank(`reply ${from}`, [from]) < turn))
      this.#sendPage(from, request)
  }

  /** Somebody wants in. We wait our turn: whoever ranks first answers at once, the others only if it stays silent. */
  #hearKnock(from: PeerId, request: Request): void {
    const { agenda, now, timing, onlineOthers } = this.#context
    if (this.#knocking.size >= KNOCKS_MAX && !this.#knocking.has(from)) return
    const rank = this.#context.rank(`introduce ${from}`, [from])
    const share = rank === 0 ? 0 : 0.5 + (0.5 * rank) / (onlineOthers.length + 1)
    this.#knocking.add(from)
    agenda.set(`knock ${from}`, now + share * timing.introductionWindowMs, () => {
      this.#knocking.delete(from)
      // Somebody else admitted it meanwhile, and replies.
      if (!this.#context.isReady || this.#context.log.roster.alive.has(from)) return
      const refusal = this.#whyRefused(from, request.join?.evidence)
      if (refusal === undefined) this.#introduce(from, request)
      else if (rank < REPLIERS_A_TURN) this.#reply(from, request, { kind: 'refused', refusal })
    })
  }

  #wasExcluded(peer: PeerId): boolean {
    const { dead, endings } = this.#context.log.roster
    return [...dead.values()].some(
      (entry) => admitted(entry) === peer && endings.get(entry.operation.id)?.some(({ left }) => !left),
    )
  }

  /** Why we do not admit (SPEC J2). A human's word will count here once a policy asks for it. */
  #whyRefused(peer: PeerId, evidence: Evidence | undefined): Refusal | undefined {
    const { group, log, wallSeconds } = this.#context
    if (this.#wasExcluded(peer)) return 'excluded'
    if (group.genesis.policy.admit === 'anyone') return undefined
    if (evidence === undefined) return 'invite-needed'
    const past = new Bitset()
    for (const { index } of log.entries) past.add(index)
    if (whyRevoked(peer, evidence, { log, past, before: log.roster }) !== undefined) return 'invite-revoked'
    const { expires } = evidence.grant
    return expires !== 0 && expires < wallSeconds ? 'invite-expired' : undefined
  }

  /** Admits a newcomer: one revision step, the admission to all, the keys to it alone. */
  #introduce(from: PeerId, request: Request): void {
    const context = this.#context
    if (!context.log.covers(request.heads)) return
    if (this.#needsChangeFirst()) this.#excluder.change({ targets: [], reason: '' })
    const keys = context.current
    if (keys === undefined) return
    const { group, signer, log, now, timing } = context
    const step = this.#isStepFresh(keys) ? 0 : 1
    const { name = '', evidence } = request.join ?? {}
    const body = {
      kind: 'admission',
      peer: from,
      name,
      version: keys.version,
      revision: keys.revision + step,
      ...(evidence && { evidence }),
    } as const
    const operation = makeOperation(group, { parents: log.heads.slice(0, PARENTS_MAX) }, body, signer)
    context.integrate([operation])
    keys.advanceTo(body.revision, { now, lateMs: timing.lateMs })
    if (step === 1) keys.steppedAt = now
    context.presence.hear(from, now)
    context.broadcast('operations', { kind: 'operations', operations: [operation] }, keys)
    this.#sendPage(from, request)
  }

  /**
   * A step that is less than half a second old serves the next newcomer too (paper §3.2, Multiple Joins); but only our own:
   * others may have spoken for long under a revision, or a version, that we have only just heard of.
   */
  #isStepFresh(keys: VersionKeys): boolean {
    const { log, now, timing, self } = this.#context
    if (now - keys.steppedAt >= timing.revisionBatchMs) return false
    return log.entries.every(({ operation: { author, body } }) => {
      const isAtIt =
        body.kind === 'admission' && body.version === keys.version && body.revision >= keys.revision
      return !isAtIt || author === self
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
    return log.entries.some(
      ({ operation: { body } }) => body.kind === 'change' && body.keyParent === current?.version,
    )
  }

  #sendPage(to: PeerId, request: Request): void {
    const context = this.#context
    const { operations, more } = context.log.after(request.heads, PAGE_MAX)
    // Key state never travels without every operation in its past (SPEC K10).
    const keys = more || !context.isReady ? undefined : this.#keysFor(to, request.want)
    const online = [context.self, ...context.onlineOthers].slice(0, ONLINE_LISTED_MAX)
    const heads = context.log.heads.slice(0, PARENTS_MAX)
    this.#reply(to, request, { kind: 'page', operations, more, heads, online, ...(keys && { keys }) })
  }

  #keysFor(peer: PeerId, want: Request['want']): HandedKeys | undefined {
    const { ring, current, table } = this.#context
    const wanted = want && ring.get(want.version)
    const owned = table.of(peer)
    const slots = want ? want.slots.filter((slot) => owned.has(slot)) : [...owned].sort((a, b) => a - b)
    for (const keys of [wanted, current]) {
      const handed = keys && this.#entitled(peer, keys, slots)
      if (handed) return handed
    }
    if (current) this.#excluder.oweChangeFor(current.version)
    return undefined
  }

  /**
   * What a member may have of a version (SPEC K10): from its start if it was a member when the version was made, from its
   * admission if it was admitted at it, else nothing.
   */
  #entitled(peer: PeerId, keys: VersionKeys, slots: readonly Slot[]): HandedKeys | undefined {
    const { log } = this.#context
    const version = log.get(keys.version)
    const alive = log.roster.alive.get(peer) ?? []
    if (version === undefined) return undefined
    const handed = { version: keys.version, chain: keys.chain, slots: this.#held(keys, slots) }
    const made = log.rosterOf(version).alive.get(peer) ?? []
    if (made.some((entry) => alive.includes(entry))) {
      return { ...handed, ...keys.earliest, ...(keys.secret && { secret: keys.secret }) }
    }
    for (const { operation } of alive) {
      if (operation.body.kind !== 'admission' || operation.body.version !== keys.version) continue
      const { revision } = operation.body
      const tek = keys.tekAt(revision)
      return tek ? { ...handed, revision, tek } : { ...handed, revision: keys.revision, tek: keys.tek }
    }
    return undefined
  }

  #held(keys: VersionKeys, slots: readonly Slot[]): HandedKeys['slots'] {
    return slots.flatMap((slot) => {
      const held = keys.slots.get(slot)
      return held ? [{ slot, ...held }] : []
    })
  }

  #reply(to: PeerId, request: Request, content: ReplyContent): void {
    const { group, suite, self, entropy } = this.#context
    const secret = entropy.bytes(32)
    const parties = { request: request.id, requester: to, replier: self }
    const sealed = sealReply(group, { secret, publicKey: request.exchangeKey, ...parties }, content)
    // A degenerate exchange key gets no answer: everybody could read it.
    if (sealed === undefined) return
    const exchangeKey = suite.exchangeKey(secret)
    this.#context.send(to, 'reply', { kind: 'reply', request: request.id, exchangeKey, sealed })
  }
}

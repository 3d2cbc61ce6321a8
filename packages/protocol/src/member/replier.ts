/** Answering members, and those who take themselves for one: the contributor's part (paper §3.4 Join; SPEC J5, K10, E5). */
import { type OperationId, type PeerId, type Slot, toHex } from '../ids.ts'
import { entitledTo } from '../keys/entitled.ts'
import type { HandedKeys } from '../keys/key-ring.ts'
import { givesSlots } from '../keys/slot-rights.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { PAGE_MAX, PARENTS_MAX, SEEN_REQUESTS_MAX } from '../limits.ts'
import type { Request } from '../lobby/messages.ts'
import { type Refusal, type ReplyContent, sealReply } from '../lobby/reply-content.ts'
import { admitted, causeOfDeath, type Entry, wasExcluded } from '../log/roster.ts'
import type { PathKeys } from '../tree/messages.ts'
import type { Context } from './context.ts'
import type { Excluder } from './excluder.ts'

/** A broadcast request is answered by two members, at its sender's next attempt by the next two: all would send the same. */
export const REPLIERS_A_TURN = 2
const ONLINE_LISTED_MAX = 64

function knownTo({ heads, landmarks, after }: Request): {
  heads: OperationId[]
  page: OperationId | undefined
} {
  return { heads: [...heads, ...landmarks], page: after }
}

export class Replier {
  readonly #context: Context
  readonly #excluder: Excluder
  readonly #seen = new Set<string>()

  constructor(context: Context, excluder: Excluder) {
    this.#context = context
    this.#excluder = excluder
  }

  /** Answers a member. `directed`: the request was for us alone. Returns whether it is a knock, for the introducer to answer. */
  handle(from: PeerId, request: Request, directed: boolean): boolean {
    const context = this.#context
    if (from === context.self || !context.isMember || !this.isNew(request)) return false
    if (context.log.roster.alive.has(from)) {
      // Before the answer: it may not take a way that led to the process from before (SPEC B5).
      if (request.join) context.notify({ event: 'restarted', peer: from })
      this.#answerMember(from, request, directed)
    } else if (!context.isReady) return false
    else if (request.join && !this.#missedItsEnd(from, request)) return true
    else if (directed || this.#isOurTurn(from, request)) this.#tellWhyNot(from, request)
    return false
  }

  /** Whether somebody knocks that restarted, or woke, as the member it was when it last heard of us (SPEC E5). */
  #missedItsEnd(from: PeerId, { heads }: Request): boolean {
    const { log } = this.#context
    const shown = heads.flatMap((head) => log.get(head) ?? [])
    const knows = (entry: Entry): boolean => shown.some((at) => at === entry || at.past.has(entry.index))
    return [...log.roster.dead.values()].some((entry) => {
      const cause = admitted(entry) === from && knows(entry) ? causeOfDeath(entry, log.roster) : undefined
      return cause !== undefined && !knows(cause)
    })
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
      if (this.tell(from, request, cause)) return
    }
    const refusal = wasExcluded(from, log.roster) ? 'excluded' : 'not-a-member'
    this.refuse(from, request, refusal)
  }

  /**
   * Gives a page of what somebody lacks of the operations that led to one of them, or of all there are; never keys. Returns
   * whether there was anything.
   */
  tell(to: PeerId, request: Request, until: Entry | undefined): boolean {
    const { log } = this.#context
    const { operations, more } = log.after(knownTo(request), PAGE_MAX, until)
    const heads = until ? [until.operation.id] : log.heads.slice(0, PARENTS_MAX)
    if (operations.length > 0) this.#reply(to, request, { kind: 'page', operations, more, heads, online: [] })
    return operations.length > 0
  }

  /** Whether we have not seen it before. */
  isNew(request: Request): boolean {
    const id = toHex(request.id)
    if (this.#seen.has(id)) return false
    this.#seen.add(id)
    const oldest = this.#seen.keys().next()
    if (this.#seen.size > SEEN_REQUESTS_MAX && !oldest.done) this.#seen.delete(oldest.value)
    return true
  }

  #answerMember(from: PeerId, request: Request, directed: boolean): void {
    const context = this.#context
    // Who asked us gets our part of the log even while we have no keys to give.
    if (directed || ((context.isReady || context.anew) && this.#isOurTurn(from, request)))
      this.sendPage(from, request)
  }

  #isOurTurn(from: PeerId, { attempt }: Request): boolean {
    const { onDuty } = this.#context
    const repliers = onDuty.filter((peer) => peer !== from).length + 1
    const turn = attempt % Math.ceil(repliers / REPLIERS_A_TURN)
    const rank = this.#context.rank(`reply ${from}`, [from])
    return Math.floor(rank / REPLIERS_A_TURN) === turn
  }

  /** A page of the log, and with the last one keys. */
  sendPage(to: PeerId, request: Request): void {
    const context = this.#context
    const { operations, more } = context.log.after(knownTo(request), PAGE_MAX)
    // Key state never travels without every operation in its past (SPEC K10).
    const keys = more || !context.isReady ? undefined : this.#keysFor(to, request.want)
    const online = [...new Set([context.self, ...context.onDuty, ...context.onlineOthers])]
    const heads = context.log.heads.slice(0, PARENTS_MAX)
    this.#reply(to, request, {
      kind: 'page',
      operations,
      more,
      heads,
      online: online.slice(0, ONLINE_LISTED_MAX),
      ...(keys && { keys }),
    })
    if (keys) this.#excluder.handedOver(keys.version)
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

  /** As much of a version's keys as a member may have and we hold. */
  #entitled(peer: PeerId, keys: VersionKeys, slots: readonly Slot[]): HandedKeys | undefined {
    const { log, self } = this.#context
    const from = entitledTo(log, keys.version, peer)
    const entry = log.get(keys.version)
    const given = entry && givesSlots(entry, self) ? this.#held(keys, slots) : []
    if (from === undefined) return undefined
    const path = entry && this.#pathOf(peer, entry)
    const handed = { version: keys.version, chain: keys.chain, slots: given, ...(path && { path }) }
    if (from === 'all') return { ...handed, ...keys.earliest, ...(keys.secret && { secret: keys.secret }) }
    const tek = keys.tekAt(from)
    return tek ? { ...handed, revision: from, tek } : { ...handed, revision: keys.revision, tek: keys.tek }
  }

  /** Its path in our key tree, where there is one. */
  #pathOf(peer: PeerId, version: Entry): PathKeys | undefined {
    const { ring, log, entropy } = this.#context
    const tree = ring.trees.ours(version, this.#context)
    const admission = log.admissionOf(peer)
    if (tree === undefined || admission === undefined) return undefined
    tree.admit(this.#context.admissionsOfOthers, entropy)
    return tree.pathOf(admission.operation.id)
  }

  #held(keys: VersionKeys, slots: readonly Slot[]): HandedKeys['slots'] {
    return slots.flatMap((slot) => {
      const held = keys.slots.get(slot)
      return held ? [{ slot, ...held }] : []
    })
  }

  refuse(to: PeerId, request: Request, refusal: Refusal): void {
    this.#reply(to, request, { kind: 'refused', refusal })
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

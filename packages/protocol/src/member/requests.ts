/** Asking others: requests under way, their replies, and the next peer to ask when one stays silent (SPEC B4, J7). */
import {
  type AdmissionId,
  compareIds,
  type Millis,
  type OperationId,
  type PeerId,
  type Slot,
  toHex,
  type VersionId,
} from '../ids.ts'
import { type Reply, type Request, REQUEST_ID_LENGTH } from '../lobby/messages.ts'
import { openReply, type Page, type ReplyContent } from '../lobby/reply-content.ts'
import { reject, type Rejection } from '../errors.ts'
import type { HandedKeys } from '../keys/key-ring.ts'
import { maySlotPass } from '../keys/slot-rights.ts'
import { managementOf } from '../log/management.ts'
import {
  AWAITED_ASKED_MAX,
  BEATERS_MAX,
  IDLE_PAGES_MAX,
  LANDMARKS_MAX,
  NEIGHBOURS_MAX,
  PARENTS_MAX,
  UNKNOWN_ASKED_MAX,
} from '../limits.ts'
import type { Context } from './context.ts'

/**
 * What a request is for: to be let in, to catch up, to get slots, to see the log of somebody we do not count as a member, to
 * show our heads to whom it goes, or for a member to be let in by those of its room to whom it is a stranger.
 */
export type Purpose = 'join' | 'sync' | 'slots' | 'visit' | 'show' | 'knock'

interface Pending {
  readonly purpose: Purpose
  readonly at: Millis
  /** Whom we asked; absent when we asked everybody. */
  readonly to?: PeerId
  readonly secret: Uint8Array
  readonly slots: readonly Slot[]
  /** We asked somebody else meanwhile; an answer still counts. */
  isLate?: boolean
}

export interface Ask {
  readonly purpose: Purpose
  readonly to?: PeerId
  readonly attempt?: number
  readonly want?: { readonly version: VersionId; readonly slots: readonly Slot[] }
  readonly join?: Request['join']
}

/** How much the latest answer counts for what answers take, and how many times that we wait. */
const ANSWER_WEIGHT = 0.3
const ANSWERS_WAITED = 2

/** The wait between rounds in vain doubles this often: a partition that heals must not be noticed late. */
const DOUBLINGS_MAX = 2

export class Requests {
  readonly #context: Context
  readonly #pending = new Map<string, Pending>()
  /** Peers that did not answer, or could not help, with what we look for now. */
  readonly #tried = new Set<PeerId>()
  /** Versions that everybody was asked for since we last made progress; undefined where it was for the log alone. */
  readonly #inVain = new Set<VersionId | undefined>()
  #hint: PeerId | undefined
  /** Whose page was not its last, and the operation that ends it. */
  #pages: { readonly of: PeerId; readonly end: OperationId } | undefined
  /** When it was last our turn to ask, where there are many. */
  #turnAt: Millis | undefined
  /** Pages in a row that held nothing new. */
  #idlePages = 0
  /** What an answer took lately, the first one's time whole. */
  #answerMs: Millis | undefined
  /** How often everybody was asked since we last made progress. */
  #roundsInVain = 0

  constructor(context: Context) {
    this.#context = context
  }

  /** Slots that are being asked for; if told so, also those of requests that only a late answer is left for. */
  slotsAsked(isLateToo: boolean): Set<Slot> {
    const requests = isLateToo ? [...this.#pending.values()] : this.#underWay
    return new Set(requests.flatMap(({ slots }) => slots))
  }

  count(purpose: Purpose): number {
    return this.#underWay.filter((pending) => pending.purpose === purpose).length
  }

  get #underWay(): Pending[] {
    return [...this.#pending.values()].filter(({ isLate }) => !isLate)
  }

  ask(ask: Ask): void {
    const { suite, entropy, log, agenda, now, timing, root } = this.#context
    const id = entropy.bytes(REQUEST_ID_LENGTH)
    const secret = entropy.bytes(32)
    const name = toHex(id)
    const { purpose, to, want, join } = ask
    // A member names the past that it shares with them. What they lack of ours must not keep them from answering (SPEC J10).
    const heads = purpose === 'knock' ? [] : log.heads.slice(0, PARENTS_MAX)
    const after = to !== undefined && this.#pages?.of === to ? this.#pages.end : undefined
    this.#pending.set(name, {
      purpose,
      at: now,
      secret,
      slots: want && purpose === 'slots' ? want.slots : [],
      ...(to && { to }),
    })
    // A human takes longer than a peer.
    const patience = join ? timing.knockMs : this.#patience
    agenda.set(`request ${name}`, now + patience, () => this.#giveUp(name))
    const message: Request = {
      kind: 'request',
      id,
      attempt: ask.attempt ?? 0,
      exchangeKey: suite.exchangeKey(secret),
      ...(root && { lineage: root }),
      heads,
      landmarks: log.landmarks.slice(0, LANDMARKS_MAX).sort(compareIds),
      ...(after && { after }),
      ...(want && { want }),
      ...(join && { join }),
    }
    if (to) this.#context.send(to, 'request', message)
    else this.#context.toLobby('request', message)
  }

  /** Opens a reply if it answers a request of ours; changes nothing. */
  open(from: PeerId, reply: Reply): ReplyContent | Rejection {
    const pending = this.#pending.get(toHex(reply.request))
    if (!pending || (pending.to && pending.to !== from))
      return reject('unsolicited', 'a reply to no request of ours')
    const { group, self } = this.#context
    const parties = { request: reply.request, requester: self, replier: from }
    return openReply(
      group,
      { secret: pending.secret, publicKey: reply.exchangeKey, ...parties },
      reply.sealed,
    )
  }

  /** What a reply's request was for; undefined when it was answered before. */
  purposeOf(reply: Reply): Purpose | undefined {
    return this.#pending.get(toHex(reply.request))?.purpose
  }

  /** Marks a request as answered; its purpose, or undefined when another reply came first. */
  settle(reply: Reply): Purpose | undefined {
    const name = toHex(reply.request)
    const pending = this.#pending.get(name)
    this.#pending.delete(name)
    this.#context.agenda.cancel(`request ${name}`)
    // Strangers may answer as late as they like.
    const isOfMember = pending && pending.purpose !== 'visit' && pending.purpose !== 'knock'
    if (isOfMember) this.#noteAnswer(this.#context.now - pending.at)
    return pending?.purpose
  }

  /** A human's answer says nothing about how busy the others' machines are, and counts for no more than we wait for those. */
  #noteAnswer(took: Millis): void {
    const ms = Math.min(took, this.#context.timing.lateMs)
    this.#answerMs =
      this.#answerMs === undefined ? ms : this.#answerMs + (ms - this.#answerMs) * ANSWER_WEIGHT
  }

  /** How long an answer may take before somebody else is asked: longer where answers have taken long (SPEC J7). */
  get #patience(): Millis {
    const { requestMs, lateMs } = this.#context.timing
    return Math.min(Math.max(requestMs, ANSWERS_WAITED * (this.#answerMs ?? 0)), Math.max(requestMs, lateMs))
  }

  /** Takes a page's operations, and its keys if whoever sent it turns out to be a member. */
  take(from: PeerId, page: Page): void {
    const context = this.#context
    const before = context.log.size + context.ring.generation
    context.integrate(page.operations)
    this.#takeKeys(from, page.keys)
    // What we had already is no progress: two members that cannot help each other must not ask without end.
    const isProgress = context.log.size + context.ring.generation > before
    if (isProgress) this.progressed()
    this.#idlePages = isProgress ? 0 : this.#idlePages + 1
    const end = page.operations.at(-1)?.id
    const goesOn = page.more && this.#idlePages <= IDLE_PAGES_MAX
    this.#pages = goesOn && end ? { of: from, end } : undefined
  }

  #takeKeys(from: PeerId, keys: HandedKeys | undefined): void {
    const context = this.#context
    const entry = keys && context.log.get(keys.version)
    if (!keys || !entry || !context.log.roster.alive.has(from) || context.ring.isErased(keys.version)) return
    const mayGive = (slot: Slot, maker: AdmissionId): boolean =>
      maySlotPass(entry, { slot, maker, from, to: context.self }, context)
    const isManager = managementOf(entry)?.manager === from
    const fits = context.ring.accept(entry, keys, { now: context.now, mayGive, isManager })
    if (!fits)
      context.notify({
        event: 'rejected',
        code: 'malformed',
        detail: 'keys that do not fit their commitment',
      })
  }

  /** Says that this peer showed something we lack, so that it is asked first. */
  hint(peer: PeerId): void {
    this.#hint = peer
  }

  /**
   * Asks somebody whom we do not count as a member for what it knows: after a partition it may be one by operations that we
   * lack, or know of a senior's exclusion that undoes its own. What it sends is signed, and judged like all else. Now and
   * then only, since anybody may make us do it.
   */
  visit(peer: PeerId): void {
    const { agenda, timing, status, self } = this.#context
    if ((status !== 'joined' && status !== 'destroyed') || peer === self || agenda.has('visited')) return
    this.pauseVisits(timing.requestMs)
    this.ask({ purpose: 'visit', to: peer })
  }

  /** Visits nobody for so long. */
  pauseVisits(ms: Millis): void {
    const { agenda, now } = this.#context
    agenda.set('visited', now + ms, () => undefined)
  }

  /**
   * Asks the next best member for what we lack: the log, and the keys of one of these versions, if there are any. One such
   * request is under way at a time. When everybody was asked for one in vain it is the next one's turn, and after the last
   * everybody is asked again after a heartbeat.
   */
  sync(versions: readonly VersionId[]): void {
    if (this.count('sync') > 0) return
    const sought = versions.length > 0 ? versions.slice(0, AWAITED_ASKED_MAX) : [undefined]
    const open = sought.filter((one) => !this.#inVain.has(one))
    if (open.length === 0) {
      this.#pause()
      return
    }
    if (this.#pages === undefined && !this.#isTurn()) return
    const [version] = open
    const to = this.#pages?.of ?? this.#nextPeer()
    if (to === undefined) {
      this.#inVain.add(version)
      this.#tried.clear()
      this.sync(versions)
      return
    }
    const { current, ownSlots } = this.#context
    // Who lacks nothing but operations is spared the slots, which a reply is mostly made of.
    const want = version
      ? { version, slots: [...ownSlots] }
      : current && { version: current.version, slots: [] }
    this.#tried.add(to)
    this.ask({ purpose: 'sync', to, ...(want && { want }) })
    // Asked once for the next page: if no answer comes, somebody else is asked.
    this.#pages = undefined
  }

  /** Anybody can make us look for what nobody has; so each round in vain makes the next one wait longer. */
  #pause(): void {
    const { agenda, now, timing, log } = this.#context
    if (agenda.has('sync again')) return
    log.forgetOrphans()
    const wait = timing.heartbeatMs * 2 ** Math.min(this.#roundsInVain++, DOUBLINGS_MAX)
    agenda.set('sync again', now + wait, () => this.#inVain.clear())
  }

  /**
   * Where there are many, all notice at one moment that they lack something, most of them what is on its way to them: each waits
   * for a part of a request's time before it asks, the longer the more there are (SPEC H8).
   */
  #isTurn(): boolean {
    const { isMember, agenda, now, entropy, timing, log } = this.#context
    const { size } = log.roster.alive
    if (size <= NEIGHBOURS_MAX || !isMember || this.#turnAt === now) return true
    const most = timing.requestMs * Math.min(1, size / BEATERS_MAX)
    agenda.setOnce('sync turn', now + entropy.fraction() * most, () => {
      this.#turnAt = this.#context.now
    })
    return false
  }

  /** We made progress, or have something new to ask for: everybody may be asked again. */
  progressed(): void {
    this.#tried.clear()
    this.#inVain.clear()
    this.#roundsInVain = 0
    this.#context.agenda.cancel('sync again')
  }

  forgetAll(): void {
    for (const name of this.#pending.keys()) this.#context.agenda.cancel(`request ${name}`)
    this.#pending.clear()
    this.#tried.clear()
    this.#inVain.clear()
  }

  #nextPeer(): PeerId | undefined {
    const { onlineOthers, onDuty, self, isLarge, others, neighbours } = this.#context
    const untried = (peers: readonly PeerId[]): PeerId[] => peers.filter((peer) => !this.#tried.has(peer))
    const hinted = untried(this.#hint === undefined || this.#hint === self ? [] : [this.#hint])
    // What neighbours say takes a direct way. What others say may have to take gossip's, and all get a copy.
    const isAmongMany = onlineOthers.length > NEIGHBOURS_MAX
    const near = isAmongMany ? untried(neighbours.filter((peer) => this.#context.isOnline(peer))) : hinted
    const online = [near, hinted, ...[onDuty, onlineOthers].map(untried)].find((peers) => peers.length > 0)
    // Whose presence is unknown may be there; a few are tried.
    const mayTryOthers = isLarge && this.#tried.size < onlineOthers.length + UNKNOWN_ASKED_MAX
    const fresh = online ?? (mayTryOthers ? untried(others) : [])
    return fresh[Math.floor(this.#context.entropy.fraction() * fresh.length)]
  }

  /**
   * Somebody else may be asked. On a slow line, or of a busy peer, the answer comes later, and counts: else we would ask for the
   * same without end. Not for long, since the secret opens it.
   */
  #giveUp(name: string): void {
    const { agenda, now, timing } = this.#context
    const pending = this.#pending.get(name)
    if (pending === undefined) return
    pending.isLate = true
    agenda.set(`request ${name}`, now + timing.lateMs, () => this.#pending.delete(name))
  }
}

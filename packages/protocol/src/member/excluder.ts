/** Making changes: exclusions, leaves and seals, and telling everybody (paper §3.4 Leave; SPEC K2–K9, E1–E6, E10). */
import { fromString } from 'uint8arrays/from-string'
import { UsageError } from '../errors.ts'
import type { Successor } from '../group/successor.ts'
import type { AdmissionId, Millis, PeerId, Slot, VersionId } from '../ids.ts'
import { chainOf, commitmentOf } from '../keys/derivation.ts'
import { coverOf, taintedSlots } from '../keys/cover.ts'
import { isOutdated } from '../keys/generation.ts'
import { type Fresh, newChange, newTreeChange, type TreePlan } from '../keys/new-change.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { REASON_MAX, TARGETS_MAX } from '../limits.ts'
import { whyNotEntitled, whyNotExcludable } from '../log/entitlement.ts'
import { type Management, mayChangeFrom, schemeOf, whyNotManaged } from '../log/management.ts'
import {
  type Change,
  makeOperation,
  type Operation,
  OPERATION_NONCE_LENGTH,
  signedLeave,
  type Target,
} from '../log/operation.ts'
import type { Entry } from '../log/roster.ts'
import type { Context } from './context.ts'
import type { Requests } from './requests.ts'

export interface ChangeRequest {
  readonly targets: readonly Target[]
  readonly reason: string
  /** Where the targets go on. */
  readonly successor?: Successor
}

/** A change is announced until this many others show it; the rest pull. */
export const WITNESSES = 3
const ANNOUNCEMENTS_MAX = 6
/** A change whose secret nobody fetches is announced all the same after this many seal steps. */
const HAND_OVER_STEPS = 2

export class Excluder {
  readonly #context: Context
  readonly #requests: Requests
  readonly #leaving = new Map<AdmissionId, Required<Target>>()
  /** Who has shown a head that follows an operation of ours, by operation. */
  readonly #witnesses = new Map<VersionId, Set<PeerId>>()

  constructor(context: Context, requests: Requests) {
    this.#context = context
    this.#requests = requests
  }

  /**
   * Excludes members on our user's word, or splits them off to a successor (SPEC G8). Throws `UsageError` when it cannot be
   * done; nothing has changed then.
   */
  exclude(peers: readonly PeerId[], reason: string, successor?: Successor): void {
    const { log, self } = this.#context
    this.#context.mustBeConfirmed()
    if (peers.length === 0) throw new UsageError('nothing-to-do', 'Name at least one member to exclude.')
    if (peers.includes(self))
      throw new UsageError('not-yourself', 'You cannot exclude yourself. Leave the room instead.')
    const bytes = fromString(reason, 'utf8').length
    if (bytes > REASON_MAX)
      throw new UsageError('bad-text', `The reason has ${bytes} bytes. Shorten it to ${REASON_MAX}.`)
    const targets = [...new Set(peers)].flatMap((peer) => this.targetsOf(peer))
    if (targets.length > TARGETS_MAX)
      throw new UsageError('too-many', `Exclude at most ${TARGETS_MAX} members at once.`)
    this.#context.mustBeLet(whyNotExcludable(self, targets, { log, before: log.roster }, successor))
    const { current } = this.#context
    // In a managed room a member's word is enough, and the manager sees to it (SPEC V5).
    if (current && !successor && this.patience(peers) > 0) this.vote(targets, reason, current)
    else this.carryOut({ targets, reason, ...(successor && { successor }) })
  }

  /** Says that these should end; a second time changes nothing. Throws `UsageError` when it may not (SPEC E7, L17). */
  vote(targets: readonly Target[], reason: string, keys: VersionKeys): void {
    const { log, self } = this.#context
    for (const { admission } of targets) {
      const isCast = log.roster.votes.get(admission)?.some(({ operation }) => operation.author === self)
      if (isCast) continue
      const body = { kind: 'vote', admission, reason } as const
      this.#context.mustBeLet(whyNotEntitled(self, body, log))
      this.#context.publish(body, keys)
    }
  }

  /**
   * Makes a change, from a generation of our own if it has to be: who begins generations and gives nobody the keys must not be
   * safe from exclusion by that (SPEC E10), nor the manager of one because nobody else makes changes in it (SPEC V6).
   */
  carryOut(request: ChangeRequest): void {
    if (this.change(request)) return
    this.refresh()
    this.change(request)
  }

  /** All that makes a peer a member. Throws `UsageError` when it is none. */
  targetsOf(peer: PeerId): Target[] {
    const admissions = this.#context.log.roster.alive.get(peer)
    if (!admissions)
      throw new UsageError('not-a-member', `${peer} is not a member of this room. See "members" for who is.`)
    return admissions.map(({ operation }) => ({ peer, admission: operation.id }))
  }

  /**
   * Makes a change on everything we know: fresh secret, wrapped under untainted slots, announced to those who hold the
   * key parent. Returns false when we hold no keys to make it with.
   */
  change(request: ChangeRequest): boolean {
    const context = this.#context
    const parent = this.#keyParent
    if (parent === undefined || !this.#mayChange(parent)) return false
    const secret = context.entropy.bytes(32)
    const operation = this.#sign(request, parent, secret)
    const entry = operation && this.#take(operation, secret)
    if (entry) this.#handOver(entry, parent)
    return entry !== undefined
  }

  #mayChange({ version }: VersionKeys): boolean {
    const { log, self } = this.#context
    const entry = log.get(version)
    return entry !== undefined && mayChangeFrom(entry, self, log.roster)
  }

  /** Begins a generation that is managed as this one if we manage it, else by all. Returns the version. */
  refresh(): VersionId | undefined {
    const { management, self, log } = this.#context
    const isOurs = management?.manager === self
    // Where who named us was excluded at that moment, we may not name ourselves again.
    const why = whyNotManaged(self, management, { log, before: log.roster })
    return this.begin(isOurs && why === undefined ? management : undefined)
  }

  /**
   * Begins a generation: a version that no key of before opens, and whose slots are made anew. Who is on the roster asks for
   * its secret; whoever holds keys of before is told of it (SPEC K15, V1). Returns the version.
   */
  begin(management: Management | undefined): VersionId | undefined {
    const context = this.#context
    const { group, signer, entropy } = context
    const secret = entropy.bytes(32)
    const nonce = entropy.bytes(OPERATION_NONCE_LENGTH)
    const commitment = commitmentOf(group, nonce, chainOf(group, nonce, secret))
    const before = this.audible
    const header = { parents: context.parentsFor([management?.admission]) }
    const body = { kind: 'refresh', nonce, commitment, ...(management && { management }) } as const
    const operation = makeOperation(group, header, body, signer)
    const entry = this.#take(operation, secret)
    if (entry) context.begun = entry.operation.id
    if (entry && before) this.#handOver(entry, before)
    return entry?.operation.id
  }

  /**
   * How long we wait before it is our turn at all. Who would have to begin a generation lets those go first who can make a
   * change: whoever holds a key to make it with, or the manager, unless that is among those that go (SPEC K9, V6).
   */
  patience(gone: readonly PeerId[] = []): Millis {
    const { management, timing } = this.#context
    const parent = this.#keyParent
    if (parent === undefined) return timing.supersedeMs
    const isAwaited =
      management && this.#context.isOnline(management.manager) && !gone.includes(management.manager)
    return isAwaited && !this.#mayChange(parent) ? timing.supersedeMs : 0
  }

  /** A version of our own making is what we send under from now on. */
  #take(operation: Operation, secret: Uint8Array): Entry | undefined {
    const context = this.#context
    context.integrate([operation])
    const entry = context.log.get(operation.id)
    if (entry) context.current = context.ring.install(entry, secret, context.now)
    return entry
  }

  /** The change; undefined where it cannot be made from what we hold. */
  #sign(request: ChangeRequest, parent: VersionKeys, secret: Uint8Array): Operation | undefined {
    const { group, log, signer, self, entropy, others, table } = this.#context
    const votes = request.targets.flatMap(({ admission }) => log.roster.votes.get(admission) ?? [])
    const about = [
      parent.version,
      ...request.targets.map(({ admission }) => admission),
      ...votes.map(({ operation }) => operation.id),
    ]
    const header = { parents: this.#context.parentsFor(about), author: self }
    const fresh = { secret, nonce: entropy.bytes(OPERATION_NONCE_LENGTH) }
    if (this.#hasTree(parent)) {
      const change = this.#treeChange({ ...request, header, keyParent: parent.version }, fresh)
      return change && makeOperation(group, header, change, signer)
    }
    const gone = new Set(request.targets.map(({ peer }) => peer))
    // All slots of whoever is not on the roster once these are gone (SPEC K8).
    const tainted = taintedSlots(log, parent.version, table)
    for (const slot of table.union(gone)) tainted.add(slot)
    const members = others.filter((peer) => !gone.has(peer))
    const { radix } = group.genesis.idSpace
    const cover = (usable: readonly Slot[]): readonly Slot[] =>
      coverOf({ usable, members, table, radix }).slots
    const change = newChange(group, { ...request, header, parent, tainted, cover }, fresh)
    return makeOperation(group, header, change, signer)
  }

  #hasTree({ version }: VersionKeys): boolean {
    const entry = this.#context.log.get(version)
    return entry !== undefined && schemeOf(entry) === 'centralized-tree'
  }

  /**
   * Everybody who is not on the roster once the targets are gone leaves the tree (SPEC V7). Undefined where we have none, or
   * where so many leave that one operation cannot hold it: then it takes another generation.
   */
  #treeChange(plan: ChangeRequest & TreePlan, fresh: Fresh): Change | undefined {
    const { group, log, ring, entropy, admissionsOfOthers } = this.#context
    const parent = log.get(plan.keyParent)
    const tree = parent && ring.trees.ours(parent, this.#context)
    // By peer: whose one admission ends is out by all that do not follow this (SPEC L7).
    const gone = new Set(
      plan.targets.flatMap(({ peer }) =>
        (log.roster.alive.get(peer) ?? []).map(({ operation }) => operation.id),
      ),
    )
    const remaining = new Set(admissionsOfOthers.filter((admission) => !gone.has(admission)))
    if (!tree?.canKeep(remaining)) return undefined
    const message = tree.keep(remaining, entropy)
    return newTreeChange(group, { ...plan, tree: tree.tree, ...(message && { message }) }, fresh)
  }

  /** What a change can be made from: what we send under, or else the deepest version held of a generation that counts. */
  get #keyParent(): VersionKeys | undefined {
    const { current, log } = this.#context
    return current ?? this.#deepestHeld((version) => !isOutdated(log.roster, version))
  }

  /** What others hear of an operation under: what we send under; while there is nothing, the deepest version that we hold. */
  get audible(): VersionKeys | undefined {
    return this.#context.current ?? this.#deepestHeld(() => true)
  }

  #deepestHeld(fits: (version: Entry) => boolean): VersionKeys | undefined {
    const { log, ring } = this.#context
    const held = log.versions.find((version) => fits(version) && ring.get(version.operation.id) !== undefined)
    return held && ring.get(held.operation.id)
  }

  /**
   * Somebody else has to have the secret before we announce the change, so that our crash does not strand it (SPEC E6). Where
   * a wrap reaches somebody who is there, the announcement is what hands it over; else whoever we heard last is shown
   * our heads, and fetches it.
   */
  #handOver(entry: Entry, parent: VersionKeys): void {
    const { agenda, now, timing, onlineOthers, table, ring, log } = this.#context
    const { id, body } = entry.operation
    const wrapped = body.kind === 'change' ? body.wraps.map(({ slot }) => slot) : []
    const tree = ring.trees.ours(entry, this.#context)
    const isReached = onlineOthers.some(
      (peer) =>
        tree?.isReached(log.admissionOf(peer)?.operation.id) ??
        wrapped.some((slot) => table.of(peer).has(slot)),
    )
    const [to] = onlineOthers
    if (isReached || to === undefined) {
      this.#announce(entry, parent, 0)
      return
    }
    this.#requests.ask({ purpose: 'show', to, want: { version: parent.version, slots: [] } })
    const wait = HAND_OVER_STEPS * timing.sealStepMs
    agenda.set(`hand over ${id}`, now + wait, () => this.#announce(entry, parent, 0))
  }

  /** We gave somebody a version's keys: if it is a change of ours that waits for that, we announce it. */
  handedOver(version: VersionId): void {
    this.#context.agenda.hasten(`hand over ${version}`)
  }

  /** Tells everybody who holds the key parent, again and again until enough have shown that they know (SPEC E3). */
  #announce(entry: Entry, parent: VersionKeys, attempt: number): void {
    const { agenda, now, timing, ring, others } = this.#context
    const id = entry.operation.id
    const shown = this.#witnesses.get(id) ?? new Set<PeerId>()
    this.#witnesses.set(id, shown)
    const enough = shown.size >= Math.min(WITNESSES, others.length)
    if (attempt >= ANNOUNCEMENTS_MAX || (attempt > 0 && enough) || ring.get(parent.version) !== parent) {
      this.#witnesses.delete(id)
      return
    }
    this.#context.broadcast('operations', { kind: 'operations', operations: [entry.operation] }, parent)
    const wait = timing.repeatMs * 2 ** attempt
    agenda.set(`announce ${id}`, now + wait, () => this.#announce(entry, parent, attempt + 1))
  }

  /** A member showed these heads: it knows all that they follow. */
  witness(peer: PeerId, heads: readonly VersionId[]): void {
    const { log } = this.#context
    for (const [id, shown] of this.#witnesses) {
      const ours = log.get(id)
      if (ours && heads.some((head) => head === id || log.get(head)?.past.has(ours.index))) shown.add(peer)
    }
  }

  /**
   * While no version covers our view, somebody has to seal it: whoever ranks first among those online, then the next
   * (SPEC K7). `owed`: whether that is so now.
   */
  planSeal(owed: boolean): void {
    const { agenda, log, now, timing } = this.#context
    if (!owed) agenda.cancel('seal')
    if (!owed || agenda.has('seal')) return
    const wait = this.patience() + timing.sealStepMs * (0.5 + this.#context.rank(`seal ${log.heads.join()}`))
    // Whatever is signed meanwhile does not put it off: else somebody could go on signing for good.
    agenda.set('seal', now + wait, () => {
      if (this.#context.status === 'joined' && this.#context.current === undefined) this.#seal()
    })
  }

  /** The next exclusion would cut somebody off from changes: somebody makes the table anew (SPEC K15). */
  planRefresh(version: VersionId): void {
    const { agenda, now, timing, others } = this.#context
    if (others.length === 0) return
    const wait = this.patience() + timing.heartbeatMs * (1 + this.#context.rank(`refresh ${version}`))
    agenda.setOnce(`refresh ${version}`, now + wait, () => {
      if (this.#context.current?.version === version) this.refresh()
    })
  }

  /** A member came that may not have this version's keys: somebody makes a change that it is in the past of (SPEC K10). */
  oweChangeFor(version: VersionId): void {
    const { agenda, now, timing } = this.#context
    const wait = this.patience() + timing.sealStepMs * this.#context.rank(`change ${version}`)
    agenda.setOnce(`change ${version}`, now + wait, () => {
      if (this.#context.current?.version === version) this.#seal()
    })
  }

  /**
   * The best version covers, but nobody gives us its keys: after a bound we go on without it (SPEC K9). `wanted`: the best one
   * at that time. Who has nothing to speak under waits once, however many come one after the other.
   */
  planSupersede(version: VersionId, wanted: () => VersionId | undefined): void {
    const { agenda, now, timing, current } = this.#context
    const wait = timing.supersedeMs + timing.sealStepMs * this.#context.rank(`supersede ${version}`)
    agenda.setOnce(current ? `supersede ${version}` : 'supersede', now + wait, () => {
      const isStillWanted = current ? wanted() === version : wanted() !== undefined
      // Whether we are confirmed, not whether we are ready: who can open no version that covers has nothing to be ready with.
      const { status, confirmed } = this.#context
      if (isStillWanted && status === 'joined' && confirmed) this.#seal()
    })
  }

  /** Of a generation that nobody holds here there is no going on but by another one (SPEC K9). */
  #seal(): void {
    if (!this.change({ targets: [], reason: '' })) this.refresh()
  }

  /** Our own wish to leave: we sign it, somebody else makes the keys we must not know. */
  leave(): void {
    const { log, self, group, signer, current, status } = this.#context
    if (status === 'joined' && current) {
      const admissions = (log.roster.alive.get(self) ?? []).map(({ operation }) => ({
        admission: operation.id,
        signature: signer.sign(signedLeave(group, operation.id)),
      }))
      this.#context.broadcast('leave', { kind: 'leave', admissions }, current)
    }
  }

  /** Somebody else's. Leaves within half a second share a change; whoever ranks first makes it (SPEC E4). */
  hearLeave(targets: readonly Required<Target>[]): void {
    const { agenda, now, timing } = this.#context
    // What was planned for those who have gone meanwhile is not for these.
    if (this.#dueLeaves().length === 0) agenda.cancel('leave')
    for (const target of targets) this.#leaving.set(target.admission, target)
    const leavers = targets.map(({ peer }) => peer)
    const turn = timing.leaveBatchMs + timing.sealStepMs * this.#context.rank('leave', leavers)
    agenda.setOnce('leave', now + this.patience(leavers) + turn, () => {
      const due = this.#dueLeaves()
      if (due.length > 0 && this.#keyParent === undefined) return
      if (due.length > 0) this.carryOut({ targets: due.slice(0, TARGETS_MAX), reason: '' })
      this.#leaving.clear()
    })
  }

  #dueLeaves(): Required<Target>[] {
    const { alive } = this.#context.log.roster
    return [...this.#leaving.values()].filter(({ peer, admission }) =>
      alive.get(peer)?.some(({ operation }) => operation.id === admission),
    )
  }
}

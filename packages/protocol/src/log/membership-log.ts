/**
 * The membership log: signed operations that each name the heads their author knew. Any order of delivery gives the same
 * roster. An operation enters when all its parents have, and only if its author was entitled in the state it names (SPEC L3, L14).
 */
import type { RejectionCode } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import { type AdmissionId, compareIds, type OperationId, type PeerId, type VersionId } from '../ids.ts'
import { LOG_MAX, LOG_RESERVE, ORPHANS_MAX, PARENTS_MAX, ROSTERS_MAX } from '../limits.ts'
import { Bitset } from './bitset.ts'
import { votesFor, whyInvalid } from './entitlement.ts'
import { Judgement } from './judgement.ts'
import type { Operation } from './operation.ts'
import { type AdmittingEntry, type Entry, inviteOf, isAdmitting, isVersion, type Roster } from './roster.ts'

export interface Integration {
  /** In the order they entered. */
  readonly entered: readonly Entry[]
  readonly refused: readonly { operation: Operation; code: RejectionCode; detail: string }[]
}

const LANDMARK_MIN = 4

export class MembershipLog {
  readonly group: Group
  readonly #entries: Entry[] = []
  readonly #byId = new Map<OperationId, Entry>()
  readonly #orphans = new Map<OperationId, Operation>()
  #heads = new Set<OperationId>()
  /** Those in order, until they change. */
  #sortedHeads: readonly OperationId[] | undefined
  /** Best first. */
  readonly #versions: Entry[] = []
  /** Admissions by the version they name, the highest revision first. */
  readonly #admissionsAt = new Map<VersionId, { index: number; revision: number }[]>()
  /** Admissions by the name of the invite that was used. */
  readonly #users = new Map<string, AdmittingEntry[]>()
  readonly #judgement: Judgement
  /** Of the versions that were asked about last. */
  readonly #rosters = new Map<VersionId, Roster>()

  constructor(group: Group) {
    this.group = group
    const countUsers = (entry: Entry): number => this.usersOf(inviteOf(entry)).length
    this.#judgement = new Judgement(this.#entries, group.genesis.policy, countUsers)
  }

  get size(): number {
    return this.#entries.length
  }

  /** Whether nothing is begun any more: there may be no place for what has to follow from it (SPEC L14). */
  get isUsedUp(): boolean {
    return this.size > LOG_MAX - LOG_RESERVE
  }

  /** Operations that no other known operation follows, in ascending order. */
  get heads(): readonly OperationId[] {
    this.#sortedHeads ??= [...this.#heads].sort(compareIds)
    return this.#sortedHeads
  }

  /**
   * The heads that an operation names. Where there are more than it can name, those come first that lead to what it is about,
   * since it would not count without (SPEC L20).
   */
  parentsFor(about: readonly OperationId[]): readonly OperationId[] {
    const { heads } = this
    if (heads.length <= PARENTS_MAX) return heads
    const leading = about.flatMap((id) => heads.find((head) => this.#leadsTo(head, id)) ?? [])
    return [...new Set([...leading, ...heads])].slice(0, PARENTS_MAX).sort(compareIds)
  }

  #leadsTo(head: OperationId, id: OperationId): boolean {
    const [at, entry] = [this.#byId.get(head), this.#byId.get(id)]
    return at !== undefined && entry !== undefined && (at === entry || at.past.has(entry.index))
  }

  /** The roster of everything known, of this moment: it changes as the log grows. */
  get roster(): Roster {
    return this.#judgement.roster
  }

  get entries(): readonly Entry[] {
    return this.#entries
  }

  get(id: OperationId): Entry | undefined {
    return this.#byId.get(id)
  }

  /** Whether it is in the log, or waits for its parents. */
  knows(id: OperationId): boolean {
    return this.#byId.has(id) || this.#orphans.has(id)
  }

  /** Whether an operation that waits for its parents admits a peer: it may well be in. */
  mayHaveAdmitted(peer: PeerId): boolean {
    return [...this.#orphans.values()].some(({ body }) => body.kind === 'admission' && body.peer === peer)
  }

  /** Parents that are named but not known: what has to be pulled. */
  get missing(): OperationId[] {
    const parents = [...this.#orphans.values()].flatMap((orphan) => orphan.parents)
    return [...new Set(parents)].filter((parent) => !this.knows(parent))
  }

  /**
   * Gives up on operations whose parents nobody has: they may be made up. Whoever does have them sends both again.
   */
  forgetOrphans(): void {
    this.#orphans.clear()
  }

  /** Takes in operations whose signatures were checked. Those without their parents wait for them. */
  integrate(operations: readonly Operation[]): Integration {
    const entered: Entry[] = []
    const refused: { operation: Operation; code: RejectionCode; detail: string }[] = []
    const queue = [...operations]
    // What is adopted on the way joins the end of it.
    for (const operation of queue) {
      if (this.#byId.has(operation.id)) continue
      if (!operation.parents.every((parent) => this.#byId.has(parent))) {
        this.#keepOrphan(operation)
        continue
      }
      const result = this.#enter(operation)
      if ('code' in result) refused.push({ operation, ...result })
      else {
        entered.push(result)
        queue.push(...this.#adopt(operation.id))
      }
    }
    return { entered, refused }
  }

  /** The roster in the state a version made: its past and its own targets. Never changes; the last few are kept. */
  rosterOf(version: Entry): Roster {
    const { id } = version.operation
    const known = this.#rosters.get(id)
    this.#rosters.delete(id)
    const roster = known ?? this.#snapshot(new Bitset().addAll(version.past).add(version.index))
    this.#rosters.set(id, roster)
    const oldest = this.#rosters.keys().next()
    if (this.#rosters.size > ROSTERS_MAX && !oldest.done) this.#rosters.delete(oldest.value)
    return roster
  }

  #snapshot(past: Bitset): Roster {
    const roster = this.#judgement.of(past)
    return { ...roster, alive: new Map(roster.alive) }
  }

  /** All versions, best first: deepest, then smallest hash (SPEC K7). */
  get versions(): readonly Entry[] {
    return this.#versions
  }

  /** Admissions by an invite, in the order they entered. */
  usersOf(invite: string | undefined): readonly AdmittingEntry[] {
    return (invite !== undefined && this.#users.get(invite)) || []
  }

  /**
   * The highest revision of a version that an admission names, 0 when none does; with `past`, in that state. It grows by one
   * a step, so nobody can make others hash far ahead (SPEC L9).
   */
  latestRevision(version: VersionId, past?: Bitset): number {
    const admissions = this.#admissionsAt.get(version) ?? []
    return admissions.find(({ index }) => past === undefined || past.has(index))?.revision ?? 0
  }

  /** The admission that names the highest revision of a version. */
  latestAdmissionAt(version: VersionId): AdmissionId | undefined {
    const [latest] = this.#admissionsAt.get(version) ?? []
    return latest && this.#entries[latest.index]?.operation.id
  }

  /**
   * What somebody lacks who has `heads` and all that is here up to `page`, parents first, up to `maxBytes`; and whether there
   * is more. With `until`: only what led to that entry, and itself.
   */
  after(
    { heads, page }: { heads: readonly OperationId[]; page?: OperationId | undefined },
    maxBytes: number,
    until?: Entry,
  ): { operations: Operation[]; more: boolean } {
    const start = (page && this.#byId.get(page)?.index) ?? -1
    const known = new Bitset()
    for (const head of heads) {
      const entry = this.#byId.get(head)
      if (entry) known.addAll(entry.past).add(entry.index)
    }
    const operations: Operation[] = []
    let bytes = 0
    for (const place of known.missing(this.#entries.length)) {
      const entry = this.#entries[place]
      if (!entry || place <= start || (until && entry !== until && !until.past.has(place))) continue
      const { operation } = entry
      bytes += operation.bytes.length + 2
      if (bytes > maxBytes) return { operations, more: true }
      operations.push(operation)
    }
    return { operations, more: false }
  }

  /**
   * Operations ever further back, by doubling: whoever knows none of our heads knows some of these, and need not send the
   * log from its beginning (SPEC L19). The nearest are left out: two operations more cost as much as their names.
   */
  get landmarks(): OperationId[] {
    const landmarks: OperationId[] = []
    for (let back = LANDMARK_MIN; back <= this.size; back *= 2) {
      const entry = this.#entries.at(-back)
      if (entry) landmarks.push(entry.operation.id)
    }
    return landmarks
  }

  /** Whether everything up to these heads is known. */
  covers(heads: readonly OperationId[]): boolean {
    return heads.every((head) => this.#byId.has(head))
  }

  /** The most senior living admission of a peer. */
  admissionOf(peer: PeerId): Entry | undefined {
    return this.roster.alive.get(peer)?.[0]
  }

  #enter(operation: Operation): Entry | { code: RejectionCode; detail: string } {
    if (this.size >= LOG_MAX) return { code: 'invalid-operation', detail: 'the log is full' }
    const past = new Bitset()
    let depth = 0
    for (const parent of operation.parents) {
      const entry = this.#byId.get(parent)
      if (entry === undefined) continue
      past.addAll(entry.past).add(entry.index)
      depth = Math.max(depth, entry.depth + 1)
    }
    const before = this.#judgement.of(past)
    const standing = before.alive.get(operation.author)?.[0]
    const why = whyInvalid(operation, { log: this, past, before })
    if (why !== undefined) return { code: 'invalid-operation', detail: why }
    const generation = this.#generationOf(operation)
    const votes = votesFor(operation, { log: this, before })
    const entry: Entry = {
      operation,
      index: this.#entries.length,
      past,
      depth,
      ...(standing && { standing }),
      ...(generation && { generation }),
      ...(votes && { votes }),
    }
    this.#entries.push(entry)
    this.#byId.set(operation.id, entry)
    for (const parent of operation.parents) this.#heads.delete(parent)
    this.#heads.add(operation.id)
    this.#sortedHeads = undefined
    this.#index(entry)
    this.#judgement.take(entry)
    return entry
  }

  #generationOf({ body }: Operation): Entry | undefined {
    const keyParent = body.kind === 'change' ? this.#byId.get(body.keyParent) : undefined
    return keyParent?.generation ?? keyParent
  }

  #index(entry: Entry): void {
    const { body } = entry.operation
    if (isVersion(entry)) insert(this.#versions, entry, (a, b) => compareVersions(a, b) < 0)
    if (body.kind !== 'admission') return
    const at = this.#admissionsAt.get(body.version) ?? []
    this.#admissionsAt.set(body.version, at)
    insert(at, { index: entry.index, revision: body.revision }, (a, b) => a.revision >= b.revision)
    const invite = inviteOf(entry)
    if (invite !== undefined && isAdmitting(entry)) {
      const users = this.#users.get(invite) ?? []
      this.#users.set(invite, users)
      users.push(entry)
    }
  }

  #keepOrphan(operation: Operation): void {
    // The first copy was checked; another one of the same id may carry a bad signature.
    if (this.#orphans.has(operation.id)) return
    this.#orphans.set(operation.id, operation)
    if (this.#orphans.size <= ORPHANS_MAX) return
    const oldest = this.#orphans.keys().next()
    if (!oldest.done) this.#orphans.delete(oldest.value)
  }

  /** Orphans that `parent` lets in. */
  #adopt(parent: OperationId): Operation[] {
    const adopted = [...this.#orphans.values()].filter((orphan) => orphan.parents.includes(parent))
    for (const orphan of adopted) this.#orphans.delete(orphan.id)
    return adopted
  }
}

function compareVersions(a: Entry, b: Entry): number {
  return b.depth - a.depth || compareIds(a.operation.id, b.operation.id)
}

/** Puts an item before the first that it comes before: as a rule at the beginning, where the latest are. */
function insert<T>(items: T[], item: T, isBefore: (a: T, b: T) => boolean): void {
  const at = items.findIndex((other) => isBefore(item, other))
  items.splice(at < 0 ? items.length : at, 0, item)
}

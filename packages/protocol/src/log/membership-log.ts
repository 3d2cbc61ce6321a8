/**
 * The membership log: signed operations that each name the heads their author knew. Any order of delivery gives the same
 * roster. An operation enters when all its parents have, and only if its author was entitled in the state it names (SPEC L3, L14).
 */
import type { RejectionCode } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import { compareIds, type OperationId, type PeerId, type VersionId } from '../ids.ts'
import { LOG_MAX, ORPHANS_MAX } from '../limits.ts'
import { Bitset } from './bitset.ts'
import { whyInvalid } from './entitlement.ts'
import type { Operation } from './operation.ts'
import { type Entry, isVersion, judge, type Roster } from './roster.ts'

export interface Integration {
  /** In the order they entered. */
  readonly entered: readonly Entry[]
  readonly refused: readonly { operation: Operation; code: RejectionCode; detail: string }[]
}

export class MembershipLog {
  readonly group: Group
  readonly #entries: Entry[] = []
  readonly #byId = new Map<OperationId, Entry>()
  readonly #orphans = new Map<OperationId, Operation>()
  #heads = new Set<OperationId>()
  #roster: Roster = judge([])
  readonly #rosters = new Map<VersionId, Roster>()

  constructor(group: Group) {
    this.group = group
  }

  get size(): number {
    return this.#entries.length
  }

  /** Operations that no other known operation follows, in ascending order. */
  get heads(): OperationId[] {
    return [...this.#heads].sort(compareIds)
  }

  /** The roster of everything known. */
  get roster(): Roster {
    return this.#roster
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
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const operation = next
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
    if (entered.length > 0) this.#roster = judge(this.#entries)
    return { entered, refused }
  }

  /** The roster in the state a version made: its past and its own targets. Never changes, so it is worked out once. */
  rosterOf(version: Entry): Roster {
    let roster = this.#rosters.get(version.operation.id)
    if (roster === undefined) {
      roster = judge([...this.#pastOf(version), version])
      this.#rosters.set(version.operation.id, roster)
    }
    return roster
  }

  /** All versions, best first: deepest, then smallest hash (SPEC K7). */
  get versions(): Entry[] {
    return this.#entries
      .filter(isVersion)
      .sort((a, b) => b.depth - a.depth || compareIds(a.operation.id, b.operation.id))
  }

  /**
   * What somebody who has `heads` lacks, parents first, up to `maxBytes`; and whether that was all. With `until`: only what
   * led to that entry, and itself.
   */
  after(
    heads: readonly OperationId[],
    maxBytes: number,
    until?: Entry,
  ): { operations: Operation[]; more: boolean } {
    const known = new Bitset()
    for (const head of heads) {
      const entry = this.#byId.get(head)
      if (entry) known.addAll(entry.past).add(entry.index)
    }
    const operations: Operation[] = []
    let bytes = 0
    for (const { operation, index } of this.#entries) {
      if (known.has(index) || (until && index !== until.index && !until.past.has(index))) continue
      bytes += operation.bytes.length + 2
      if (bytes > maxBytes) return { operations, more: true }
      operations.push(operation)
    }
    return { operations, more: false }
  }

  /** Whether everything up to these heads is known. */
  covers(heads: readonly OperationId[]): boolean {
    return heads.every((head) => this.#byId.has(head))
  }

  /** The most senior living admission of a peer. */
  admissionOf(peer: PeerId): Entry | undefined {
    return this.#roster.alive.get(peer)?.[0]
  }

  #enter(operation: Operation): Entry | { code: RejectionCode; detail: string } {
    if (this.#entries.length >= LOG_MAX) return { code: 'invalid-operation', detail: 'the log is full' }
    const past = new Bitset()
    let depth = 0
    for (const parent of operation.parents) {
      const entry = this.#byId.get(parent)
      if (entry === undefined) continue
      past.addAll(entry.past).add(entry.index)
      depth = Math.max(depth, entry.depth + 1)
    }
    const before = this.#rosterBefore(operation, past)
    const standing = before.alive.get(operation.author)?.[0]
    const why = whyInvalid(operation, { log: this, past, before })
    if (why !== undefined) return { code: 'invalid-operation', detail: why }
    const generation = this.#generationOf(operation)
    const entry: Entry = {
      operation,
      index: this.#entries.length,
      past,
      depth,
      ...(standing && { standing }),
      ...(generation && { generation }),
    }
    this.#entries.push(entry)
    this.#byId.set(operation.id, entry)
    for (const parent of operation.parents) this.#heads.delete(parent)
    this.#heads.add(operation.id)
    // Later operations of the same batch are judged against what just entered.
    this.#roster = STALE
    return entry
  }

  #generationOf({ body }: Operation): Entry | undefined {
    const keyParent = body.kind === 'change' ? this.#byId.get(body.keyParent) : undefined
    return keyParent?.generation ?? keyParent
  }

  /** The state an operation names. Most name all there is, whose roster is at hand. */
  #rosterBefore(operation: Operation, past: Bitset): Roster {
    const namesAllHeads =
      operation.parents.length === this.#heads.size &&
      operation.parents.every((parent) => this.#heads.has(parent))
    if (!namesAllHeads) return judge(this.#entries.filter((entry) => past.has(entry.index)))
    if (this.#roster === STALE) this.#roster = judge(this.#entries)
    return this.#roster
  }

  #pastOf(entry: Entry): Entry[] {
    return this.#entries.filter((other) => entry.past.has(other.index))
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

/** Stands for "not judged yet" while a batch enters. */
const STALE: Roster = judge([])

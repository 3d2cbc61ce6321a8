/**
 * Judging a set of operations: who is a member, whatever the order they arrived in (SPEC L4–L8). Everything here is a
 * pure function of a set of entries that is closed under "parent of".
 */
import { type AdmissionId, compareIds, type OperationId, type PeerId } from '../ids.ts'
import type { Bitset } from './bitset.ts'
import type { Admission, Change, Founding, Operation } from './operation.ts'

/** An operation in its place in the log. */
export interface Entry {
  readonly operation: Operation
  /** Position in the order of arrival: local to one member, never compared between members. */
  readonly index: number
  /** Indexes of all ancestors. */
  readonly past: Bitset
  /** Length of the longest path to a founding. */
  readonly depth: number
  /** The admission its author was a member by when it signed; absent for a founding. */
  readonly standing?: Entry
}

export type AdmittingEntry = Entry & { readonly operation: Operation & { body: Admission | Founding } }
export type ChangeEntry = Entry & { readonly operation: Operation & { body: Change } }

export function isAdmitting(entry: Entry): entry is AdmittingEntry {
  return entry.operation.body.kind !== 'change'
}

export function isChange(entry: Entry): entry is ChangeEntry {
  return entry.operation.body.kind === 'change'
}

/** Whether it makes a version: every change does, and the founding. */
export function isVersion(entry: Entry): boolean {
  return entry.operation.body.kind !== 'admission'
}

/** The peer that an entry admits. */
export function admitted(entry: AdmittingEntry): PeerId {
  const { body, author } = entry.operation
  return body.kind === 'admission' ? body.peer : author
}

/** Earlier in the log first, then by hash: seniority of admissions, and the order of versions reversed (SPEC L6, K7). */
export function compareSeniority(a: Entry, b: Entry): number {
  return a.depth - b.depth || compareIds(a.operation.id, b.operation.id)
}

function areConcurrent(a: Entry, b: Entry): boolean {
  return a.index !== b.index && !a.past.has(b.index) && !b.past.has(a.index)
}

/** How an admission ended. */
export interface Ending {
  readonly by: ChangeEntry
  readonly left: boolean
}

export interface Roster {
  /** Living admissions by peer, the most senior first. */
  readonly alive: ReadonlyMap<PeerId, readonly AdmittingEntry[]>
  /** Admissions that are over, dead or void, by id. */
  readonly dead: ReadonlyMap<AdmissionId, AdmittingEntry>
  /** The changes that ended each admission and count. */
  readonly endings: ReadonlyMap<AdmissionId, readonly Ending[]>
}

/** Judges the entries: which exclusions count, which admissions live. */
export function judge(entries: readonly Entry[]): Roster {
  const admissions = entries.filter(isAdmitting)
  const byPeer = Map.groupBy(admissions, admitted)
  const endings = judgeExclusions(entries.filter(isChange), byPeer)
  const isVoid = voidness(endings, byPeer)
  const alive = new Map<PeerId, AdmittingEntry[]>()
  const dead = new Map<AdmissionId, AdmittingEntry>()
  for (const entry of admissions) {
    const siblings = byPeer.get(admitted(entry)) ?? []
    const lives =
      !endings.has(entry.operation.id) && !isVoid(entry) && followsEndings(entry, siblings, endings)
    if (lives) alive.set(admitted(entry), [...(alive.get(admitted(entry)) ?? []), entry])
    else dead.set(entry.operation.id, entry)
  }
  for (const list of alive.values()) list.sort(compareSeniority)
  return { alive, dead, endings }
}

/**
 * Exclusions in order of their authors' seniority: one counts unless one that counts already ends its author's standing
 * and is concurrent with it (SPEC L6). Who asked to leave leaves, whatever becomes of the author (SPEC L8).
 */
function judgeExclusions(changes: readonly ChangeEntry[], byPeer: Admissions): Map<AdmissionId, Ending[]> {
  const endings = new Map<AdmissionId, Ending[]>()
  const isVoid = voidness(endings, byPeer)
  const exclusions = changes.filter((change) => change.operation.body.targets.length > 0)
  for (const by of exclusions.sort(compareAuthors)) {
    const counts = !isVoid(by)
    for (const { admission, leave } of by.operation.body.targets) {
      const left = leave !== undefined
      if (counts || left) endings.set(admission, [...(endings.get(admission) ?? []), { by, left }])
    }
  }
  return endings
}

function compareAuthors(a: ChangeEntry, b: ChangeEntry): number {
  const standings = a.standing && b.standing ? compareSeniority(a.standing, b.standing) : 0
  return standings || compareSeniority(a, b)
}

type Admissions = ReadonlyMap<PeerId, readonly AdmittingEntry[]>
type Endings = ReadonlyMap<OperationId, readonly Ending[]>

/**
 * Void: signed by somebody whose exclusion, concurrent with it, counts; or by somebody whose own admission is void. Whoever was
 * admitted twice at once is excluded by either admission: else it could keep the other one back, to sign under later.
 */
function voidness(endings: Endings, byPeer: Admissions): (entry: Entry) => boolean {
  const isVoid = (entry: Entry): boolean => {
    const { standing } = entry
    if (standing === undefined) return false
    const siblings = isAdmitting(standing) ? (byPeer.get(admitted(standing)) ?? []) : []
    return siblings.some((sibling) => isVoidedBy(entry, sibling, endings)) || isVoid(standing)
  }
  return isVoid
}

/** Whether the end of `sibling`, an admission of the author's, voids an operation of its author. */
function isVoidedBy(entry: Entry, sibling: AdmittingEntry, endings: Endings): boolean {
  const { standing } = entry
  const ended = endings.get(sibling.operation.id) ?? []
  const wasAdmittedAgain = sibling !== standing && ended.some(({ by }) => standing?.past.has(by.index))
  return !wasAdmittedAgain && ended.some(({ by, left }) => !left && areConcurrent(by, entry))
}

/** The exclusion that an admission is dead of: its own, that of somebody in the line of who admitted it, or a sibling's. */
export function causeOfDeath(entry: AdmittingEntry, { endings, dead }: Roster): ChangeEntry | undefined {
  const endingsOf = (peer: PeerId): Ending[] =>
    [...dead.values()]
      .filter((other) => admitted(other) === peer)
      .flatMap(({ operation }) => endings.get(operation.id) ?? [])
  const [own] = endings.get(entry.operation.id) ?? []
  if (own) return own.by
  for (let at: Entry = entry; at.standing !== undefined; at = at.standing) {
    const concerned = at
    const voider = endingsOf(at.operation.author).find(
      ({ by, left }) => !left && areConcurrent(by, concerned),
    )
    if (voider) return voider.by
  }
  return endingsOf(admitted(entry))[0]?.by
}

/** Whoever was ended before must have been admitted again by somebody who knew of it (SPEC L7). */
function followsEndings(
  entry: AdmittingEntry,
  siblings: readonly AdmittingEntry[],
  endings: Endings,
): boolean {
  return siblings.every((sibling) => {
    const ended = endings.get(sibling.operation.id)
    return sibling === entry || ended === undefined || ended.some(({ by }) => entry.past.has(by.index))
  })
}

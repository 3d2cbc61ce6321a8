/**
 * Judging a set of operations: who is a member, whatever the order they arrived in (SPEC L4–L8). Everything here is a
 * pure function of a set of entries that is closed under "parent of".
 */
import { type AdmissionId, compareIds, type OperationId, type PeerId } from '../ids.ts'
import { isModerator, type Policy } from '../group/policy.ts'
import type { Bitset } from './bitset.ts'
import { inviteName, revokedInvite } from './decisions.ts'
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
  /** Of a change: the founding or refresh that its keys come from (SPEC K15). */
  readonly generation?: Entry
  /** Of a quorum decision: the votes that it stands on, for each admission that it ends (SPEC L17). */
  readonly votes?: readonly (readonly Entry[])[]
}

export type AdmittingEntry = Entry & { readonly operation: Operation & { body: Admission | Founding } }
export type ChangeEntry = Entry & { readonly operation: Operation & { body: Change } }

export function isAdmitting(entry: Entry): entry is AdmittingEntry {
  const { kind } = entry.operation.body
  return kind === 'admission' || kind === 'founding'
}

export function isChange(entry: Entry): entry is ChangeEntry {
  return entry.operation.body.kind === 'change'
}

/** Whether it makes a version: every change does, and what begins a generation. */
export function isVersion(entry: Entry): boolean {
  const { kind } = entry.operation.body
  return kind === 'change' || kind === 'refresh' || kind === 'founding'
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
  /** Names of the invites that were revoked. */
  readonly revoked: ReadonlySet<string>
  /** How often each peer was denied. */
  readonly denials: ReadonlyMap<PeerId, number>
  /** Refreshes that count: what was before them keys nothing any more (SPEC K15). */
  readonly refreshes: readonly Entry[]
  /** Votes of members, by the admission that they would end. One member may have voted twice. */
  readonly votes: ReadonlyMap<AdmissionId, readonly Entry[]>
  /** The destruction that counts, if any (SPEC L18). */
  readonly destroyed?: Entry
}

/** The entries of a set by what they are about. */
interface Facts {
  readonly byPeer: ReadonlyMap<PeerId, readonly AdmittingEntry[]>
  /** Admissions by the invite that was used, the most senior first. */
  readonly byInvite: ReadonlyMap<string, readonly AdmittingEntry[]>
  readonly revocations: ReadonlyMap<string, readonly Entry[]>
  /** Admissions that are void if others by their invite count, or its revocation does: the most senior first. */
  readonly contested: readonly AdmittingEntry[]
}

function factsOf(entries: readonly Entry[], admissions: readonly AdmittingEntry[]): Facts {
  const invited = admissions.filter((entry) => inviteOf(entry) !== undefined).sort(compareSeniority)
  const revocations = new Map<string, Entry[]>()
  for (const entry of entries) {
    const { body } = entry.operation
    if (body.kind !== 'revocation') continue
    const name = revokedInvite(body)
    revocations.set(name, [...(revocations.get(name) ?? []), entry])
  }
  const byInvite = Map.groupBy(invited, (entry) => inviteOf(entry) ?? '')
  const contested = invited.filter((entry) => {
    const name = inviteOf(entry) ?? ''
    return revocations.has(name) || isOverused(entry, byInvite.get(name) ?? [])
  })
  return { byPeer: Map.groupBy(admissions, admitted), byInvite, revocations, contested }
}

/** Whether more were admitted by an invite than it is good for. */
function isOverused({ operation: { body } }: Entry, users: readonly AdmittingEntry[]): boolean {
  const uses = (body.kind === 'admission' && body.evidence?.grant.uses) || 0
  return uses > 0 && users.length > uses
}

/** The name of the invite that an admission was by. */
export function inviteOf({ operation: { body } }: Entry): string | undefined {
  return body.kind === 'admission' && body.evidence ? inviteName(body.evidence.grant) : undefined
}

/** Judges the entries: which exclusions count, which admissions live, whether the room was destroyed. */
export function judge(entries: readonly Entry[], policy: Policy): Roster {
  const admissions = entries.filter(isAdmitting)
  const facts = factsOf(entries, admissions)
  const { endings, destroyed } = judgeInRanks(entries, facts, policy)
  const isVoid = voidness(endings, facts)
  const alive = new Map<PeerId, AdmittingEntry[]>()
  const dead = new Map<AdmissionId, AdmittingEntry>()
  for (const entry of admissions) {
    const siblings = facts.byPeer.get(admitted(entry)) ?? []
    const lives =
      !endings.has(entry.operation.id) && !isVoid(entry) && followsEndings(entry, siblings, endings)
    if (lives) alive.set(admitted(entry), [...(alive.get(admitted(entry)) ?? []), entry])
    else dead.set(entry.operation.id, entry)
  }
  for (const list of alive.values()) list.sort(compareSeniority)
  const counting = [...facts.revocations].filter(([, list]) => list.some((entry) => !isVoid(entry)))
  const denials = new Map<PeerId, number>()
  const votes = new Map<AdmissionId, Entry[]>()
  for (const entry of entries) {
    const { body, author } = entry.operation
    if (isVoid(entry)) continue
    if (body.kind === 'denial') denials.set(body.peer, (denials.get(body.peer) ?? 0) + 1)
    const isCast = body.kind === 'vote' && alive.get(author)?.some((one) => one === entry.standing)
    if (isCast) votes.set(body.admission, [...(votes.get(body.admission) ?? []), entry])
  }
  const refreshes = entries.filter((entry) => entry.operation.body.kind === 'refresh' && !isVoid(entry))
  const revoked = new Set(counting.map(([name]) => name))
  return { alive, dead, endings, denials, votes, revoked, refreshes, ...(destroyed && { destroyed }) }
}

/**
 * Exclusions and destructions in order of rank: one counts unless one that counts already ends its author's standing and is
 * concurrent with it, or leaves it with too few votes (SPEC L6, L17, L18). Who asked to leave leaves, whatever becomes of the
 * author (SPEC L8).
 */
function judgeInRanks(
  entries: readonly Entry[],
  facts: Facts,
  policy: Policy,
): { endings: Map<AdmissionId, Ending[]>; destroyed: Entry | undefined } {
  const endings = new Map<AdmissionId, Ending[]>()
  let destroyed: Entry | undefined
  const ranked = entries.filter(({ operation: { body } }) =>
    body.kind === 'change' ? body.targets.length > 0 : body.kind === 'destruction',
  )
  for (const by of ranked.sort((a, b) => rankOf(a, policy) - rankOf(b, policy) || compareAuthors(a, b))) {
    const isVoid = voidness(endings, facts)
    const counts = !isVoid(by) && (by.votes ?? []).every((votes) => isQuorum(votes, policy, isVoid))
    if (!isChange(by)) {
      if (counts) destroyed ??= by
      continue
    }
    for (const { admission, leave } of by.operation.body.targets) {
      const left = leave !== undefined
      if (counts || left) endings.set(admission, [...(endings.get(admission) ?? []), { by, left }])
    }
  }
  return { endings, destroyed }
}

/** Moderators first, then quorum decisions, then everybody else (SPEC L6). */
function rankOf(entry: Entry, policy: Policy): number {
  if (isModerator(policy, entry.operation.author)) return 0
  return entry.votes ? 1 : 2
}

function compareAuthors(a: Entry, b: Entry): number {
  const standings = a.standing && b.standing ? compareSeniority(a.standing, b.standing) : 0
  return standings || compareSeniority(a, b)
}

/** Whether enough members voted; those whose vote is void do not count. */
export function isQuorum(
  votes: readonly Entry[],
  { quorum }: Policy,
  isVoid: (vote: Entry) => boolean = () => false,
): boolean {
  const voters = votes.filter((vote) => !isVoid(vote)).map(({ operation }) => operation.author)
  return new Set(voters).size >= quorum
}

type Endings = ReadonlyMap<OperationId, readonly Ending[]>

/**
 * Void: signed by somebody whose exclusion, concurrent with it, counts; or by somebody whose own admission is void; or by an
 * invite that was spent. Whoever was admitted twice at once is excluded by either admission: else it could keep the other one
 * back, to sign under later. Each verdict asks for those of more senior entries alone, so this ends; and they are worked out
 * from the senior ones on, since lines of who admitted whom can be made longer than an engine's stack.
 */
function voidness(endings: Endings, facts: Facts): (entry: Entry) => boolean {
  const verdicts = new Map<Entry, boolean>()
  const judgeLine = (entry: Entry): boolean => {
    const line: Entry[] = []
    for (let at: Entry | undefined = entry; at && !verdicts.has(at); at = at.standing) line.push(at)
    for (const one of line.reverse()) verdicts.set(one, judgeOne(one))
    return verdicts.get(entry) === true
  }
  const judgeOne = (entry: Entry): boolean => {
    const { standing } = entry
    if (standing === undefined) return false
    const siblings = isAdmitting(standing) ? (facts.byPeer.get(admitted(standing)) ?? []) : []
    return (
      siblings.some((sibling) => isVoidedBy(entry, sibling, endings)) ||
      verdicts.get(standing) === true ||
      isSpent(entry, facts, judgeLine)
    )
  }
  return (entry) => {
    if (verdicts.size === 0) for (const one of facts.contested) judgeLine(one)
    return judgeLine(entry)
  }
}

/** Whether an admission is by an invite that was revoked, or used up by more senior ones, unknown to who signed it (SPEC L16). */
function isSpent(entry: Entry, { byInvite, revocations }: Facts, isVoid: (entry: Entry) => boolean): boolean {
  const { body } = entry.operation
  const name = inviteOf(entry)
  if (name === undefined || body.kind !== 'admission') return false
  const isRevoked = (revocations.get(name) ?? []).some(
    (by) => areConcurrent(by, entry) && isSenior(by.standing, entry) && !isVoid(by),
  )
  const users = byInvite.get(name) ?? []
  if (isRevoked || !isOverused(entry, users)) return isRevoked
  const uses = body.evidence?.grant.uses ?? 0
  const before = users.filter(
    (user) => isSenior(user, entry) && admitted(user) !== body.peer && !isVoid(user),
  )
  return new Set(before.map(admitted)).size >= uses
}

function isSenior(a: Entry | undefined, b: Entry): boolean {
  return a !== undefined && compareSeniority(a, b) < 0
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

/** Whether any membership of a peer ended by an exclusion. */
export function wasExcluded(peer: PeerId, { dead, endings }: Roster): boolean {
  return [...dead.values()].some(
    (entry) => admitted(entry) === peer && endings.get(entry.operation.id)?.some(({ left }) => !left),
  )
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

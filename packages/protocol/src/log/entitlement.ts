/** What an author must be entitled to in the state its operation names (SPEC L3, L9–L13, L16–L18, V1, V2). Depends on ancestors alone. */
import type { Evidence } from '../group/invite.ts'
import { creatorOf, type Group, mayGovern } from '../group/genesis.ts'
import { isModerator, mayAdmit, mayExclude } from '../group/policy.ts'
import type { Successor } from '../group/successor.ts'
import { type AdmissionId, type PeerId, peerIdOf } from '../ids.ts'
import { DENIALS_MAX } from '../limits.ts'
import { Bitset } from './bitset.ts'
import type { MembershipLog } from './membership-log.ts'
import { type Decision, type Denial, inviteName, type Revocation, type Vote } from './decisions.ts'
import { mayChangeFrom, type Scheme, schemeOf, whyNotManaged } from './management.ts'
import type { Admission, Change, Operation, Target } from './operation.ts'
import { admitted, type Entry, isAdmitting, isQuorum, isVersion, type Roster } from './roster.ts'

export interface State {
  readonly log: MembershipLog
  /** The operation's ancestors. */
  readonly past: Bitset
  /** Their roster. */
  readonly before: Roster
}

/** Why an operation does not count, or undefined when it does. */
export function whyInvalid(operation: Operation, state: State): string | undefined {
  const { body } = operation
  if (body.kind === 'founding') return whyInvalidFounding(operation, state)
  if (operation.parents.length === 0) return 'it has no parents'
  if (state.before.destroyed !== undefined) return 'the room was destroyed'
  if (!state.before.alive.has(operation.author)) return 'its author was no member in the state it names'
  switch (body.kind) {
    case 'admission':
      return whyInvalidAdmission(operation.author, body, state)
    case 'change':
      return whyInvalidChange(operation, body, state)
    case 'refresh':
      return whyNotManaged(operation.author, body.management, state)
    case 'revocation':
    case 'denial':
    case 'vote':
    case 'destruction':
      return whyInvalidDecision(operation.author, body, state)
  }
}

function whyInvalidFounding(operation: Operation, { log }: State): string | undefined {
  if (operation.parents.length > 0) return 'a founding has no parents'
  const creator = creatorOf(log.group)
  if (creator !== undefined && creator !== operation.author) return 'only the creator may found this group'
  // Two founders of one open room are two lineages; they meet by a merge, never in one log.
  if (log.size > 0) return 'the group was founded already'
  return undefined
}

function whyInvalidAdmission(author: PeerId, body: Admission, state: State): string | undefined {
  const { policy } = state.log.group.genesis
  if (!mayAdmit(policy, author)) return 'only moderators let others in'
  if (state.before.alive.has(body.peer)) return 'the peer is a member already'
  const version = state.log.get(body.version)
  if (!version || !isVersion(version) || !state.past.has(version.index))
    return 'it names no version in its past'
  if (body.revision > state.log.latestRevision(body.version, state.past) + 1) return 'it skips revisions'
  if (deniedForGood(body.peer, state)) return 'the peer was denied for good'
  // Without an invite it is its author's own word, which could as well have issued one.
  if (policy.admit === 'anyone' || body.evidence === undefined) return undefined
  return whyRevoked(body.peer, body.evidence, state)
}

function deniedForGood(peer: PeerId, { before }: State): boolean {
  return (before.denials.get(peer) ?? 0) >= DENIALS_MAX
}

/** Why a newcomer's evidence does not count now, on all that we know; undefined when it does. */
export function whyEvidenceFails(peer: PeerId, evidence: Evidence, log: MembershipLog): string | undefined {
  return whyRevoked(peer, evidence, stateNow(log))
}

function stateNow(log: MembershipLog): State {
  const past = new Bitset()
  for (const { index } of log.entries) past.add(index)
  return { log, past, before: log.roster }
}

/** Why a grant does not admit a peer (any more) in a state (SPEC L10, L11). */
function whyRevoked(peer: PeerId, { grant }: Evidence, { log, past, before }: State): string | undefined {
  const issuer = log.get(grant.issuerAdmission)
  const known = issuer !== undefined && isAdmitting(issuer) && past.has(issuer.index)
  if (!known || admitted(issuer) !== peerIdOf(grant.issuer)) return 'the invite was not issued by a member'
  if (!mayAdmit(log.group.genesis.policy, admitted(issuer))) return 'the invite was not issued by a moderator'
  if (before.dead.has(grant.issuerAdmission))
    return 'the invite was revoked: who issued it is no member any more'
  const name = inviteName(grant)
  if (before.revoked.has(name)) return 'the invite was revoked'
  const users = log.usersOf(name).filter(({ index }) => past.has(index))
  const excluded = users.some((user) => before.endings.get(user.operation.id)?.some(({ left }) => !left))
  if (excluded) return 'the invite was revoked: somebody who used it was excluded'
  // A void admission used nothing up, and nobody uses an invite twice: whoever left comes back by the same one.
  const others = users.filter(({ operation: { id } }) => !isVoid(id, before))
  const count = new Set(others.map(admitted).filter((user) => user !== peer)).size
  if (grant.uses > 0 && count >= grant.uses) return 'the invite was used up'
  return undefined
}

function isVoid(admission: AdmissionId, { dead, endings }: Roster): boolean {
  return dead.has(admission) && !endings.has(admission)
}

/** Why a member may not decide something now, on all that we know; undefined when it may. */
export function whyNotEntitled(author: PeerId, body: Decision, log: MembershipLog): string | undefined {
  return whyInvalidDecision(author, body, stateNow(log))
}

function whyInvalidDecision(author: PeerId, body: Decision, state: State): string | undefined {
  switch (body.kind) {
    case 'revocation':
      return whyInvalidRevocation(author, body, state)
    case 'denial':
      return whyInvalidDenial(author, body, state)
    case 'vote':
      return whyInvalidVote(author, body, state)
    case 'destruction':
      return mayGovern(state.log.group, author) ? undefined : whoGoverns(state.log.group)
  }
}

function whoGoverns(group: Group): string {
  if (group.genesis.policy.moderators.length > 0) return 'only moderators may; ask one of them'
  return group.genesis.creator
    ? 'only its creator may; leave instead'
    : 'in an open room nobody may; leave instead'
}

/** Members are excluded, not denied; and what is for good already needs no more of them. */
function whyInvalidDenial(author: PeerId, { peer }: Denial, state: State): string | undefined {
  if (!mayAdmit(state.log.group.genesis.policy, author)) return 'only moderators let others in'
  if (state.before.alive.has(peer)) return 'the peer is a member'
  return deniedForGood(peer, state) ? 'the peer was denied for good' : undefined
}

/** Whoever may exclude may end any invite: it could as well end the membership of who issued it. */
function whyInvalidRevocation(author: PeerId, { issuer }: Revocation, { log }: State): string | undefined {
  const may = author === issuer || mayExclude(log.group.genesis.policy, author)
  return may ? undefined : 'only who issued an invite, or may exclude, can revoke it'
}

function whyInvalidVote(
  author: PeerId,
  { admission }: Vote,
  { log, past, before }: State,
): string | undefined {
  const { policy } = log.group.genesis
  if (policy.exclude === 'moderators' && !isModerator(policy, author))
    return 'only moderators exclude; ask one of them'
  const target = log.get(admission)
  const known = target !== undefined && isAdmitting(target) && past.has(target.index)
  if (!known || before.dead.has(admission)) return 'it is on an admission that was not alive'
  if (admitted(target) === author) return 'nobody votes on itself'
  const isRepeated = before.votes.get(admission)?.some(({ operation }) => operation.author === author)
  return isRepeated ? 'its author voted on it already' : undefined
}

/** The votes that a change stands on, if it needs any: by each admission that it ends unasked (SPEC L17). */
export function votesFor({ author, body }: Operation, { log, before }: Omit<State, 'past'>): Entry['votes'] {
  const { policy } = log.group.genesis
  if (body.kind !== 'change' || policy.exclude !== 'quorum' || mayExclude(policy, author)) return undefined
  const unasked = body.targets.filter(({ leave }) => leave === undefined)
  return unasked.length === 0 ? undefined : unasked.map(({ admission }) => before.votes.get(admission) ?? [])
}

/** Why a member may not end these admissions unasked, or split them off, in a state; undefined when it may. */
export function whyNotExcludable(
  author: PeerId,
  targets: readonly Target[],
  { log, before }: Omit<State, 'past'>,
  successor?: Successor,
): string | undefined {
  const { policy } = log.group.genesis
  if (successor && !mayGovern(log.group, author)) return whoGoverns(log.group)
  const unasked = targets.filter(({ leave }) => leave === undefined)
  if (unasked.length === 0 || mayExclude(policy, author)) return undefined
  if (policy.exclude === 'moderators') return 'only moderators exclude; ask one of them'
  const isDecided = unasked.every(({ admission }) => isQuorum(before.votes.get(admission) ?? [], policy))
  return isDecided ? undefined : `an exclusion needs ${policy.quorum} votes; vote instead`
}

/** Slots have no keys where there is a tree, and a tree is nowhere else (SPEC V7). */
function fitsScheme({ tree, wraps, tainted }: Change, scheme: Scheme): boolean {
  return scheme === 'centralized-tree' ? tree !== undefined && wraps.length + tainted.length === 0 : !tree
}

function whyInvalidChange(operation: Operation, body: Change, state: State): string | undefined {
  const keyParent = state.log.get(body.keyParent)
  if (!keyParent || !isVersion(keyParent) || !state.past.has(keyParent.index))
    return 'its key parent is not in its past'
  if (!mayChangeFrom(keyParent, operation.author, state.before))
    return 'its author does not manage the generation of its key parent'
  if (!fitsScheme(body, schemeOf(keyParent))) return 'its wraps are of another scheme than its generation'
  const tainted = new Set(body.tainted)
  if (body.wraps.some((wrap) => tainted.has(wrap.slot))) return 'it wraps under a slot it calls tainted'
  for (const { peer, admission } of body.targets) {
    if (peer === operation.author) return 'nobody excludes itself'
    const alive = state.before.alive.get(peer) ?? []
    if (!alive.some((entry) => entry.operation.id === admission))
      return 'it ends an admission that was not alive'
  }
  return whyNotExcludable(operation.author, body.targets, state, body.successor)
}

/** Who may do what in a group: part of its genesis, so it never changes (paper §3.1.1; SPEC G7). */
import { compare } from 'uint8arrays/compare'
import { UsageError } from '../errors.ts'
import { type PeerId, peerIdOf, PUBLIC_KEY_LENGTH, publicKeyOf } from '../ids.ts'
import { MODERATORS_MAX, QUORUM_MAX, SILENCE_MAX } from '../limits.ts'
import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'

/**
 * Who is let in. `anyone`: whoever knows the room key. `invite`: who shows a grant that a member signed. `ask`: who does, and
 * a human says yes besides. `moderators`: whom they let in themselves, or invited.
 */
export type AdmitPolicy = (typeof ADMIT)[number]
const ADMIT = ['anyone', 'invite', 'ask', 'moderators'] as const

/** Who excludes: any member, as many of them as the quorum says, or moderators. Moderators may in any case. */
export type ExcludePolicy = (typeof EXCLUDE)[number]
const EXCLUDE = ['member', 'quorum', 'moderators'] as const

/** Who may do what in a group, for good. */
export interface Policy {
  readonly admit: AdmitPolicy
  readonly exclude: ExcludePolicy
  /** Votes that an exclusion needs where `exclude` is `quorum`, else 0. */
  readonly quorum: number
  /** Peers with more rights than other members, as soon as they are members. */
  readonly moderators: readonly PeerId[]
  /** Seconds after which who was silent is excluded; 0: never. */
  readonly silence: number
}

/** What holds in an open room, and where nothing else is said. */
export const OPEN_POLICY: Policy = {
  admit: 'anyone',
  exclude: 'member',
  quorum: 0,
  moderators: [],
  silence: 0,
}

/** Policies that name moderators' rights need at least one; an exclusion by one vote is any member's. */
function isPolicy({ admit, exclude, quorum, moderators }: Policy): boolean {
  const needsModerators = admit === 'moderators' || exclude === 'moderators'
  const isQuorum = exclude === 'quorum' ? quorum >= 2 : quorum === 0
  return isQuorum && (moderators.length > 0 || !needsModerators)
}

export function writePolicy(writer: Writer, policy: Policy): Writer {
  const keys = policy.moderators.flatMap((peer) => publicKeyOf(peer) ?? []).sort(compare)
  return writer
    .u8(ADMIT.indexOf(policy.admit))
    .u8(EXCLUDE.indexOf(policy.exclude))
    .u8(policy.quorum)
    .list(keys, (inner, key) => inner.fixed(key))
    .u32(policy.silence)
}

export function readPolicy(reader: Reader): Policy {
  const admit = ADMIT[reader.u8()] ?? reader.fail('admission policy we do not know', 'unknown-type')
  const exclude = EXCLUDE[reader.u8()] ?? reader.fail('exclusion policy we do not know', 'unknown-type')
  const quorum = reader.u8()
  const keys = reader.ascending(MODERATORS_MAX, (inner) => inner.fixed(PUBLIC_KEY_LENGTH), compare)
  const policy = { admit, exclude, quorum, moderators: keys.map(peerIdOf), silence: reader.u32() }
  return isPolicy(policy) ? policy : reader.fail('policy that cannot be')
}

/**
 * A new room's policy: by invite, and any member excludes, where `wanted` says nothing else. Where only moderators may do
 * something and none is named, it is the creator. Throws `UsageError` for one that cannot be.
 */
export function policyOf(wanted: Partial<Policy>, creator: PeerId): Policy {
  const needsModerators = wanted.admit === 'moderators' || wanted.exclude === 'moderators'
  const named = [...new Set(wanted.moderators ?? [])]
  const moderators = needsModerators && named.length === 0 ? [creator] : named
  const policy: Policy = { ...OPEN_POLICY, admit: 'invite', ...wanted, moderators }
  const { quorum, silence } = policy
  if (!ADMIT.includes(policy.admit) || !EXCLUDE.includes(policy.exclude)) {
    const message = `Let in by ${ADMIT.join(', ')}; exclude by ${EXCLUDE.join(', ')}.`
    throw new UsageError('bad-policy', message)
  }
  if (moderators.length > MODERATORS_MAX)
    throw new UsageError('bad-policy', `Name at most ${MODERATORS_MAX} moderators.`)
  const stranger = moderators.find((peer) => publicKeyOf(peer) === undefined)
  if (stranger !== undefined)
    throw new UsageError('bad-policy', `"${stranger}" is no Ed25519 peer id. Name moderators by theirs.`)
  if (!Number.isInteger(quorum) || quorum > QUORUM_MAX || !isPolicy(policy))
    throw new UsageError(
      'bad-policy',
      `Give a quorum of 2 to ${QUORUM_MAX} votes where a quorum excludes, and none elsewhere.`,
    )
  if (!Number.isInteger(silence) || silence < 0 || silence > SILENCE_MAX)
    throw new UsageError('bad-policy', 'Silence is whole seconds; 0 never excludes anybody for it.')
  return policy
}

export function isModerator({ moderators }: Policy, peer: PeerId): boolean {
  return moderators.includes(peer)
}

/** Whether a member may let others in, invite and deny them. */
export function mayAdmit(policy: Policy, peer: PeerId): boolean {
  return policy.admit !== 'moderators' || isModerator(policy, peer)
}

/** Whether a member may exclude on its own, without anybody's vote. */
export function mayExclude(policy: Policy, peer: PeerId): boolean {
  return policy.exclude === 'member' || isModerator(policy, peer)
}

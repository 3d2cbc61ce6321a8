/** What a member tells of where it stands. */
import type { OperationId, PeerId, VersionId } from '../ids.ts'
import { exclusionsLeft } from '../keys/cover.ts'
import { managementOf, type Scheme } from '../log/management.ts'
import type { Context, Status } from './context.ts'
import { votesOn } from './voter.ts'

export interface MemberEntry {
  readonly peer: PeerId
  readonly name: string
  /** Null while it is unknown: in a large room not all beat (SPEC H7). */
  readonly online: boolean | null
  /** Votes for its exclusion. */
  readonly votes: number
}

/** Who makes the keys of what we send under: all members, or a manager (SPEC V1). */
export interface SchemeState {
  readonly scheme: Scheme
  readonly manager?: PeerId
}

/** What there is to know of a member at one moment. */
export interface MemberState extends SchemeState {
  readonly status: Status
  /** What we send under; absent while no version that we can open covers our view. */
  readonly version?: VersionId
  readonly revision: number
  readonly heads: readonly OperationId[]
  readonly members: readonly MemberEntry[]
  readonly exclusionsLeft: number
  /** Messages of ours that wait for a key. */
  readonly waiting: number
}

export function stateOf(context: Context, waiting: number): MemberState {
  const { status, current, log } = context
  const members = [...log.roster.alive.keys()].map((peer) => ({
    peer,
    name: context.nameOf(peer),
    online: context.isThere(peer),
    votes: votesOn(peer, log.roster),
  }))
  return {
    status,
    ...(current && { version: current.version }),
    revision: current?.revision ?? 0,
    heads: log.heads,
    ...schemeStateOf(context),
    members,
    exclusionsLeft: exclusionsLeft(log, current?.version ?? log.versions[0]?.operation.id),
    waiting,
  }
}

/** The scheme of what we send under; while that is nothing, of the latest version we know of. */
export function schemeStateOf({ current, log }: Pick<Context, 'current' | 'log'>): SchemeState {
  const version = current ? log.get(current.version) : log.versions[0]
  const management = version && managementOf(version)
  return management
    ? { scheme: management.scheme, manager: management.manager }
    : { scheme: 'distributed-flat' }
}

/** The protocol's state of a member in the words of the room's API. */
import type { Member, MemberState, SchemeState } from '@conclave/protocol'
import type { RoomState, RoomStatus } from './room-api.ts'

/** Whether a member in this state is, or is about to be, in the room. */
export function isMemberStatus(status: MemberState['status']): boolean {
  return status === 'joining' || status === 'joined'
}

/** What the protocol's member does not know. */
interface Shell {
  readonly isClosed: boolean
  readonly isOnline: boolean
  /** The group is over, and we are on our way to another one. */
  readonly isMoving: boolean
}

export function stateOf(member: Member, shell: Shell): RoomState {
  const { status, version, revision, heads, members, exclusionsLeft } = member.state
  return {
    status: statusOf(status, shell),
    ...(version && { version }),
    revision,
    heads: [...heads],
    ...schemeOf(member.state),
    policy: member.group.genesis.policy,
    members: members.length,
    exclusionsLeft,
  }
}

/** How a room is managed, as events tell it. */
export function schemeOf({ scheme, manager }: SchemeState): SchemeState {
  return { scheme, ...(manager && { manager }) }
}

function statusOf(status: MemberState['status'], { isClosed, isOnline, isMoving }: Shell): RoomStatus {
  if (isMoving && !isClosed) return 'joining'
  if (status === 'excluded' || status === 'left' || status === 'destroyed') return status
  if (isClosed) return 'closed'
  if (status === 'joined') return 'joined'
  return isOnline ? 'joining' : 'offline'
}

/** The protocol's state of a member in the words of the room's API. */
import type { Member, MemberState } from '@conclave/protocol'
import type { RoomState, RoomStatus } from './room-api.ts'

/** Whether a member in this state is, or is about to be, in the room. */
export function isMemberStatus(status: MemberState['status']): boolean {
  return status === 'joining' || status === 'joined'
}

export function stateOf(member: Member, shell: { isClosed: boolean; isOnline: boolean }): RoomState {
  const { status, version, revision, heads, members, exclusionsLeft } = member.state
  return {
    status: statusOf(status, shell),
    ...(version && { version }),
    revision,
    heads: [...heads],
    scheme: 'distributed-flat',
    policy: member.group.genesis.policy,
    members: members.length,
    exclusionsLeft,
  }
}

function statusOf(
  status: MemberState['status'],
  shell: { isClosed: boolean; isOnline: boolean },
): RoomStatus {
  if (status === 'excluded' || status === 'left' || status === 'destroyed') return status
  if (shell.isClosed) return 'closed'
  if (status === 'joined') return 'joined'
  return shell.isOnline ? 'joining' : 'offline'
}

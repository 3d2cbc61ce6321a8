/** Who is in the room. */
import { useRoomValue } from './room-value.ts'
import type { MemberInfo, RoomEventName } from '../room-api.ts'
import type { Room } from '../room.ts'

/** After these the roster, or who is reached how, may be another one. */
const EVENTS: readonly RoomEventName[] = ['joined', 'member', 'keys', 'transport', 'moved', 'status']
const NOBODY: readonly MemberInfo[] = []

/**
 * Everybody on the roster, ourselves included; empty without a room. Renders again when somebody comes, goes, is excluded, is
 * online or offline, or is reached another way. Never fails.
 */
export function useMembers(room: Room | undefined): readonly MemberInfo[] {
  return useRoomValue(room, EVENTS, ({ members }) => members) ?? NOBODY
}

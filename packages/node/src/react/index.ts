/** Rooms in React. The hooks know rooms by their types alone, so the networking code loads when the application says. */
export { type RoomMessage } from './messages.ts'
export { type SendAction, useAction } from './use-action.ts'
export { useMembers } from './use-members.ts'
export { useMessages } from './use-messages.ts'
export { type RoomInUse, useRoom } from './use-room.ts'

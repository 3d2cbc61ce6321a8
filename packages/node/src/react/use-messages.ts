/** What is said in the room. */
import { useCallback, useSyncExternalStore } from 'react'
import { messagesOf, type RoomMessage } from './messages.ts'
import { noRoom } from './no-room.ts'
import type { Room } from '../room.ts'

const NONE: readonly RoomMessage[] = []

/**
 * The conversation, and how to say something. The latest 500 messages are there, ours among them once they were sent, from when
 * `useRoom` entered the room on (in a room of another origin: from when this was first called with it), also those that came
 * while no component looked. `send` resolves and rejects as `Room.send` does, and rejects without a room.
 */
export function useMessages(room: Room | undefined): {
  messages: readonly RoomMessage[]
  send: (text: string) => Promise<{ reached: number }>
} {
  const subscribe = useCallback(
    (onChange: () => void) => (room ? messagesOf(room).watch(onChange) : () => undefined),
    [room],
  )
  const snapshot = (): readonly RoomMessage[] => (room ? messagesOf(room).all : NONE)
  const messages = useSyncExternalStore(subscribe, snapshot, snapshot)
  const send = useCallback(
    async (text: string) => {
      if (room === undefined) throw noRoom()
      return await messagesOf(room).send(text)
    },
    [room],
  )
  return { messages, send }
}

/** Something of a room that is read anew at its events, as React wants to have it: the same object while it is the same. */
import { useCallback, useRef, useSyncExternalStore } from 'react'
import type { RoomEventName } from '../room-api.ts'
import type { Room } from '../room.ts'

/** What `read` makes of the room now, and after each of these events. Undefined without a room. `read` gives plain data. */
export function useRoomValue<T>(
  room: Room | undefined,
  events: readonly RoomEventName[],
  read: (room: Room) => T,
): T | undefined {
  const last = useRef<{ room: Room; text: string; value: T }>(undefined)
  const subscribe = useCallback(
    (onChange: () => void) => {
      for (const name of events) room?.addEventListener(name, onChange)
      return () => {
        for (const name of events) room?.removeEventListener(name, onChange)
      }
    },
    [room, events],
  )
  const snapshot = (): T | undefined => {
    if (room === undefined) return undefined
    const value = read(room)
    const text = JSON.stringify(value)
    if (last.current?.room !== room || last.current.text !== text) last.current = { room, text, value }
    return last.current.value
  }
  return useSyncExternalStore(subscribe, snapshot, snapshot)
}

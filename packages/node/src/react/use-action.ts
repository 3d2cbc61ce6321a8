/** Messages of an application's own kind. */
import { useCallback, useEffect, useRef } from 'react'
import { noRoom } from './no-room.ts'
import type { ActionOptions, ActionReceipt, ActionTarget } from '../action.ts'
import type { Room } from '../room.ts'

/** What {@link useAction} gives: sends data as `Action.send` does. */
export type SendAction<T> = (data: T, target?: ActionTarget) => Promise<{ reached: number }>

/**
 * Hears and sends data of one name, e.g. `const send = useAction<{ x: number }>(room, 'cursor', ({ data, from }) => …)`. The latest
 * `onReceive` is called once for each that comes while the component is there. The returned function stays the same for a room and
 * name; it resolves and rejects as `Action.send` does, and rejects without a room. A name that no action has is a
 * `UsageError`, thrown to the nearest error boundary.
 */
export function useAction<T>(
  room: Room | undefined,
  name: string,
  onReceive?: (receipt: ActionReceipt<T>) => void,
  options?: ActionOptions<T>,
): SendAction<T> {
  const latest = useRef({ onReceive, options })
  useEffect(() => {
    latest.current = { onReceive, options }
  })
  useEffect(() => {
    const action = room?.makeAction(name, latest.current.options)
    const hear = ({ detail }: CustomEvent<ActionReceipt<T>>): void => latest.current.onReceive?.(detail)
    action?.addEventListener('receive', hear)
    return () => action?.removeEventListener('receive', hear)
  }, [room, name])
  return useCallback(
    async (data: T, target?: ActionTarget) => {
      if (room === undefined) throw noRoom()
      return await room.makeAction(name, latest.current.options).send(data, target)
    },
    [room, name],
  )
}

import type { ActionOptions, ActionReceipt, ActionTarget, Room as NodeRoom } from '@conclave/node'

/** As much of a room as the page uses, so that an imitation can stand in for it. */
export type Room = EventTarget &
  Pick<
    NodeRoom,
    | 'id'
    | 'self'
    | 'name'
    | 'state'
    | 'members'
    | 'sent'
    | 'setTyping'
    | 'sendFile'
    | 'acceptFile'
    | 'cancelFile'
    | 'safetyNumber'
    | 'health'
    | 'send'
    | 'invite'
    | 'revoke'
    | 'admit'
    | 'deny'
    | 'exclude'
    | 'ban'
    | 'vote'
    | 'refresh'
    | 'transition'
    | 'merge'
    | 'split'
    | 'destroy'
    | 'leave'
    | 'close'
  > & {
    readonly records: Pick<NodeRoom['records'], 'history' | 'readers' | 'table' | 'rights' | 'usesOf'>
    makeAction<T>(name: string, options?: ActionOptions<T>): RoomAction<T>
  }

/** As much of an action as the page uses. */
export interface RoomAction<T> {
  send(data: T, target?: ActionTarget): Promise<{ reached: number }>
  addEventListener(
    type: 'receive',
    listener: (event: CustomEvent<ActionReceipt<T>>) => void,
    options?: { signal?: AbortSignal },
  ): void
}

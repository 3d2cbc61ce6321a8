import type { Room as NodeRoom } from '@conclave/node'

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
  > & { readonly records: Pick<NodeRoom['records'], 'history' | 'readers' | 'table' | 'rights' | 'usesOf'> }

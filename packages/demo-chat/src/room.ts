import type { Room as NodeRoom } from '@conclave/node'

/** As much of a room as the page uses, so that an imitation can stand in for it. */
export type Room = EventTarget &
  Pick<NodeRoom, 'id' | 'self' | 'state' | 'members' | 'send' | 'invite' | 'exclude' | 'leave' | 'close'>

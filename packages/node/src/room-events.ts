/** What the protocol tells a member, in the words of the room's events. */
import type { Notification } from '@conclave/protocol'
import type { RoomEventDetails, RoomEventName } from './room-api.ts'
import { schemeOf } from './room-state.ts'
import { refusalMessage } from './words.ts'

/** An event with its name. */
export type NamedEvent = {
  [K in RoomEventName]: { readonly name: K; readonly detail: RoomEventDetails[K] }
}[RoomEventName]

/** The event that a notification means; undefined when it is not for users, or not for them alone. */
export function eventOf(
  notification: Notification,
  { self, room }: { self: string; room: string },
): NamedEvent | undefined {
  switch (notification.event) {
    case 'joined': {
      const { version, revision, members } = notification
      return {
        name: 'joined',
        detail: { peer: self, room, version, revision, ...schemeOf(notification), members },
      }
    }
    case 'message': {
      const { from, name, text, version, revision } = notification
      return { name: 'message', detail: { from, name, text, version, revision, verified: true } }
    }
    case 'member': {
      const { peer, name, change } = notification
      return { name: 'member', detail: { peer, name, change } }
    }
    case 'keys': {
      const { version, revision, heads, cause } = notification
      return {
        name: 'keys',
        detail: { version, revision, heads: [...heads], ...schemeOf(notification), cause },
      }
    }
    case 'vote': {
      const { peer, name, by, byName, votes } = notification
      return { name: 'vote', detail: { peer, name, by, byName, votes } }
    }
    case 'excluded':
      return { name: 'excluded', detail: { by: notification.by, reason: notification.reason } }
    case 'knock':
      return { name: 'knock', detail: { peer: notification.peer, name: notification.name } }
    case 'refused': {
      const { refusal } = notification
      return { name: 'error', detail: { code: refusal, message: refusalMessage(refusal) } }
    }
    case 'action':
    case 'destroyed':
    case 'moved':
    case 'rejected':
    case 'left':
    case 'peers':
    case 'restarted':
      return undefined
  }
}

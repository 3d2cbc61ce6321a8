/**
 * The page's only door to the network. The networking code is loaded on demand, so the first paint does not wait for it.
 */
import type { RoomOptions } from '@conclave/node'
import { loadConfig } from './config.ts'
import type { Identity } from './identity.ts'
import type { Room } from './room.ts'

interface Rooms {
  createRoom: (options: RoomOptions) => Promise<Room>
  joinRoom: (options: RoomOptions, inviteOrName?: string) => Promise<Room>
}

/** Starts loading the networking code. Safe to call often. */
export async function loadNetworking(): Promise<Rooms> {
  // The branch is a constant in a build, so the imitation is in no bundle.
  if (import.meta.env.DEV && new URLSearchParams(location.search).has('fake')) {
    return import('./dev/fake-rooms.ts')
  }
  return import('@conclave/node')
}

/** Which room: a new one, the one of an invite, or the one that this identity was in last. */
export type Entrance = { to: 'found' } | { to: 'join'; invite: string } | { to: 'return' }

/** Enters a room. Joining resolves as soon as the room has started; its state says how far it is. */
export async function openRoom(identity: Identity, name: string, entrance: Entrance): Promise<Room> {
  const rooms = await loadNetworking().catch((cause: unknown) => {
    throw Object.assign(new Error('the networking code did not load', { cause }), { code: 'not-loaded' })
  })
  const { relays, iceServers } = await loadConfig()
  const options: RoomOptions = {
    name,
    identity: identity.seed,
    store: identity.store,
    // None unless whoever serves the page names some: public STUN servers would learn every visitor's address.
    rtcConfiguration: { iceServers },
  }
  // An invite names its room's relays, and so does what is stored of a room.
  if (entrance.to === 'join') return rooms.joinRoom(options, entrance.invite)
  if (entrance.to === 'return') return rooms.joinRoom(options)
  if (relays.length > 0) return rooms.createRoom({ ...options, relays })
  throw Object.assign(new Error('config.json names no relay'), { code: 'no-relay-configured' })
}

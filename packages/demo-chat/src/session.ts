/**
 * The page's only door to the network. The networking code is loaded on demand, so the first paint does not wait for it.
 */
import type { Room, RoomOptions } from '@conclave/node'
import { loadConfig } from './config.ts'
import type { Identity } from './identity.ts'

export type { Room } from '@conclave/node'

interface Rooms {
  createRoom: (options: RoomOptions) => Promise<Room>
  joinRoom: (options: RoomOptions, inviteOrName: string) => Promise<Room>
}

/** Starts loading the networking code. Safe to call often. */
export async function loadNetworking(): Promise<Rooms> {
  // The branch is a constant in a build, so the imitation is in no bundle.
  if (import.meta.env.DEV && new URLSearchParams(location.search).has('fake')) {
    return import('./dev/fake-rooms.ts')
  }
  return import('@conclave/node')
}

export interface OpenRequest {
  identity: Identity
  name: string
  /** Absent: found a room. */
  invite?: string
  signal?: AbortSignal
}

/** Founds or joins a room. Joining resolves as soon as the room has started; its state says how far it is. */
export async function openRoom({ identity, name, invite, signal }: OpenRequest): Promise<Room> {
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
    ...(signal && { signal }),
  }
  // An invite names its room's relays.
  if (invite !== undefined) return rooms.joinRoom(options, invite)
  if (relays.length > 0) return rooms.createRoom({ ...options, relays })
  throw Object.assign(new Error('config.json names no relay'), { code: 'no-relay-configured' })
}

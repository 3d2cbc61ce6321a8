/**
 * The page's only door to the network. The networking code is loaded on demand, so the first paint does not wait for it.
 */
import type { Room, RoomOptions } from '@conclave/node'
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
  const options: RoomOptions = {
    name,
    identity: identity.seed,
    store: identity.store,
    // Public STUN servers would learn every visitor's address; on one network or through the relay none is needed.
    rtcConfiguration: { iceServers: [] },
    ...(signal && { signal }),
  }
  if (invite !== undefined) return rooms.joinRoom(options, invite)
  return rooms.createRoom({ ...options, relays: await configuredRelays() })
}

/** The relays of whoever serves this page, for rooms founded here; an invite brings its own. */
async function configuredRelays(): Promise<string[]> {
  const response = await fetch('./config.json', { cache: 'no-store' }).catch(() => undefined)
  const config: unknown = response?.ok === true ? await response.json().catch(() => undefined) : undefined
  const relays =
    typeof config === 'object' && config !== null && 'relays' in config ? config.relays : undefined
  if (Array.isArray(relays) && relays.length > 0 && relays.every((relay) => typeof relay === 'string')) {
    return relays
  }
  throw Object.assign(new Error('config.json names no relay'), { code: 'no-relay-configured' })
}

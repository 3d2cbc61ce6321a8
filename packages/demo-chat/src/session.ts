/**
 * The page's only door to the network. The networking code is loaded on demand, so the first paint does not wait for it.
 */
import type { RoomOptions, RoomPolicy } from '@conclave/node'
import type { Config } from './config.ts'
import type { Identity } from './identity.ts'
import { readPreferences } from './preferences.ts'
import type { Room } from './room.ts'

interface Rooms {
  createRoom: (options: RoomOptions & { policy?: Partial<RoomPolicy> }) => Promise<Room>
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

/** Which room: a new one, the one of an invite, an open one, or the one that this identity was in last. */
export type Entrance =
  | { to: 'found'; policy: Partial<RoomPolicy> }
  | { to: 'join'; invite: string }
  | { to: 'named'; name: string }
  | { to: 'return' }

/** The STUN and TURN servers that connections are made with: the visitor's own, else those of the site. */
export function iceServersInUse(config: Config): RTCIceServer[] {
  const { iceServers } = readPreferences()
  return iceServers.length > 0 ? iceServers : config.iceServers
}

export interface Newcomer {
  identity: Identity
  /** What the others will see. */
  name: string
  config: Config
  /** Aborting it closes the room, or ends the way into it. */
  signal: AbortSignal
}

/** Enters a room. Joining resolves as soon as the room has started; its state says how far it is. */
export async function openRoom(
  { identity, name, config, signal }: Newcomer,
  entrance: Entrance,
): Promise<Room> {
  const rooms = await loadNetworking().catch((cause: unknown) => {
    throw Object.assign(new Error('the networking code did not load', { cause }), { code: 'not-loaded' })
  })
  const { relays: own, relayOnly } = readPreferences()
  const relays = own.length > 0 ? own : config.relays
  const options: RoomOptions = {
    name,
    identity: identity.seed,
    store: identity.store,
    signal,
    rtcConfiguration: {
      // None unless somebody names some: public STUN servers would learn every visitor's address.
      iceServers: iceServersInUse(config),
      ...(relayOnly && { iceTransportPolicy: 'relay' as const }),
    },
  }
  // An invite names its room's relays, and so does what is stored of a room.
  if (entrance.to === 'join') return rooms.joinRoom(options, entrance.invite)
  if (entrance.to === 'return') return rooms.joinRoom(options)
  if (relays.length === 0)
    throw Object.assign(new Error('config.json names no relay'), { code: 'no-relay-configured' })
  if (entrance.to === 'named') return rooms.joinRoom({ ...options, relays }, entrance.name)
  return rooms.createRoom({ ...options, relays, policy: entrance.policy })
}

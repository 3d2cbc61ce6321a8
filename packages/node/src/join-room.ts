/** Rooms for people who have no libp2p node: makes one for the room and stops it with the room. */
import { Conclave, type MemberOptions, type NewRoomOptions } from './conclave.ts'
import { hostOfNode } from './host.ts'
import { createIdentity, identityFromSeed } from './identity.ts'
import { createPeerNode, type PeerNodeInit } from './libp2p-options.ts'
import { NODE_STOP_MS_MAX } from './limits.ts'
import { memoryStore, openStore } from './store.ts'
import type { Timing } from '@conclave/protocol'
import type { Room } from './room.ts'

/** Who we are in the room, and how we reach the others. */
export interface RoomOptions extends MemberOptions, Omit<PeerNodeInit, 'seed' | 'datastore'> {
  /** Multiaddrs of circuit relays; a room that is joined by invite knows its own. */
  relays?: readonly string[]
  /** 32-byte Ed25519 seed; a fresh one by default. */
  identity?: Uint8Array
  /** Directory in Node, database name in a browser, where the membership log is kept; memory by default. */
  store?: string
  /** The protocol's durations; for tests. */
  timing?: Partial<Timing>
}

/**
 * A new room that one enters by invite, with us as its first member. Resolves once it has started, with or without a network; its
 * `joined` event tells when others can come. Rejects with a `UsageError` of the code `bad-name`, `bad-policy`, `relay-address`,
 * `identity-damaged`, `store-unusable` or `store-damaged`, and when the signal is aborted with its reason; then nothing is left open.
 */
export async function createRoom(options: RoomOptions & NewRoomOptions): Promise<Room> {
  return await withNode(options, async (conclave) => await conclave.create(options))
}

/**
 * Enters a room by an invite, a link that holds one, or an open room's name; without either, the room that `store` was
 * last used for. Resolves once the room has started, with or without a network; its `joined` event tells when we are in, an `error`
 * event why we are not let in. Rejects as `createRoom` does, also with the codes `bad-invite`, `expired-invite`, `too-many-relays`, and `no-room` when
 * neither was given and none is stored.
 */
export async function joinRoom(options: RoomOptions, inviteOrName?: string): Promise<Room> {
  return await withNode(options, async (conclave) => await conclave.join(inviteOrName, options))
}

async function withNode(options: RoomOptions, enter: (conclave: Conclave) => Promise<Room>): Promise<Room> {
  options.signal?.throwIfAborted()
  const identity = options.identity ? await identityFromSeed(options.identity) : await createIdentity()
  const store = options.store === undefined ? memoryStore() : await openStore(options.store)
  const { relays = [], timing } = options
  const { libp2p, topics, relays: relayPeers } = await createPeerNode({ ...options, seed: identity.seed })
  const { seed, publicKey } = identity
  const parts = { host: hostOfNode(libp2p), seed, publicKey, topics, relayPeers }
  let isStopped = false
  const stop = async (): Promise<void> => {
    if (isStopped) return
    isStopped = true
    await conclave.stop()
    // Connections to peers that have vanished are closed with patience that nobody here has.
    await Promise.race([libp2p.stop(), new Promise((resolve) => setTimeout(resolve, NODE_STOP_MS_MAX))])
    await store.close()
  }
  const conclave = new Conclave(parts, {
    relays,
    datastore: store,
    onRoomClosed: stop,
    ...(timing && { timing }),
  })
  try {
    await conclave.start()
    return await enter(conclave)
  } catch (error) {
    await stop()
    throw error
  }
}

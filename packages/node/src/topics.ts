/** The shape of a room's topic names, known to members and to the relay that bridges them. */
import type { Channel } from './room-network.ts'

const SHAPE = /^\/conclave\/1\/(?:lobby|room)\/[0-9a-f]{64}$/

/** Length of every topic name of that kind, so that a room's two topics cannot be told apart by more than a word. */
export const TOPIC_HASH_BYTES = 32

/** Whether a name is one that a bridge forwards. */
export function isRoomTopic(name: string): boolean {
  return SHAPE.test(name)
}

/** The topic name for a hash of 64 lower-case hex digits. */
export function roomTopic(channel: Channel, hash: string): string {
  return `/conclave/1/${channel}/${hash}`
}

/** The hash inside a topic name as bytes, undefined when the name has another shape. */
export function topicHash(name: string): Uint8Array | undefined {
  if (!isRoomTopic(name)) return undefined
  const hex = name.slice(-2 * TOPIC_HASH_BYTES)
  return Uint8Array.from({ length: TOPIC_HASH_BYTES }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  )
}

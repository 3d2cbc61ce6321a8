/**
 * What a room keeps on disk: how to find it again, and the membership log. Never a TEK, a KEK or a version's secret: a
 * deleted key would still be found in the database's files.
 */
import { decodeOperation, isRejection, type Group, type Operation } from '@conclave/protocol'
import { Key } from 'interface-datastore'
import { toString } from 'uint8arrays/to-string'
import { fromString } from 'uint8arrays/from-string'
import { UsageError } from './errors.ts'
import type { RoomPolicy } from './room-api.ts'
import type { Datastore } from 'interface-datastore'

/** How to enter the room again: by name, by invite, or as its creator. */
export type RoomRecord =
  | { readonly kind: 'open'; readonly name: string; readonly relays: readonly string[] }
  | { readonly kind: 'invited'; readonly invite: string; readonly relays: readonly string[] }
  /** `entropy`: the 48 bytes that the room was made from, in base64url. */
  | {
      readonly kind: 'created'
      readonly entropy: string
      readonly relays: readonly string[]
      readonly policy?: Partial<RoomPolicy>
    }
  /** `successor`: where the room went on, as the protocol encodes it, in base64url. */
  | { readonly kind: 'moved'; readonly successor: string }

const LAST_ROOM = new Key('/conclave/last-room')

export class RoomStore {
  readonly #datastore: Datastore
  readonly #group: Group
  readonly #prefix: string
  #count = 0

  constructor(datastore: Datastore, group: Group) {
    this.#datastore = datastore
    this.#group = group
    this.#prefix = `/conclave/room/${toString(group.id, 'base16')}`
  }

  /** The operations that were stored, in the order they were. Throws `UsageError` when they are damaged. */
  async load(): Promise<Operation[]> {
    const operations: Operation[] = []
    const entries: { key: string; value: Uint8Array }[] = []
    for await (const { key, value } of this.#datastore.query({ prefix: `${this.#prefix}/operation/` })) {
      entries.push({ key: key.toString(), value })
    }
    for (const { value } of entries.sort((a, b) => (a.key < b.key ? -1 : 1))) {
      const operation = decodeOperation(this.#group, value)
      if (isRejection(operation)) {
        throw damagedStore(operation.detail)
      }
      operations.push(operation)
    }
    this.#count = operations.length
    return operations
  }

  /** Forgets the log: it was of a lineage that was given up. */
  async clear(): Promise<void> {
    const batch = this.#datastore.batch()
    for await (const key of this.#datastore.queryKeys({ prefix: `${this.#prefix}/operation/` }))
      batch.delete(key)
    await batch.commit()
    this.#count = 0
  }

  async append(operations: readonly Operation[]): Promise<void> {
    const batch = this.#datastore.batch()
    for (const { bytes } of operations) {
      const place = String(this.#count++).padStart(8, '0')
      batch.put(new Key(`${this.#prefix}/operation/${place}`), bytes)
    }
    await batch.commit()
  }
}

/** Remembers how to enter a room, and that it was the last one. */
export async function rememberRoom(datastore: Datastore, record: RoomRecord): Promise<void> {
  await datastore.put(LAST_ROOM, fromString(JSON.stringify(record), 'utf8'))
}

/** The room that this store was last used for, if any. */
export async function lastRoom(datastore: Datastore): Promise<RoomRecord | undefined> {
  if (!(await datastore.has(LAST_ROOM))) return undefined
  try {
    return JSON.parse(toString(await datastore.get(LAST_ROOM), 'utf8')) as RoomRecord
  } catch {
    throw damagedStore('its record is no JSON')
  }
}

export function damagedStore(detail: string): UsageError {
  return new UsageError(
    'store-damaged',
    `The stored room is damaged (${detail}). Use another store, and join again by an invite.`,
  )
}

/** What a room's log tells people, for those who want to see how it comes that they can trust it. It holds no keys. */
import { toString } from 'uint8arrays/to-string'
import type { Member, VersionId } from '@conclave/protocol'
import type { KeyTable, RoomDeed, RoomRights } from './room-api.ts'

export class RoomRecords {
  readonly #member: () => Member

  constructor(member: () => Member) {
    this.#member = member
  }

  /** Who did what: the last `count` operations of the log, the latest last. */
  history(count = 100): RoomDeed[] {
    return this.#member()
      .chronicle.deeds(count)
      .map(({ author, authorName, signature, ...deed }) => ({
        ...deed,
        by: author,
        byName: authorName,
        signature: toString(signature, 'base16'),
      }))
  }

  /** How many operations the log has. */
  get length(): number {
    return this.#member().chronicle.length
  }

  /** Peer ids of those who can read what is said under a version: its members, online or not. Undefined when unknown. */
  readers(version: string): string[] | undefined {
    return this.#member().chronicle.readers(version as VersionId)
  }

  /** Which slots of the flat table are whose. */
  get table(): KeyTable {
    return this.#member().chronicle.table
  }

  /** What we may do by the room's policy. */
  get rights(): RoomRights {
    return this.#member().chronicle.rights
  }

  /** How many came in by an invite. Throws `UsageError` for what is none. */
  usesOf(invite: string): number {
    return this.#member().chronicle.usesOf(invite)
  }
}

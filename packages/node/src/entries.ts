/** How one enters a room: by its name, by an invite, as its creator, by what was stored, or where another room went on. */
import {
  decodeInvite,
  decodeSuccessor,
  encodeSuccessor,
  type Entrance,
  grantClaim,
  type Group,
  groupOf,
  isInviteText,
  isRejection,
  makeProof,
  newRoom,
  nobleSigner,
  nobleSuite,
  openRoom,
  type Policy,
  type Successor,
} from '@conclave/protocol'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { UsageError } from './errors.ts'
import { RELAYS_MAX } from './limits.ts'
import { damagedStore, type RoomRecord } from './room-store.ts'
import type { RoomPolicy } from './room-api.ts'
import type { Verifier } from './verifier.ts'

export interface Entry {
  readonly group: Group
  readonly entrance: Entrance
  /** How to enter it again. */
  readonly record: RoomRecord
  /** Relays that it names, besides those we have. */
  readonly relays: readonly string[]
}

export interface EntriesInit {
  /** Our own public key. */
  readonly publicKey: Uint8Array
  readonly verifier: Verifier
  /** Multiaddrs of the relays that we have. */
  relays(): string[]
}

export class Entries {
  readonly #init: EntriesInit

  constructor(init: EntriesInit) {
    this.#init = init
  }

  /** By an invite, a link that holds one, or an open room's name. Throws `UsageError` for a damaged or expired invite. */
  async of(inviteOrName: string): Promise<Entry> {
    return isInviteText(inviteOrName) ? await this.invited(inviteOrName) : this.#open(inviteOrName)
  }

  /** By an invite, or a link that holds one. Throws `UsageError` for a damaged or expired invite. */
  async invited(invite: string): Promise<Entry> {
    return await this.#invited(invite, Date.now() / 1_000)
  }

  /** As it was entered before. */
  async again(record: RoomRecord): Promise<Entry> {
    switch (record.kind) {
      case 'open':
        return this.#open(record.name, record.relays)
      case 'invited':
        // It was good when we were let in; it may have expired since.
        return await this.#invited(record.invite, 0)
      case 'created': {
        const { entropy, policy = {}, relays } = record
        return this.#created(fromString(entropy, 'base64url'), policy, relays)
      }
      case 'moved': {
        const successor = decodeSuccessor(fromString(record.successor, 'base64url'))
        if (isRejection(successor)) throw damagedStore(successor.detail)
        return this.successor(successor)
      }
      default:
        throw damagedStore('it is of a kind that we do not know')
    }
  }

  /** A new room. */
  create(policy: Partial<RoomPolicy> = {}): Entry {
    return this.#created(crypto.getRandomValues(new Uint8Array(48)), policy)
  }

  /** Where another room went on: we are a member of it already. */
  successor(to: Successor): Entry {
    const record = { kind: 'moved', successor: toString(encodeSuccessor(to), 'base64url') } as const
    const group = groupOf(to.genesis, to.roomKey, nobleSuite)
    return { group, entrance: { kind: 'join' }, record, relays: to.relays }
  }

  #open(name: string, relays: readonly string[] = []): Entry {
    const record = { kind: 'open', name, relays: this.#relaysWith(relays) } as const
    return { group: openRoom(name, nobleSuite), entrance: { kind: 'open' }, record, relays }
  }

  /** All there are to be kept in mind: those we have, and those of last time, which are not dialled yet. */
  #relaysWith(relays: readonly string[]): string[] {
    return [...new Set([...this.#init.relays(), ...relays])].slice(0, RELAYS_MAX)
  }

  async #invited(text: string, now: number): Promise<Entry> {
    const { group, grant, seed, relays } = decodeInvite(text, nobleSuite, now)
    const claims = [grantClaim(group.id, grant)]
    if ((await this.#init.verifier.verifyAll('invite', claims)) !== true) {
      throw new UsageError(
        'bad-invite',
        'This invite is forged, or made for another room. Ask a member for a new one.',
      )
    }
    const proof = makeProof(group.id, nobleSigner(seed), this.#init.publicKey)
    const invite = text.slice(text.lastIndexOf('#') + 1)
    const record = { kind: 'invited', invite, relays } as const
    return { group, entrance: { kind: 'join', evidence: { grant, proof } }, record, relays }
  }

  #created(entropy: Uint8Array, policy: Partial<RoomPolicy>, relays: readonly string[] = []): Entry {
    const init = { creator: this.#init.publicKey, entropy, policy: policy as Partial<Policy> }
    const group = newRoom(init, nobleSuite)
    const record = {
      kind: 'created',
      entropy: toString(entropy, 'base64url'),
      relays: this.#relaysWith(relays),
      policy,
    } as const
    return { group, entrance: { kind: 'found' }, record, relays }
  }
}

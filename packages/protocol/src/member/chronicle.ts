/** What a member's log tells people: who did what and signed it, who could read what, which slots are whose. No keys. */
import { SIGNATURE_LENGTH } from '../crypto/suite.ts'
import { inviteName } from '../log/decisions.ts'
import { decodeInvite } from '../group/invite.ts'
import { mayGovern } from '../group/genesis.ts'
import { mayAdmit, mayExclude } from '../group/policy.ts'
import type { OperationId, PeerId, Slot, VersionId } from '../ids.ts'
import { taintedSlots } from '../keys/cover.ts'
import type { OperationBody } from '../log/operation.ts'
import { admitted, type Entry, isAdmitting, isVersion } from '../log/roster.ts'
import type { Context } from './context.ts'

/** What an operation did: changes are told apart by what they are for. */
export type DeedKind = Exclude<OperationBody['kind'], 'change'> | 'exclusion' | 'leave' | 'seal' | 'split'

/** An operation of the log, to be shown. */
export interface Deed {
  readonly id: OperationId
  readonly kind: DeedKind
  readonly author: PeerId
  readonly authorName: string
  /** Whom it is about. */
  readonly peers: readonly { readonly peer: PeerId; readonly name: string }[]
  /** Why somebody was excluded, as its author wrote it. */
  readonly reason: string
  /** Its author's signature, which every member checked. */
  readonly signature: Uint8Array
  /** Its length as it travels, signature included. */
  readonly bytes: number
}

/** The flat table as one member sees it. Whose row holds what is public; the keys are not shown. */
export interface TableView {
  readonly symbols: number
  readonly radix: number
  /** For each member the symbol of its ID in each column. */
  readonly rows: ReadonlyMap<PeerId, readonly number[]>
  /** Slots that somebody who is gone may have a key of, as `column · radix + symbol`. */
  readonly tainted: readonly Slot[]
  /** Slots whose key we hold in the current version. */
  readonly held: readonly Slot[]
}

export class Chronicle {
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }

  /** The last `count` operations that reached us, in the order they came. */
  deeds(count: number): Deed[] {
    // From the end on, which for 0 `slice` does not take for its own place.
    return this.#context.log.entries
      .slice(Math.max(0, this.length - count))
      .map((entry) => this.#deedOf(entry))
  }

  /** How many operations there are. */
  get length(): number {
    return this.#context.log.size
  }

  /** Who is keyed in a version, by its own roster; undefined for one that is not in the log. */
  readers(version: VersionId): PeerId[] | undefined {
    const { log } = this.#context
    const entry = log.get(version)
    if (entry === undefined || !isVersion(entry)) return undefined
    const admittedAt = log.entries.filter(
      (one) =>
        isAdmitting(one) && one.operation.body.kind === 'admission' && one.operation.body.version === version,
    )
    const { alive } = log.rosterOf(entry)
    return [...new Set([...alive.keys(), ...admittedAt.filter(isAdmitting).map(admitted)])]
  }

  /** What we may do by the room's policy. */
  get rights(): { admit: boolean; exclude: boolean; govern: boolean } {
    const { group, self } = this.#context
    const { policy } = group.genesis
    return {
      admit: mayAdmit(policy, self),
      exclude: mayExclude(policy, self),
      govern: mayGovern(group, self),
    }
  }

  /** How many came in by an invite. Throws `UsageError` for what is none. */
  usesOf(invite: string): number {
    const { group, log } = this.#context
    const { grant } = decodeInvite(invite, group.suite, 0)
    return new Set(log.usersOf(inviteName(grant)).map(admitted)).size
  }

  get table(): TableView {
    const { log, table, group, current } = this.#context
    const { symbols, radix } = group.genesis.idSpace
    const version = current?.version ?? log.versions[0]?.operation.id
    const rows = [...log.roster.alive.keys()].map(
      (peer) => [peer, [...table.of(peer)].map((slot) => slot % radix)] as const,
    )
    return {
      symbols,
      radix,
      rows: new Map(rows),
      tainted: version === undefined ? [] : [...taintedSlots(log, version, table)],
      held: [...(current?.slots.keys() ?? [])],
    }
  }

  #deedOf({ operation }: Entry): Deed {
    const { id, author, body, bytes } = operation
    const name = (peer: PeerId): string => this.#nameOf(peer)
    return {
      id,
      kind: kindOf(body),
      author,
      authorName: name(author),
      peers: this.#subjectsOf(body).map((peer) => ({ peer, name: name(peer) })),
      reason: body.kind === 'change' ? body.reason : '',
      signature: bytes.slice(-SIGNATURE_LENGTH),
      bytes: bytes.length,
    }
  }

  /** Also of somebody who is gone. */
  #nameOf(peer: PeerId): string {
    const { alive, dead } = this.#context.log.roster
    if (alive.has(peer)) return this.#context.nameOf(peer)
    return [...dead.values()].findLast((entry) => admitted(entry) === peer)?.operation.body.name ?? ''
  }

  #subjectsOf(body: OperationBody): PeerId[] {
    if (body.kind === 'admission' || body.kind === 'denial') return [body.peer]
    if (body.kind === 'change') return [...new Set(body.targets.map(({ peer }) => peer))]
    if (body.kind !== 'vote') return []
    const target = this.#context.log.get(body.admission)
    return target && isAdmitting(target) ? [admitted(target)] : []
  }
}

function kindOf(body: OperationBody): DeedKind {
  if (body.kind !== 'change') return body.kind
  if (body.successor) return 'split'
  if (body.targets.length === 0) return 'seal'
  return body.targets.every(({ leave }) => leave !== undefined) ? 'leave' : 'exclusion'
}

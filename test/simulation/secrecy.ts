/**
 * I1 and I2: nobody outside a sender's view reads what it sends, nor do all of them together. What DESIGN does not promise is
 * left out as narrowly as it can be told: see `Secrecy.#isExcused`.
 */
import type { OperationId, PeerId } from '@conclave/protocol'
import type { Operation } from '../../packages/protocol/src/log/operation.ts'
import type { Archive, Sent } from './archive.ts'
import { Coalition } from './attacker.ts'
import { Past } from './past.ts'

export interface Leak {
  readonly what: string
  readonly sent: Sent
}

/** Milliseconds of virtual time: newcomers that come this close together share a revision. */
interface SecrecyOptions {
  readonly revisionBatchMs: number
}

export class Secrecy {
  readonly #archive: Archive
  readonly #options: SecrecyOptions
  readonly #past: Past
  readonly #coalitions = new Map<string, Coalition>()
  readonly #admissions = new Map<PeerId, ReturnType<Past['admissionsOf']>>()
  /** Frames that were checked, and peers that were left out of a coalition, for the report. */
  checked = 0
  excused = 0

  constructor(archive: Archive, options: SecrecyOptions) {
    this.#archive = archive
    this.#options = options
    this.#past = new Past(archive)
  }

  /** Everything that somebody could read who should not. */
  leaks(): Leak[] {
    return this.#archive.sent.flatMap((sent) => this.#leaksOf(sent))
  }

  #leaksOf(sent: Sent): Leak[] {
    if (this.#isBetrayed(sent)) return []
    this.checked++
    const outside = [...this.#everybody()].filter((peer) => !sent.alive.has(peer))
    const coalition = outside.filter((peer) => !this.#isExcused(peer, sent))
    this.excused += outside.length - coalition.length
    coalition.push(...this.#healedThefts(sent))
    if (!this.#coalitionOf(coalition).reads(sent.frame)) return []
    return [{ sent, what: `${this.#describe(sent)} is read by ${this.#culprits(coalition, sent)}` }]
  }

  /** Thieves whose loot a refresh has made worthless that the sender knows of: one made since, on all they stole from. */
  #healedThefts({ refreshes }: Sent): PeerId[] {
    const { thefts, operations } = this.#archive
    return thefts.flatMap(({ thief, at }) => {
      const roots = [...this.#archive.haulOf(thief).keys()].map((version) => this.#rootOf(version))
      const isHealed = refreshes.some((id) => {
        const past = this.#past.of(id)
        return (operations.get(id)?.at ?? 0) > at && roots.every((root) => past.has(root))
      })
      return isHealed ? [thief] : []
    })
  }

  /** The founding or refresh at the end of a version's key path. */
  #rootOf(version: OperationId): OperationId {
    const body = this.#archive.operations.get(version)?.operation.body
    return body?.kind === 'change' ? this.#rootOf(body.keyParent) : version
  }

  /** Whether a malicious member, whom the sender takes for a member, chose the keys. No rule helps against that. */
  #isBetrayed({ frame, alive }: Sent): boolean {
    let version: OperationId | undefined = frame.reference.version
    while (version !== undefined) {
      const operation: Operation | undefined = this.#archive.operations.get(version)?.operation
      if (operation && this.#archive.crafted.has(version) && alive.has(operation.author)) return true
      version = operation?.body.kind === 'change' ? operation.body.keyParent : undefined
    }
    return false
  }

  #everybody(): Set<PeerId> {
    return new Set(this.#archive.world.peers.map(({ id }) => id))
  }

  #coalitionOf(peers: readonly PeerId[]): Coalition {
    const name = peers.join()
    const coalition = this.#coalitions.get(name) ?? new Coalition(this.#archive, peers)
    this.#coalitions.set(name, coalition)
    return coalition
  }

  /**
   * Whether a peer outside the sender's view may read it all the same: because somebody admitted it whose admission the
   * sender did not know of, and who did not know of what the sender sends under.
   */
  #isExcused(peer: PeerId, sent: Sent): boolean {
    const known = this.#past.knownAt(sent.heads)
    const root = this.#past.rootOf(sent.frame.reference.version)
    return this.#admissionsOf(peer).some(
      // Who is in another lineage has no part in this one.
      ({ id }) => !known.has(id) && this.#past.rootOf(id) === root && this.#mayRead(id, sent),
    )
  }

  #admissionsOf(peer: PeerId): ReturnType<Past['admissionsOf']> {
    const admissions = this.#admissions.get(peer) ?? this.#past.admissionsOf(peer)
    this.#admissions.set(peer, admissions)
    return admissions
  }

  #mayRead(admission: OperationId, { frame, at, heads }: Sent): boolean {
    const recorded = this.#archive.operations.get(admission)
    if (recorded?.operation.body.kind !== 'admission') return false
    const { version, revision } = recorded.operation.body
    const past = this.#past.of(admission)
    const { reference } = frame
    // Its introducer did not know this version, so could not keep it from what was said under it.
    if (!past.has(reference.version)) return true
    if (version !== reference.version || revision > reference.revision) return false
    // Admitted at this very revision or before: fair if the sender was behind, if the introducer could not know
    // that the revision was in use, or within the time in which newcomers share a step.
    if (at >= recorded.at || recorded.at - at <= this.#options.revisionBatchMs) return true
    const mine = [...past].filter((id) => !this.#isTwinOf(recorded.operation.author, id))
    return !this.#isInUse(reference, mine, this.#past.knownAt(heads))
  }

  /**
   * Whether the other process of an introducer may have made this operation, too: both let in the same newcomer by the very same
   * one, and cannot know that they did.
   */
  #isTwinOf(introducer: PeerId, id: OperationId): boolean {
    const isOwn = this.#archive.operations.get(id)?.operation.author === introducer
    return isOwn && this.#archive.world.peers.filter((peer) => peer.id === introducer).length > 1
  }

  /** Whether an introducer with this past could know of a step that took the sender to this revision. */
  #isInUse(
    { version, revision }: Sent['frame']['reference'],
    past: readonly OperationId[],
    known: ReadonlySet<OperationId>,
  ): boolean {
    if (revision === 0) return true
    return past.some((id) => {
      const body = this.#archive.operations.get(id)?.operation.body
      const isStep = body?.kind === 'admission' && body.version === version && body.revision >= revision
      return isStep && known.has(id)
    })
  }

  #describe({ by, at, about, frame }: Sent): string {
    const { version, revision } = frame.reference
    return `${about} of ${by.label} at ${Math.round(at)} under ${version.slice(0, 6)}.${revision}`
  }

  /** Who alone could read it, or that it took all of them. */
  #culprits(coalition: readonly PeerId[], sent: Sent): string {
    const alone = coalition.filter((peer) => this.#coalitionOf([peer]).reads(sent.frame))
    const labels = (peers: readonly PeerId[]): string =>
      peers.map((peer) => this.#archive.world.peers.find(({ id }) => id === peer)?.label ?? peer).join(', ')
    return alone.length > 0 ? `${labels(alone)} alone` : `${labels(coalition)} together`
  }
}

/** Who is tainted, who is covered, and what a change has to be wrapped under (SPEC K5–K8, paper §3.3). */
import type { SlotTable } from '../group/slots.ts'
import type { AdmissionId, PeerId, Slot, VersionId } from '../ids.ts'
import type { MembershipLog } from '../log/membership-log.ts'
import { isInOffice, managementOf, schemeOf } from '../log/management.ts'
import type { Change } from '../log/operation.ts'
import { admitted, type AdmittingEntry, type Entry } from '../log/roster.ts'
import { keylessIn } from './generation.ts'
import type { VersionKeys } from './version-keys.ts'

/** A member the author does not know of yet is missed with at most this probability. */
const MISS_MAX = 0.01

/**
 * Whether a version covers a roster: every admission ever keyed that is not alive in it was dead already in the state
 * that the version made (SPEC K6). Every admission of the log counts as keyed, void ones too.
 */
export function covers(log: MembershipLog, version: Entry): boolean {
  const { dead } = log.roster
  if (isOver(log, version)) return false
  const known = verdicts.get(dead) ?? new Map<Entry, boolean>()
  verdicts.set(dead, known)
  const verdict = known.get(version) ?? isSubset(dead, log.rosterOf(version).dead)
  known.set(version, verdict)
  return verdict
}

/** Whether a version's manager is no member any more by the admission that it managed by (SPEC V4). */
function isOver(log: MembershipLog, version: Entry | undefined): boolean {
  const management = version && managementOf(version)
  return management !== undefined && !isInOffice(management, log.roster)
}

function isSubset<T>(part: ReadonlyMap<T, unknown>, whole: ReadonlyMap<T, unknown>): boolean {
  for (const key of part.keys()) if (!whole.has(key)) return false
  return true
}

/** Which versions cover these admissions that are over; asked at every step while nothing new is over. */
const verdicts = new WeakMap<ReadonlyMap<AdmissionId, AdmittingEntry>, Map<Entry, boolean>>()

/** Slots that somebody who is not on the roster may have been keyed for in a version's generation (SPEC K8, K16). */
export function taintedSlots(log: MembershipLog, version: VersionId, table: SlotTable): Set<Slot> {
  // Its manager had them all.
  if (isOver(log, log.get(version))) return new Set(table.all)
  return table.union(tainting(log, version).map(admitted))
}

/**
 * Slots of its key parent that a key relay may wrap a change's secret under: not what is tainted in the author's view or in
 * ours, since one of the two may know of somebody the other does not (SPEC K14).
 */
export function relaySlots(
  log: MembershipLog,
  change: Change,
  parent: Pick<VersionKeys, 'version' | 'slots'>,
  table: SlotTable,
): Slot[] {
  const tainted = new Set([...change.tainted, ...taintedSlots(log, parent.version, table)])
  return [...parent.slots.keys()].filter((slot) => !tainted.has(slot)).sort((a, b) => a - b)
}

function tainting(log: MembershipLog, version: VersionId | undefined): AdmittingEntry[] {
  const keyless = keylessIn(log, version)
  return [...log.roster.dead].filter(([admission]) => !keyless.has(admission)).map(([, entry]) => entry)
}

export interface CoverInput<Peer = PeerId> {
  /** Untainted slots whose key the author holds. */
  readonly usable: readonly Slot[]
  /** Who has to be reached; the author itself is not among them. */
  readonly members: readonly Peer[]
  /** Which slots a member's ID holds. */
  readonly table: { of(peer: Peer): { has(slot: Slot): boolean } }
  readonly radix: number
}

export interface Cover<Peer = PeerId> {
  /** In ascending order. */
  readonly slots: readonly Slot[]
  /** Members that hold none of them: they ask for the secret directly. */
  readonly uncovered: readonly Peer[]
}

/**
 * A small set of slots that reaches every member it can (greedy: most new members first), and enough more that a member
 * unknown to the author holds one of them but for a chance of 1 %. Grows with the logarithm of the group.
 */
export function coverOf<Peer>(input: CoverInput<Peer>): Cover<Peer> {
  const known = coverOfKnown(input)
  const chosen = new Set(known.slots)
  // The author holds one value a position, so each slot misses a stranger independently with probability 1 − 1/k.
  const enough = Math.ceil(Math.log(MISS_MAX) / Math.log(1 - 1 / input.radix))
  for (const slot of input.usable) {
    if (chosen.size >= enough) break
    chosen.add(slot)
  }
  return { slots: [...chosen].sort((a, b) => a - b), uncovered: known.uncovered }
}

/** As few slots as reach every member that can be reached, and none for strangers: what a key relay adds (SPEC K14). */
export function coverOfKnown<Peer>(input: Omit<CoverInput<Peer>, 'radix'>): Cover<Peer> {
  const chosen = new Set<Slot>()
  let left = [...input.members]
  for (;;) {
    const best = bestSlot(input, left)
    if (best === undefined) break
    chosen.add(best)
    left = left.filter((peer) => !input.table.of(peer).has(best))
  }
  return { slots: [...chosen].sort((a, b) => a - b), uncovered: left }
}

function bestSlot<Peer>(
  { usable, table }: Pick<CoverInput<Peer>, 'usable' | 'table'>,
  members: readonly Peer[],
): Slot | undefined {
  let best: Slot | undefined
  let most = 0
  for (const slot of usable) {
    const reached = members.filter((peer) => table.of(peer).has(slot)).length
    if (reached > most) [best, most] = [slot, reached]
  }
  return best
}

/**
 * How many more exclusions a version's generation bears until one member is expected to be cut off from changes: with `m`
 * IDs gone, a member's slot is untainted with probability `(1 − 1/k)^m`, independently in each of `n` positions.
 */
export function exclusionsLeft(log: MembershipLog, version: VersionId | undefined): number {
  const entry = version && log.get(version)
  if (isOver(log, entry)) return 0
  // A tree cuts nobody off.
  if (entry && schemeOf(entry) === 'centralized-tree') return Math.max(1, log.roster.alive.size - 1)
  const { symbols, radix } = log.group.genesis.idSpace
  const gone = new Set(tainting(log, version).map(admitted)).size
  const members = Math.max(1, log.roster.alive.size)
  for (let more = 0; ; more++) {
    const clean = (1 - 1 / radix) ** (gone + more)
    if (members * (1 - clean) ** symbols >= 1) return Math.max(0, more - 1)
  }
}

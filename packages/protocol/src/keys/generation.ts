/**
 * Generations: what a refresh begins and the next one ends (SPEC K15, K16). Within one, keys come from keys; between two
 * nothing does. So only a refresh heals a stolen key table, and forgets whom its slots were tainted by.
 */
import type { AdmissionId, VersionId } from '../ids.ts'
import type { MembershipLog } from '../log/membership-log.ts'
import type { Entry, Roster } from '../log/roster.ts'

/** The founding or refresh that a version's keys come from. */
export function generationOf(version: Entry): Entry {
  return version.generation ?? version
}

/**
 * Whether a refresh that counts came after a version's generation. Nobody speaks or wraps under it any more: else whoever
 * stole its table would read on.
 */
export function isOutdated(roster: Roster, version: Entry): boolean {
  const { index } = generationOf(version)
  return roster.refreshes.some(({ past }) => past.has(index))
}

/**
 * Admissions that were over already in the state of a version's refresh and of all versions on the key path since: nobody
 * was keyed by them in this generation. One that lived again in between, in a state in which its ending did not count, was.
 */
export function keylessIn(log: MembershipLog, version: VersionId | undefined): ReadonlySet<AdmissionId> {
  const entry = version && log.get(version)
  // Nobody was out yet when the group was founded.
  if (entry === undefined || generationOf(entry).operation.body.kind === 'founding') return NOBODY
  const path: Entry[] = []
  let at: Entry | undefined = entry
  while (at !== undefined && !remembered.has(at)) {
    path.push(at)
    const { body }: Entry['operation'] = at.operation
    at = body.kind === 'change' ? log.get(body.keyParent) : undefined
  }
  let keyless = at && remembered.get(at)
  for (const next of path.reverse()) {
    const { dead } = log.rosterOf(next)
    keyless = new Set([...(keyless ?? dead.keys())].filter((admission) => dead.has(admission)))
    remembered.set(next, keyless)
  }
  return keyless ?? NOBODY
}

const NOBODY: ReadonlySet<AdmissionId> = new Set()
/** Worked out once a version: the states on its key path never change. */
const remembered = new WeakMap<Entry, ReadonlySet<AdmissionId>>()

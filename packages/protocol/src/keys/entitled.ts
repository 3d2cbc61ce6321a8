/** Who may be given which keys (SPEC K10, K12). */
import type { PeerId, VersionId } from '../ids.ts'
import type { MembershipLog } from '../log/membership-log.ts'

/**
 * What a member may have of a version: `all`, its secret too, if it was a member in the state that the version made, by an
 * admission that is still alive; TEKs from its admission's revision on if it was admitted at it; else nothing.
 */
export function entitledTo(log: MembershipLog, version: VersionId, peer: PeerId): 'all' | number | undefined {
  const entry = log.get(version)
  const alive = log.roster.alive.get(peer) ?? []
  if (entry === undefined) return undefined
  const made = log.rosterOf(entry).alive.get(peer) ?? []
  if (made.some((admission) => alive.includes(admission))) return 'all'
  for (const { operation } of alive) {
    const { body } = operation
    if (body.kind === 'admission' && body.version === version) return body.revision
  }
  return undefined
}

/** Whether a peer can be entitled to anything of a version: a first look, which costs next to nothing. */
export function mayBeEntitledTo(log: MembershipLog, version: VersionId, peer: PeerId): boolean {
  const entry = log.get(version)
  if (entry === undefined) return false
  return (log.roster.alive.get(peer) ?? []).some(
    ({ index, operation: { body } }) =>
      index === entry.index ||
      entry.past.has(index) ||
      (body.kind === 'admission' && body.version === version),
  )
}

/** Whether a change was made from a version: whoever is admitted at it now could open what came after it. */
export function hasSuccessor(log: MembershipLog, version: VersionId): boolean {
  return log.entries.some(({ operation: { body } }) => body.kind === 'change' && body.keyParent === version)
}

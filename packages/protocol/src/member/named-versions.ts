/**
 * Which versions the lobby is told that frames are under: so members of another lineage see that they are not for them, and need
 * not look for the keys (SPEC H1). Hints only.
 */
import type { VersionId } from '../ids.ts'
import { RIVALS_MAX } from '../limits.ts'

export class NamedVersions {
  /** What we sent under and have not named since, the longest ago first. */
  readonly #unnamed = new Set<VersionId>()
  /** What members of other lineages speak under, the longest known first. */
  readonly #foreign = new Set<VersionId>()

  sentUnder(version: VersionId): void {
    this.#unnamed.add(version)
    dropOldest(this.#unnamed)
  }

  /** The one to name next: what we have sent under comes by turns, as a change is told under its key parent. */
  next(current: VersionId | undefined): VersionId | undefined {
    const [version = current] = this.#unnamed
    if (version !== undefined) this.#unnamed.delete(version)
    return version
  }

  /** Another lineage speaks under this version. */
  noteForeign(version: VersionId): void {
    this.#foreign.add(version)
    dropOldest(this.#foreign)
  }

  isForeign(version: VersionId): boolean {
    return this.#foreign.has(version)
  }
}

/** Others remember no more than these. Who has not beaten for long would name what nobody speaks under any more. */
function dropOldest(versions: Set<VersionId>): void {
  const [oldest] = versions
  if (versions.size > RIVALS_MAX && oldest !== undefined) versions.delete(oldest)
}

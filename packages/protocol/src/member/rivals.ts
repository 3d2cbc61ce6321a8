/** Other lineages of our open room: which of them is worth moving to, and when we try to get in (SPEC F4, F5). */
import { compareIds, type Millis, type OperationId } from '../ids.ts'
import { RIVALS_MAX } from '../limits.ts'
import type { MembershipLog } from '../log/membership-log.ts'

/** A lineage by its founding, and how many are on its roster. */
export interface Rival {
  readonly root: OperationId
  readonly members: number
}

/** The lineage of a log, as others see it. */
export function rivalOf(log: MembershipLog): Rival | undefined {
  const root = log.entries[0]?.operation.id
  return root && { root, members: log.roster.alive.size }
}

/**
 * Whether `a` is the lineage to be in: the one with more members; of equals, the one with the smaller founding. None is
 * better than itself, though others may count more members of it than we do.
 */
export function isBetter(a: Rival, b: Rival): boolean {
  if (a.root === b.root) return false
  return a.members > b.members || (a.members === b.members && compareIds(a.root, b.root) < 0)
}

/** The pause after an attempt in vain doubles this often; more often where a human was asked, whom we do not want to press. */
const DOUBLINGS_MAX = 4
const DOUBLINGS_MAX_ASKED = 10
/** A refusal counts as this many attempts in vain. */
const REFUSAL_WEIGHT = 4

interface Pause {
  readonly failures: number
  readonly until: Millis
}

export class Rivals {
  readonly #heartbeatMs: Millis
  #next: (Rival & { readonly at: Millis }) | undefined
  readonly #pauses = new Map<OperationId, Pause>()

  constructor(heartbeatMs: Millis) {
    this.#heartbeatMs = heartbeatMs
  }

  /** When we go and try the best that we have heard of. */
  get deadline(): Millis | undefined {
    return this.#next?.at
  }

  /**
   * Somebody beats for another lineage. If it is better than ours we try it soon, and not all of us at the same moment.
   * `fraction`: a random number in [0, 1).
   */
  hear(rival: Rival, own: Rival, { now, fraction }: { now: Millis; fraction: number }): void {
    if (!isBetter(rival, own) || now < (this.#pauses.get(rival.root)?.until ?? -Infinity)) return
    if (this.#next && !isBetter(rival, this.#next)) return
    const spread = this.#heartbeatMs * (1 - 1 / own.members)
    this.#next = { ...rival, at: this.#next?.at ?? now + spread * fraction }
  }

  /** The one to try now, taken out of the plan. */
  takeDue(own: Rival, now: Millis): Rival | undefined {
    const next = this.#next
    if (next === undefined || next.at > now) return undefined
    this.#next = undefined
    return isBetter(next, own) ? next : undefined
  }

  forgetPlan(): void {
    this.#next = undefined
  }

  /** It did not let us in, or was not what it said. */
  failed(root: OperationId, wasRefused: boolean, now: Millis): void {
    if (this.#next?.root === root) this.#next = undefined
    const most = wasRefused ? DOUBLINGS_MAX_ASKED : DOUBLINGS_MAX
    const before = this.#pauses.get(root)?.failures ?? 0
    const failures = Math.min(most, before + (wasRefused ? REFUSAL_WEIGHT : 1))
    this.#pauses.delete(root)
    this.#pauses.set(root, { failures, until: now + this.#heartbeatMs * 2 ** failures })
    const oldest = this.#pauses.keys().next()
    if (this.#pauses.size > RIVALS_MAX && !oldest.done) this.#pauses.delete(oldest.value)
  }
}

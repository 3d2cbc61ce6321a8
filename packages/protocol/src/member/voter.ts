/** Exclusion by votes: casting them, and carrying out what enough members want (SPEC L17, E7). */
import { UsageError } from '../errors.ts'
import { isModerator } from '../group/policy.ts'
import type { PeerId } from '../ids.ts'
import { TARGETS_MAX } from '../limits.ts'
import { whyNotEntitled } from '../log/entitlement.ts'
import type { Target } from '../log/operation.ts'
import { admitted, isAdmitting, isQuorum, type Roster } from '../log/roster.ts'
import type { Context } from './context.ts'
import type { Excluder } from './excluder.ts'

/** How many members want another one out. */
export function votesOn(peer: PeerId, { alive, votes }: Roster): number {
  const all = (alive.get(peer) ?? []).flatMap(({ operation }) => votes.get(operation.id) ?? [])
  return new Set(all.map(({ operation }) => operation.author)).size
}

export class Voter {
  readonly #context: Context
  readonly #excluder: Excluder

  constructor(context: Context, excluder: Excluder) {
    this.#context = context
    this.#excluder = excluder
  }

  /** Votes for a member's exclusion; a second time changes nothing. Throws `UsageError` when that cannot be. */
  vote(peer: PeerId): void {
    const { log, self } = this.#context
    this.#context.mustBeConfirmed()
    // Who begins generations and gives nobody the keys must not be safe from votes by that (SPEC E10).
    const keys = this.#excluder.audible ?? this.#context.mustBeReady()
    if (peer === self)
      throw new UsageError('not-yourself', 'You cannot vote on yourself. Leave the room instead.')
    for (const { admission } of this.#excluder.targetsOf(peer)) {
      const isCast = log.roster.votes.get(admission)?.some(({ operation }) => operation.author === self)
      if (isCast) continue
      const body = { kind: 'vote', admission } as const
      this.#context.mustBeLet(whyNotEntitled(self, body, log))
      this.#context.publish(body, keys)
    }
    this.#carryOut()
  }

  /**
   * Enough members voted. Whose vote made it enough makes the change; if it does not, somebody else does. Moderators keep out
   * of it: what they sign ranks above votes.
   */
  plan(): void {
    const { agenda, now, timing, self, group } = this.#context
    const { policy } = group.genesis
    const due = this.#due()
    if (due.length === 0 || isModerator(policy, self)) return
    const without = [...due.map(({ peer }) => peer), ...policy.moderators]
    const rank = this.#context.rank(`votes ${due.map(({ admission }) => admission).join()}`, without)
    agenda.setOnce('votes', now + timing.sealStepMs * (1 + rank), () => this.#carryOut())
  }

  #carryOut(): void {
    const targets = this.#due().slice(0, TARGETS_MAX)
    if (targets.length > 0 && this.#context.isReady)
      this.#excluder.change({ targets, reason: 'voted out by other members' })
  }

  /** Others whom enough members want out. */
  #due(): Target[] {
    const { log, self, group } = this.#context
    return [...log.roster.votes].flatMap(([admission, votes]) => {
      const entry = log.get(admission)
      if (!entry || !isAdmitting(entry) || !isQuorum(votes, group.genesis.policy)) return []
      const peer = admitted(entry)
      return peer !== self && !log.roster.dead.has(admission) ? [{ peer, admission }] : []
    })
  }
}

/** Exclusion by votes: casting them, and carrying out what enough members want (SPEC L17, E7, V5). */
import { UsageError } from '../errors.ts'
import { isModerator, mayExclude } from '../group/policy.ts'
import type { PeerId } from '../ids.ts'
import { TARGETS_MAX } from '../limits.ts'
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
    const { self, group } = this.#context
    this.#context.mustBeConfirmed()
    // Who begins generations and gives nobody the keys must not be safe from votes by that (SPEC E10).
    const keys = this.#excluder.audible ?? this.#context.mustBeReady()
    if (group.genesis.policy.exclude !== 'quorum')
      this.#context.mustBeLet('exclusions need no votes here; exclude instead')
    if (peer === self)
      throw new UsageError('not-yourself', 'You cannot vote on yourself. Leave the room instead.')
    this.#excluder.vote(this.#excluder.targetsOf(peer), '', keys)
    if (this.#context.management === undefined) this.#carryOut()
  }

  /**
   * Enough members voted. A manager makes the change at once; where there is none, whose vote made it enough. If it does not,
   * somebody else does (SPEC E7, V5).
   */
  plan(): void {
    const { agenda, now, timing, self, management } = this.#context
    const due = this.#due()
    if (due.length === 0) agenda.cancel('votes')
    if (management?.manager === self) this.#carryOut()
    else if (due.length > 0 && this.#mayCarryOut(self)) {
      const gone = due.map(({ peer }) => peer)
      const without = [...gone, ...this.#context.others.filter((peer) => !this.#mayCarryOut(peer))]
      const rank = this.#context.rank(`votes ${due.map(({ admission }) => admission).join()}`, without)
      const wait = this.#excluder.patience(gone) + timing.sealStepMs * (1 + rank)
      agenda.setOnce('votes', now + wait, () => this.#carryOut())
    }
  }

  /** Where a quorum excludes, moderators keep out of it: what they sign ranks above votes. Elsewhere who may exclude alone. */
  #mayCarryOut(peer: PeerId): boolean {
    const { policy } = this.#context.group.genesis
    return policy.exclude === 'quorum' ? !isModerator(policy, peer) : mayExclude(policy, peer)
  }

  #carryOut(): void {
    const { log } = this.#context
    const targets = this.#due().slice(0, TARGETS_MAX)
    if (targets.length === 0 || !this.#context.isReady) return
    const votes = targets.flatMap(({ admission }) => log.roster.votes.get(admission) ?? [])
    const reasons = votes.map(({ operation: { body } }) => (body.kind === 'vote' ? body.reason : ''))
    const reason = reasons.find((given) => given !== '') ?? 'voted out by other members'
    this.#excluder.carryOut({ targets, reason })
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

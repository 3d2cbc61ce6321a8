/** Excluding who has been silent for longer than the policy bears (paper §3.4, Silent Leave; SPEC E9). */
import { mayExclude } from '../group/policy.ts'
import type { Millis, PeerId } from '../ids.ts'
import { TARGETS_MAX } from '../limits.ts'
import type { Context } from './context.ts'
import type { Excluder } from './excluder.ts'
import { votesOn, type Voter } from './voter.ts'

/** Who hears nobody for so many heartbeats cannot tell who is silent, and who did not look for as long was not there. */
const DEAF_HEARTBEATS = 3

export class Silence {
  readonly #context: Context
  readonly #excluder: Excluder
  readonly #voter: Voter
  /** Since when each member has been silent, as far as we were listening. */
  readonly #since = new Map<PeerId, Millis>()
  #lookedAt: Millis = -Infinity
  #heardAt: Millis = -Infinity

  constructor(context: Context, roles: { excluder: Excluder; voter: Voter }) {
    this.#context = context
    this.#excluder = roles.excluder
    this.#voter = roles.voter
    if (context.group.genesis.policy.silence > 0) context.presence.onHeard = (peer) => this.#hear(peer)
  }

  /** Looks once a heartbeat who is silent, if the policy minds. */
  plan(): void {
    const { agenda, now, timing, group } = this.#context
    if (group.genesis.policy.silence === 0) return
    agenda.setOnce('silence', now + timing.heartbeatMs, () => this.#look())
  }

  #hear(peer: PeerId): void {
    const { now, log, self } = this.#context
    if (peer === self || !log.roster.alive.has(peer)) return
    this.#since.set(peer, now)
    this.#heardAt = now
  }

  #look(): void {
    const { now, timing, isReady, others } = this.#context
    const wasDeaf = now - Math.min(this.#heardAt, this.#lookedAt) > DEAF_HEARTBEATS * timing.heartbeatMs
    if (wasDeaf || !isReady) this.#since.clear()
    this.#lookedAt = now
    for (const peer of this.#since.keys()) if (!others.includes(peer)) this.#since.delete(peer)
    for (const peer of others) if (!this.#since.has(peer)) this.#since.set(peer, now)
    if (this.#silent().length > 0) this.#waitForTurn()
  }

  /** Members that we have not heard for as long as the policy bears, and never less than it takes to count as offline. */
  #silent(): PeerId[] {
    const { now, timing, others, group } = this.#context
    const limit = Math.max(group.genesis.policy.silence * 1_000, timing.offlineMs)
    return others.filter((peer) => now - (this.#since.get(peer) ?? now) >= limit)
  }

  #waitForTurn(): void {
    const { agenda, now, timing, others } = this.#context
    const without = [...this.#silent(), ...others.filter((peer) => !this.#mayAct(peer))]
    const wait = timing.sealStepMs * this.#context.rank('silence', without)
    if (this.#mayAct(this.#context.self)) agenda.setOnce('silent', now + wait, () => this.#act())
  }

  #mayAct(peer: PeerId): boolean {
    const { management } = this.#context
    // One that is silent itself is not in office for long (SPEC V6).
    if (management) return peer === management.manager
    const { policy } = this.#context.group.genesis
    return policy.exclude === 'quorum' || mayExclude(policy, peer)
  }

  #act(): void {
    const { group, self, isReady, log } = this.#context
    const { policy } = group.genesis
    const silent = this.#silent()
    if (!isReady || silent.length === 0) return
    if (mayExclude(policy, self)) {
      const targets = silent.flatMap((peer) => this.#excluder.targetsOf(peer)).slice(0, TARGETS_MAX)
      this.#excluder.change({ targets, reason: `silent for more than ${policy.silence} seconds` })
      return
    }
    for (const peer of silent) if (votesOn(peer, log.roster) < policy.quorum) this.#voter.vote(peer)
  }
}

/**
 * Schemes as one member sees them: changing the scheme, and going on when a manager fails (paper §3.5; SPEC V1, V6). What a
 * manager owes is planned where it is everybody's: it comes first in every rank.
 */
import { UsageError } from '../errors.ts'
import { mayGovern } from '../group/genesis.ts'
import type { PeerId } from '../ids.ts'
import { generationOf } from '../keys/generation.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { type Management, managementOf, type Scheme, SCHEMES, whyNotManaged } from '../log/management.ts'
import type { Context } from './context.ts'
import type { Excluder } from './excluder.ts'
import type { SlotKeeper } from './slot-keeper.ts'

export class Manager {
  readonly #context: Context
  readonly #excluder: Excluder
  readonly #slots: SlotKeeper
  /** Whom we know to be manager, so that a new one has the time to show itself. */
  #known: PeerId | undefined

  constructor(context: Context, roles: { excluder: Excluder; slots: SlotKeeper }) {
    this.#context = context
    this.#excluder = roles.excluder
    this.#slots = roles.slots
  }

  /** Changes the scheme on our user's word. Throws `UsageError`, with nothing changed, when that cannot be. */
  transition(to: Scheme, manager?: PeerId): void {
    const { management } = this.#context
    this.#context.mustBeReady()
    if (!SCHEMES.includes(to))
      throw new UsageError('bad-scheme', `"${to}" is no scheme. Use one of ${SCHEMES.join(', ')}.`)
    if (to === 'distributed-flat') this.#release(manager)
    else {
      const wanted = this.#appointment(to, manager ?? this.#context.self)
      if (management?.scheme === to && management.admission === wanted.admission)
        throw new UsageError('nothing-to-do', `The room is ${to} already, with that manager.`)
      this.#excluder.begin(wanted)
    }
  }

  /** Makes all keys anew on our user's word; how the room is managed stays. Throws `UsageError` when that cannot be. */
  refresh(): void {
    const { management } = this.#context
    this.#context.mustBeReady()
    if (management && !this.#mayAppoint) this.#context.mustBeLet('its manager alone refreshes; ask it to')
    if (management?.manager === this.#context.self) this.#excluder.refresh()
    else this.#excluder.begin(management)
  }

  #release(manager: PeerId | undefined): void {
    if (manager !== undefined)
      throw new UsageError('bad-manager', 'A distributed-flat room has no manager. Name none.')
    if (this.#context.management === undefined)
      throw new UsageError('nothing-to-do', 'The room is distributed-flat already.')
    if (!this.#mayAppoint) this.#context.mustBeLet('only its manager, or who governs the room, ends that')
    this.#excluder.begin(undefined)
  }

  #appointment(scheme: Management['scheme'], manager: PeerId): Management {
    const { self, log, current } = this.#context
    const [target] = this.#excluder.targetsOf(manager)
    if (target === undefined || this.#context.isThere(manager) === false)
      throw new UsageError('offline', `${manager} is offline. Name a manager that is there.`)
    const wanted = { scheme, manager, admission: target.admission }
    this.#context.mustBeLet(whyNotManaged(self, wanted, { log, before: log.roster }))
    if (current && !this.#slots.isComplete(current))
      throw new UsageError(
        'in-transition',
        'The keys of the room are still being made. Try again in a moment.',
      )
    return wanted
  }

  get #mayAppoint(): boolean {
    const { group, self, management } = this.#context
    return management?.manager === self || mayGovern(group, self)
  }

  /**
   * A manager makes keys for a generation that it began itself, in this process, or was appointed to while it ran: if it has
   * restarted it begins one anew, so that there are never two tables. A manager that is offline is not waited for: then the
   * members begin one of their own (SPEC V6).
   */
  plan(): void {
    const { management, self, presence, now, current } = this.#context
    if (management?.manager !== this.#known) {
      this.#known = management?.manager
      if (this.#known !== undefined) presence.suppose(this.#known, now)
    }
    if (management === undefined || current === undefined) return
    if (management.manager === self) {
      if (!this.#slots.isTableLost(current)) return
      if (this.#isTwice(current)) this.#excluder.begin(undefined)
      else this.#excluder.refresh()
    } else if (!this.#context.isOnline(management.manager)) this.#heal(management)
  }

  /** Whether another process runs with our identity and manages, too: then none does, or both would begin without end. */
  #isTwice({ version }: VersionKeys): boolean {
    const { log, self, begun } = this.#context
    const [known, own] = [log.get(version), begun && log.get(begun)]
    return [known, own].every(
      (one) => one && managementOf(one) && generationOf(one).operation.author === self,
    )
  }

  #heal({ manager, admission }: Management): void {
    const { agenda, now, timing } = this.#context
    const wait = timing.sealStepMs * (1 + this.#context.rank(`heal ${admission}`))
    agenda.setOnce('heal', now + wait, () => {
      const { management, isReady } = this.#context
      const isDue = isReady && management?.admission === admission && !this.#context.isOnline(manager)
      if (isDue) this.#excluder.begin(undefined)
    })
  }
}

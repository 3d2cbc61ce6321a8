/** How a room goes on as another one: it is merged into that, or a part of it splits off (SPEC G8). */
import { mayGovern } from '@conclave/protocol'
import type { Successor, Wish } from '@conclave/protocol'
import { messageOf, UsageError } from './errors.ts'
import { MOVE_TOLD_MS } from './limits.ts'
import { pause } from './pause.ts'
import { isMemberStatus } from './room-state.ts'
import type { Companions, Moves } from './moves.ts'
import type { Seat } from './seat.ts'

/** What it needs of the room. */
export interface RelocationInit {
  readonly moves: Moves
  seat(): Seat
  isClosed(): boolean
  /** Throws `UsageError` when it cannot be done. */
  decide(wish: Wish): Promise<void>
  /** We sit elsewhere now, because `by` said so. */
  onMoved(seat: Seat, by: string): void
  /** The room went on elsewhere, and we cannot follow. */
  onLost(message: string): Promise<void>
}

export class Relocation {
  readonly #init: RelocationInit

  constructor(init: RelocationInit) {
    this.#init = init
  }

  async merge(invite: string, signal?: AbortSignal): Promise<void> {
    this.#mustGovern()
    const before = this.#init.seat()
    const { group } = before.member
    const to = await this.#init.moves.prepareMerge(
      invite,
      () => ({ group, companions: this.#companions }),
      signal,
    )
    await this.#move(before, { kind: 'destroy', to }, this.#companions)
  }

  async split(keep: readonly string[]): Promise<void> {
    this.#mustGovern()
    const companions = this.#companions.filter(({ peer }) => keep.includes(peer))
    if (companions.length === 0 || companions.length < new Set(keep).size)
      throw new UsageError('not-a-member', 'Name other members of this room. See "members" for who is.')
    const before = this.#init.seat()
    const { member, driver } = before
    const to = await this.#init.moves.prepareSplit(member.group.genesis.policy, companions)
    await this.#move(before, { kind: 'split', peers: companions.map(({ peer }) => peer), to }, companions)
    // The others are to know first: then they make keys that we do not know, for those who stay.
    await pause(MOVE_TOLD_MS)
    driver.run((at) => member.leave(at))
    await this.follow(member.self, to)
  }

  /** Goes on elsewhere, because `by` said so. */
  async follow(by: string, to: Successor): Promise<void> {
    try {
      const before = this.#init.seat()
      const seat = await this.#init.moves.follow(to)
      // Our user closed the room meanwhile.
      if (this.#init.isClosed()) return await seat.driver.close()
      this.#init.onMoved(seat, by)
      this.#init.moves.retire(before)
    } catch (error) {
      await this.#init.onLost(`The room went on elsewhere, and we cannot follow: ${messageOf(error)}`)
    }
  }

  /** Before anything is prepared elsewhere that could not be carried out here. */
  #mustGovern(): void {
    const { member } = this.#init.seat()
    if (member.state.version === undefined)
      throw new UsageError('not-joined', 'The keys of the room are being changed. Try again in a moment.')
    if (!mayGovern(member.group, member.self))
      throw new UsageError('not-entitled', 'This room does not let you: only who governs it may.')
  }

  /** The others. */
  get #companions(): Companions {
    const { member } = this.#init.seat()
    return member.state.members.filter(({ peer }) => peer !== member.self)
  }

  /** Tells the others where to go. Where we may not after all, nobody goes. */
  async #move(
    before: Seat,
    wish: Extract<Wish, { to?: Successor }> & { readonly to: Successor },
    companions: Companions,
  ): Promise<void> {
    // What was meant for the room that we were in must not befall the one that we are in by now. What was prepared stays: it may be where
    // we are led.
    if (this.#init.seat() !== before || !isMemberStatus(before.member.state.status))
      throw new UsageError(
        'gone-on',
        'This room has just gone on elsewhere, or is over. See where you are now.',
      )
    try {
      this.#init.moves.welcome(wish.to, companions)
      await this.#init.decide(wish)
    } catch (error) {
      await this.#init.moves.abandon(wish.to)
      throw error
    }
  }
}

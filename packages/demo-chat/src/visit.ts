/** The course of one visit: at the entrance, in a room, or past it. Screens only show it and call its methods. */
import { takeIdentity, type Identity } from './identity.ts'
import { giveUpSeat, inviteOf, keepSeat, keptSeat, takeFragment, type Seat } from './invite-link.ts'
import { openRoom, type Room } from './session.ts'
import { describeError } from './words.ts'

export type Ending =
  { kind: 'excluded'; by: string; byName: string; reason: string } | { kind: 'left' } | { kind: 'closed' }

export type Place =
  { at: 'entrance'; busy: boolean } | { at: 'room'; room: Room } | { at: 'ended'; ending: Ending }

export class Visit {
  place: Place
  seat: Seat | undefined
  identity: Identity | undefined
  /** What went wrong last, in words. */
  problem: string | undefined
  onChange: () => void = () => {}

  constructor() {
    this.#readLink()
    this.seat ??= keptSeat()
    this.place = { at: 'entrance', busy: this.seat?.seated === true }
  }

  /** Takes an identity, and goes in again if this tab was in a room before it was reloaded. */
  async start(): Promise<void> {
    window.addEventListener('hashchange', () => this.#followLink())
    window.addEventListener('pagehide', () => this.#goOffline())
    if (!window.isSecureContext) {
      this.#change({
        place: { at: 'entrance', busy: false },
        problem: describeError({ code: 'insecure-page' }),
      })
      return
    }
    try {
      this.#change({ identity: await takeIdentity() })
    } catch (error) {
      this.#change({ place: { at: 'entrance', busy: false }, problem: describeError(error) })
      return
    }
    if (this.seat?.seated === true) await this.enter(this.identity?.name ?? '', this.seat.invite)
  }

  /** Founds a room, or joins the one of an invite. */
  async enter(name: string, invite?: string): Promise<void> {
    const { identity } = this
    if (identity === undefined) return
    this.#change({ place: { at: 'entrance', busy: true }, problem: undefined })
    try {
      await identity.rememberName(name)
      const room = await openRoom({ identity, name, ...(invite !== undefined && { invite }) })
      // A founder comes back after a reload by an invite of its own.
      this.#sit({ invite: invite ?? inviteOf(room.invite()) ?? '', seated: true })
      this.#change({ place: { at: 'room', room } })
    } catch (error) {
      this.#change({ place: { at: 'entrance', busy: false }, problem: describeError(error) })
    }
  }

  /** A closed room, unlike one that we left or were excluded from, is still ours: a reload goes in again. */
  end(ending: Ending): void {
    if (ending.kind !== 'closed') this.#standUp()
    this.#change({ place: { at: 'ended', ending }, problem: undefined })
  }

  /** Back to the entrance, without an invite; a room that we wait at is not waited for any more. */
  startOver(): void {
    this.#goOffline()
    this.#standUp()
    this.#change({ place: { at: 'entrance', busy: false }, problem: undefined })
  }

  /** An invite that somebody typed or pasted; says so when it is none. */
  useLink(link: string): void {
    const invite = inviteOf(link)
    if (invite === undefined) {
      this.#change({ problem: describeError({ code: 'invite-unreadable' }) })
      return
    }
    this.#sit({ invite, seated: false })
    this.#change({ place: { at: 'entrance', busy: false }, problem: undefined })
  }

  dismissProblem(): void {
    this.#change({ problem: undefined })
  }

  /** An invite link that was opened in this very tab while the page was there already. */
  #followLink(): void {
    const { invite, unreadable } = takeFragment()
    if (unreadable) this.#change({ problem: describeError({ code: 'invite-unreadable' }) })
    if (invite === undefined) return
    if (this.place.at === 'room') {
      const problem = 'This tab is in a room already. Open the link in a new tab to join the other room, too.'
      this.#change({ problem })
    } else this.useLink(invite)
  }

  #readLink(): void {
    const { invite, unreadable } = takeFragment()
    if (unreadable) this.problem = describeError({ code: 'invite-unreadable' })
    // A link to the room that this tab is in already is a reload in disguise.
    if (invite !== undefined && invite !== keptSeat()?.invite) this.#sit({ invite, seated: false })
  }

  /** Tells the others that we are offline, as far as a closing page still can. Closing a room is not leaving it. */
  #goOffline(): void {
    if (this.place.at === 'room') this.place.room.close().catch(() => {})
  }

  #sit(seat: Seat): void {
    keepSeat(seat)
    this.seat = seat
  }

  #standUp(): void {
    giveUpSeat()
    this.seat = undefined
  }

  #change(change: Partial<Pick<Visit, 'place' | 'identity' | 'problem'>>): void {
    Object.assign(this, change)
    this.onChange()
  }
}

/** The course of one visit: at the entrance, in a room, or past it. Screens only show it and call its methods. */
import { takeIdentity, type Identity } from './identity.ts'
import { inviteOf, keepSeat, keptSeat, takeFragment, type Seat } from './invite-link.ts'
import type { Room } from './room.ts'
import { openRoom, type Entrance } from './session.ts'
import { describeError } from './words.ts'

export type Ending =
  | { kind: 'excluded'; by: string; byName: string; reason: string }
  | { kind: 'destroyed'; by: string; byName: string }
  | { kind: 'left' }
  | { kind: 'closed' }

export type Place =
  { at: 'entrance'; busy: boolean } | { at: 'room'; room: Room } | { at: 'ended'; ending: Ending }

export class Visit {
  place: Place
  /** What this tab may go into, or back into. */
  seat: Seat = keptSeat()
  identity: Identity | undefined
  /** What went wrong last, in words. */
  problem: string | undefined
  onChange: () => void = () => {}
  #leaving = false

  constructor() {
    this.#readLink()
    this.place = { at: 'entrance', busy: this.seat.room !== undefined }
  }

  /** Takes an identity, and goes in again if this tab was in a room before it was reloaded. */
  async start(): Promise<void> {
    window.addEventListener('hashchange', () => this.#followLink())
    window.addEventListener('pagehide', () => this.#goOffline())
    if (!window.isSecureContext) {
      this.#atEntrance(describeError({ code: 'insecure-page' }))
      return
    }
    try {
      this.#change({ identity: await takeIdentity() })
    } catch (error) {
      this.#atEntrance(describeError(error))
      return
    }
    await this.#return()
  }

  /** Founds a room, or joins the one of this tab's invite. */
  async enter(name: string): Promise<void> {
    const { invite } = this.seat
    await this.#enter(name, invite === undefined ? { to: 'found' } : { to: 'join', invite })
  }

  /** Leaves the room for good. Rejects if the others cannot be told. */
  async leave(): Promise<void> {
    if (this.place.at !== 'room') return
    // A room that was left is closed, too; that is no second ending.
    this.#leaving = true
    try {
      await this.place.room.leave()
    } finally {
      this.#leaving = false
    }
    this.end({ kind: 'left' })
  }

  /** A closed room, unlike one that we left or were excluded from, is still ours: a reload goes in again. */
  end(ending: Ending): void {
    if (this.#leaving) return
    if (ending.kind !== 'closed') this.#sit({})
    this.#change({ place: { at: 'ended', ending }, problem: undefined })
  }

  /** Back to the entrance, without an invite; a room that we wait at is not waited for any more. */
  startOver(): void {
    this.#goOffline()
    this.#sit({})
    this.#atEntrance()
  }

  /** An invite that somebody typed or pasted; says so when it is none. */
  useLink(link: string): void {
    const invite = inviteOf(link)
    if (invite === undefined) {
      this.#change({ problem: describeError({ code: 'invite-unreadable' }) })
      return
    }
    this.#sit({ invite })
    this.#atEntrance()
  }

  dismissProblem(): void {
    this.#change({ problem: undefined })
  }

  /** Goes in again if this tab was in a room before it was reloaded. */
  async #return(): Promise<void> {
    const { identity, seat } = this
    if (identity === undefined || seat.room === undefined) return
    // A duplicated tab has the seat of the original, but not its identity: it has to be let in.
    if (identity.returned) await this.#enter(identity.name, { to: 'return' })
    else this.#atEntrance()
  }

  async #enter(name: string, entrance: Entrance): Promise<void> {
    const { identity, seat } = this
    if (identity === undefined) return
    this.#change({ place: { at: 'entrance', busy: true }, problem: undefined })
    try {
      await identity.rememberName(name)
      const room = await openRoom(identity, name, entrance)
      if (entrance.to === 'return' && room.id !== seat.room) {
        // Meanwhile another tab had this identity, and was elsewhere.
        await room.close()
        throw Object.assign(new Error('not the room that this tab was in'), { code: 'room-lost' })
      }
      this.#sit({ ...seat, room: room.id })
      this.#change({ place: { at: 'room', room } })
    } catch (error) {
      this.#atEntrance(describeError(error))
    }
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
    if (invite !== undefined && invite !== this.seat.invite) this.#sit({ invite })
  }

  /** Tells the others that we are offline, as far as a closing page still can. Closing a room is not leaving it. */
  #goOffline(): void {
    if (this.place.at === 'room') this.place.room.close().catch(() => {})
  }

  #sit(seat: Seat): void {
    keepSeat(seat)
    this.seat = seat
  }

  #atEntrance(problem?: string): void {
    this.#change({ place: { at: 'entrance', busy: false }, problem })
  }

  #change(change: Partial<Pick<Visit, 'place' | 'identity' | 'problem'>>): void {
    Object.assign(this, change)
    this.onChange()
  }
}

/** The course of one visit: at the entrance, in a room, or past it. Screens only show it and call its methods. */
import type { RoomPolicy } from '@conclave/node'
import { takeIdentity, type Identity } from './identity.ts'
import { inviteOf, keepSeat, keptSeat, takeFragment, type Seat } from './invite-link.ts'
import { keepPreferences, readPreferences, type Preferences } from './preferences.ts'
import type { Room } from './room.ts'
import { openRoom, type Entrance } from './session.ts'
import { describeError } from './words/errors.ts'
import { speak } from './words/language.ts'

export type Ending =
  | { kind: 'excluded'; by: string; byName: string; reason: string }
  | { kind: 'destroyed'; by: string; byName: string }
  | { kind: 'left' }
  | { kind: 'closed' }

/** Longer than any room's name, and shorter than any invite. */
const ROOM_NAME_MAX = 128

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
    this.#apply(readPreferences())
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

  /** Joins the room of this tab's invite, or the one that was named, or founds one under that policy. */
  async enter(name: string, policy: Partial<RoomPolicy> = {}): Promise<void> {
    const { invite, name: room } = this.seat
    if (invite !== undefined) await this.#enter(name, { to: 'join', invite })
    else if (room !== undefined) await this.#enter(name, { to: 'named', name: room })
    else await this.#enter(name, { to: 'found', policy })
  }

  /** Keeps what the visitor prefers, and shows it at once. */
  prefer(change: Partial<Preferences>): void {
    this.#apply(keepPreferences(change))
    this.onChange()
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

  /** An invite that somebody typed or pasted, or else the name of an open room. */
  aim(typed: string): void {
    const isLink = /[#/]/u.test(typed) || typed.trim().length > ROOM_NAME_MAX
    const invite = isLink ? inviteOf(typed) : undefined
    if (invite === undefined && isLink) {
      this.#change({ problem: describeError({ code: 'invite-unreadable' }) })
      return
    }
    this.#sit(invite === undefined ? { name: typed.trim() } : { invite })
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
      this.identity = { ...identity, name }
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
    if (this.place.at === 'room') this.#change({ problem: describeError({ code: 'in-a-room' }) })
    else {
      this.#sit({ invite })
      this.#atEntrance()
    }
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

  #apply({ language, appearance }: Preferences): void {
    speak(language)
    document.documentElement.lang = language
    document.documentElement.dataset['appearance'] = appearance
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

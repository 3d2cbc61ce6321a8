/** The course of one visit: at the entrance, in a room, or past it. Screens only show it and call its methods. */
import type { RoomPolicy } from '@conclave/node'
import { takeIdentity, type Identity } from './identity.ts'
import { inviteOf, keepSeat, keptSeat, type Seat } from './invite-link.ts'
import { keepPreferences, readPreferences, type Preferences } from './preferences.ts'
import type { Room } from './room.ts'
import { openRoom, type Entrance } from './session.ts'
import { ownPage, type Surroundings } from './surroundings.ts'
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
  seat: Seat
  identity: Identity | undefined
  /** What went wrong last, in words. */
  problem: string | undefined
  onChange: () => void = () => {}
  readonly surroundings: Surroundings
  readonly #listening = new AbortController()
  /** Resolves when nothing more is under way that needs the identity. */
  #settled: Promise<unknown> = Promise.resolve()
  #leaving = false

  constructor(surroundings = ownPage()) {
    this.surroundings = surroundings
    this.seat = keptSeat(surroundings.key)
    this.#readGiven()
    this.#apply(readPreferences())
    this.#readLink()
    this.place = { at: 'entrance', busy: this.seat.room !== undefined }
  }

  /** Takes an identity, and goes in again if this tab was in a room before it was reloaded. */
  async start(): Promise<void> {
    await this.#untilSettled(this.#start())
  }

  async #start(): Promise<void> {
    const { signal } = this.#listening
    window.addEventListener('hashchange', () => this.#followLink(), { signal })
    window.addEventListener('pagehide', () => void this.#goOffline(), { signal })
    if (!window.isSecureContext) {
      this.#atEntrance(describeError({ code: 'insecure-page' }))
      return
    }
    try {
      this.#change({ identity: await takeIdentity(this.surroundings.key) })
    } catch (error) {
      this.#atEntrance(describeError(error))
      return
    }
    if (signal.aborted) return
    await this.#return()
    const { name } = this.surroundings
    const isAimed = this.seat.invite !== undefined || this.seat.name !== undefined
    const isWaiting = this.place.at === 'entrance' && this.problem === undefined
    if (isWaiting && isAimed && name !== undefined) await this.enter(name)
  }

  /** Goes offline, as a closed tab would, wherever it is on its way to, and then gives the identity back. The visit is over. */
  async stop(): Promise<void> {
    this.#listening.abort()
    this.onChange = () => {}
    await this.#settled
    await this.#goOffline()
    this.identity?.release()
  }

  async #untilSettled(task: Promise<void>): Promise<void> {
    this.#settled = Promise.allSettled([this.#settled, task])
    await task
  }

  /** Joins the room of this tab's invite, or the one that was named, or founds one under that policy. */
  async enter(name: string, policy: Partial<RoomPolicy> = {}): Promise<void> {
    const { invite, name: room } = this.seat
    let entrance: Entrance = { to: 'found', policy }
    if (invite !== undefined) entrance = { to: 'join', invite }
    else if (room !== undefined) entrance = { to: 'named', name: room }
    await this.#untilSettled(this.#enter(name, entrance))
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
    void this.#goOffline()
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
      const config = await this.surroundings.loadConfig()
      const { signal } = this.#listening
      const room = await openRoom({ identity, name, config, signal }, entrance)
      if (entrance.to === 'return' && room.id !== seat.room) {
        // Meanwhile another tab had this identity, and was elsewhere.
        await room.close()
        throw Object.assign(new Error('not the room that this tab was in'), { code: 'room-lost' })
      }
      // The visit ended while we went in.
      if (signal.aborted) return await room.close()
      this.#sit({ ...seat, room: room.id })
      // Merged or split off: a reload goes back to where it went on.
      room.addEventListener('moved', () => this.#sit({ ...seat, room: room.id }))
      this.surroundings.onRoom?.(room)
      this.#change({ place: { at: 'room', room } })
    } catch (error) {
      this.#atEntrance(describeError(error))
    }
  }

  /** An invite link that was opened in this very tab while the page was there already. */
  #followLink(): void {
    const { invite, unreadable } = this.surroundings.takeFragment()
    if (unreadable) this.#change({ problem: describeError({ code: 'invite-unreadable' }) })
    if (invite === undefined) return
    if (this.place.at === 'room') this.#change({ problem: describeError({ code: 'in-a-room' }) })
    else {
      this.#sit({ invite })
      this.#atEntrance()
    }
  }

  /** What we are in already, or are to come back to, is nothing new. */
  #readGiven(): void {
    const { given } = this.surroundings
    const isNew = given.invite !== this.seat.invite || given.name !== this.seat.name
    if (isNew && (given.invite !== undefined || given.name !== undefined)) this.#sit(given)
  }

  #readLink(): void {
    const { invite, unreadable } = this.surroundings.takeFragment()
    if (unreadable) this.problem = describeError({ code: 'invite-unreadable' })
    // A link to the room that this tab is in already is a reload in disguise.
    if (invite !== undefined && invite !== this.seat.invite) this.#sit({ invite })
  }

  /** Tells the others that we are offline, as far as a closing page still can. Closing a room is not leaving it. */
  async #goOffline(): Promise<void> {
    if (this.place.at === 'room') await this.place.room.close().catch(() => {})
  }

  #apply({ language, appearance }: Preferences): void {
    speak(language)
    this.surroundings.root.lang = language
    this.surroundings.root.dataset['appearance'] = appearance
  }

  #sit(seat: Seat): void {
    keepSeat(this.surroundings.key, seat)
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

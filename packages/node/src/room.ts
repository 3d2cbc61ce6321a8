/** A room as an embedder holds it: state to read, things to do, events to hear. */
import { RoomFeatures } from './room-features.ts'
import { RoomRecords } from './room-records.ts'
import { isMemberStatus, stateOf } from './room-state.ts'
import { UsageError } from './errors.ts'
import { DEFAULT_INVITE_SECONDS, DESTROYED_LINGER_MS, LEAVE_FLUSH_MS } from './limits.ts'
import { Relocation } from './relocation.ts'
import { RoomParts } from './room-parts.ts'
import { eventOf } from './room-events.ts'
import { toString } from 'uint8arrays/to-string'
import type { Member, Notification, PeerId, Wish } from '@conclave/protocol'
import type { Driver } from './driver.ts'
import type {
  InviteOptions,
  MemberInfo,
  RoomEventDetails,
  RoomEventName,
  RoomHealth,
  RoomState,
  RoomStatus,
  TransitionOptions,
  Via,
} from './room-api.ts'
import type { Moves } from './moves.ts'
import type { Seat } from './seat.ts'

export interface RoomInit {
  readonly seat: Seat
  readonly moves: Moves
  /** Relays that are kept dialled. */
  relays(): RoomHealth['relays']
  /** Frees what belongs to the room alone. */
  onClose(): Promise<void>
}

/**
 * A room that we are in, or on our way into. Events tell what happens there, `state` and `members` how it is now. What
 * cannot be done is a `UsageError` that says what to do; nothing that others send throws.
 */
export class Room extends RoomFeatures {
  /** What the room's log tells: who did what, who reads what. */
  readonly records = new RoomRecords(() => this.#member)
  readonly #init: RoomInit
  readonly #relocation: Relocation
  protected override readonly parts: RoomParts
  #seat: Seat
  #isClosed = false
  #closing: Promise<void> | undefined
  #isOnline = false
  #lingering: ReturnType<typeof setTimeout> | undefined
  /** Whether the group we were in is over, and we are on our way to another one. */
  #isMoving = false
  #status: RoomStatus = 'offline'

  constructor(init: RoomInit) {
    super()
    this.#init = init
    this.#seat = init.seat
    this.#relocation = new Relocation({
      moves: init.moves,
      seat: () => this.#seat,
      isClosed: () => this.#isClosed,
      decide: async (wish) => await this.#decide(wish),
      onMoved: (seat, by) => this.#moved(seat, by),
      onLost: async (message) => {
        this.report('not-moved', message)
        await this.close()
      },
    })
    this.parts = new RoomParts({
      seat: () => this.#seat,
      members: () => this.members,
      relays: () => init.relays(),
      mustBeIn: () => this.#mustBeIn(),
      emit: ({ name, detail }) => this.#emit(name, detail),
    })
    this.#sitDown(init.seat)
  }

  #sitDown(seat: Seat): void {
    this.#seat = seat
    this.#isMoving = false
    seat.listener = {
      onNotification: (notification) => this.#tell(notification),
      onTransport: (peer, via) => this.#transportChanged(peer, via),
      onFile: (request) => this.parts.files.serve(request),
      onTrouble: (message) => this.#emit('error', { code: 'internal', message }),
      onWaiting: (waiting) => this.#emit('waiting', waiting),
    }
  }

  get #member(): Member {
    return this.#seat.member
  }

  get #driver(): Driver {
    return this.#seat.driver
  }

  /** The group's id in hex: the same for every member, and pinned by an invite. */
  get id(): string {
    return toString(this.#member.group.id, 'base16')
  }

  /** Our own peer id. */
  get self(): string {
    return this.#member.self
  }

  /** The room's name; empty when it has none. */
  get name(): string {
    return this.#member.group.genesis.name
  }

  /** How it is now. */
  get state(): RoomState {
    return stateOf(this.#member, {
      isClosed: this.#isClosed,
      isOnline: this.#isOnline,
      isMoving: this.#isMoving,
    })
  }

  /** Everybody on the roster, ourselves included. */
  get members(): MemberInfo[] {
    return this.#member.state.members.map(({ peer, name, online, votes }) => ({
      peer,
      name,
      online,
      ...(votes > 0 && { votes }),
      ...(online && peer !== this.self && { via: this.#driver.network.via(peer) }),
    }))
  }

  /** Multiaddrs under which other members can dial us; empty while no relay has given us one. */
  get addresses(): string[] {
    return this.#isClosed ? [] : this.#driver.network.addresses()
  }

  /** What we have sent so far, before gossip copies it: messages and their bytes. */
  get sent(): { messages: number; bytes: number } {
    return { ...this.#driver.sent }
  }

  /** How often what arrived was refused, by reason. */
  get rejections(): ReadonlyMap<string, number> {
    return this.#driver.rejections
  }

  /** Tells the others under which addresses we can be dialled now. */
  announce(): void {
    if (!this.#isClosed) this.#seat.announce()
  }

  /** The network came back, or we slept: shows the others that we are here, or asks them again to let us in. */
  wake(): void {
    if (this.#isClosed) return
    this.#driver.run((at) => this.#member.wake(at))
    this.#tellStatus()
  }

  /** Whether any relay is connected; without one we can only wait. */
  setOnline(isOnline: boolean): void {
    this.#isOnline = isOnline
    this.#tellStatus()
  }

  /** Reports a trouble that is not the room's own, e.g. a relay that does not answer. */
  report(code: string, message: string): void {
    this.#emit('error', { code, message })
  }

  /**
   * Says something to the room. Resolves once it was sent, to the number of gossip neighbours it was handed to; they
   * pass it on. While keys are under way it waits. Throws `UsageError` when the text is empty or too long, when too many
   * messages wait, or when we are out of the room.
   */
  async send(text: string): Promise<{ reached: number }> {
    this.#mustBeIn()
    this.parts.typing.said()
    return { reached: await this.#driver.say(text) }
  }

  /** An invite as text, to stand after the `#` of a link. Throws `UsageError` unless we are a member. */
  invite(options: InviteOptions = {}): string {
    this.#mustBeIn()
    const { ttl = DEFAULT_INVITE_SECONDS, uses = 0, admit = 'now' } = options
    if (!Number.isSafeInteger(ttl) || ttl < 0 || !Number.isInteger(uses) || uses < 0 || uses > 65_535) {
      throw new UsageError(
        'bad-invite-options',
        'ttl is whole seconds, uses a number up to 65535; 0 means no limit.',
      )
    }
    let text = ''
    this.#driver.run((at) => {
      text = this.#member.invite({ ttl, uses, ask: admit === 'ask', relays: this.#seat.relays }, at)
      return []
    })
    return text
  }

  /** Ends an invite before its time, ours or, where we may exclude, anybody's: nobody new comes in by it. */
  async revoke(invite: string): Promise<void> {
    await this.#decide({ kind: 'revoke', invite })
  }

  /** Lets in somebody who knocks. */
  async admit(peer: string): Promise<void> {
    await this.#decide({ kind: 'admit', peer: peer as PeerId })
  }

  /** Sends away somebody who knocks; the second time is for the room's life. */
  async deny(peer: string): Promise<void> {
    await this.#decide({ kind: 'deny', peer: peer as PeerId })
  }

  /** Never again lets in somebody who is no member, e.g. whom one has just excluded. */
  async ban(peer: string): Promise<void> {
    await this.#decide({ kind: 'ban', peer: peer as PeerId })
  }

  /** Changes who makes the keys; `keys` events tell when we have new ones. Throws `UsageError` when that cannot be. */
  async transition({ to, manager }: TransitionOptions): Promise<void> {
    await this.#decide({
      kind: 'transition',
      to,
      ...(manager !== undefined && { manager: manager as PeerId }),
    })
  }

  /** Makes all keys anew: whatever was stolen of them before opens nothing that is said after. */
  async refresh(): Promise<void> {
    await this.#decide({ kind: 'refresh' })
  }

  /**
   * Merges this room into that of an invite: everybody goes on there. Throws `UsageError` when we are not let in there, may not
   * let the others in, or do not govern this room.
   */
  async merge(invite: string): Promise<void> {
    this.#mustBeIn()
    await this.#relocation.merge(invite)
  }

  /** Splits these members off, with us: we go on in a room of our own, the others stay in this one. Throws `UsageError`. */
  async split(keep: readonly string[]): Promise<void> {
    this.#mustBeIn()
    await this.#relocation.split(keep)
  }

  /** Votes for a member's exclusion, where the policy asks for a quorum; a second time changes nothing. */
  async vote(peer: string): Promise<void> {
    await this.#decide({ kind: 'vote', peer: peer as PeerId })
  }

  /**
   * Ends the room for everybody, for good: all erase all keys. Moderators may, where there are any, else the creator. The room
   * closes by itself a little later, since others may ask meanwhile what became of it.
   */
  async destroy(): Promise<void> {
    await this.#decide({ kind: 'destroy' })
  }

  async #decide(wish: Wish): Promise<void> {
    this.#mustBeIn()
    this.#driver.run((at) => this.#member.decide(wish, at))
    await this.#driver.settled()
  }

  /** Excludes members: they read nothing that is said after this. Throws `UsageError` when it cannot be done. */
  async exclude(peers: readonly string[], reason = ''): Promise<void> {
    this.#mustBeIn()
    this.#driver.run((at) => this.#member.exclude(peers as readonly PeerId[], reason, at))
    await this.#driver.settled()
  }

  /** Asks to be taken off the roster, erases our keys, and closes. */
  async leave(): Promise<void> {
    if (this.#isClosed) return
    this.#driver.run((at) => this.#member.leave(at))
    await this.#driver.settled()
    // Publishing is fire and forget: the last words need a moment to get out of the door.
    await new Promise((resolve) => setTimeout(resolve, LEAVE_FLUSH_MS))
    await this.close()
  }

  /** Goes offline without leaving: we stay on the roster. Resolves when nothing of the room is open any more, whoever closed it. */
  async close(): Promise<void> {
    await (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#lingering)
    this.parts.close()
    this.#tellStatus()
    await this.#driver.close()
    await this.#init.moves.stop()
    await this.#init.onClose()
  }

  #mustBeIn(): void {
    if (this.#member.state.status === 'destroyed')
      throw new UsageError('destroyed', 'This room was destroyed. Create a new one to go on.')
    if (this.#isClosed || !isMemberStatus(this.#member.state.status)) {
      throw new UsageError(
        'not-in-room',
        'You are not in this room any more. Join again, with a new invite if need be.',
      )
    }
  }

  #moved(seat: Seat, by: string): void {
    this.#sitDown(seat)
    this.#emit('moved', { by, room: this.id })
    const { status, version, members, ...state } = seat.member.state
    if (status === 'joined' && version)
      this.#tell({ ...state, event: 'joined', version, members: members.length })
  }

  #transportChanged(peer: string, via: Via): void {
    const isMember = this.#member.state.members.some((member) => member.peer === peer)
    if (isMember) this.#emit('transport', { peer, via })
    this.parts.health.look()
  }

  #tell(notification: Notification): void {
    if ('to' in notification && notification.to) this.#isMoving = true
    this.#tellStatus()
    this.parts.hear(notification)
    const event = eventOf(notification, { self: this.self, room: this.id })
    if (event) this.#emit(event.name, event.detail)
    if (notification.event === 'joined') this.#tellPaths()
    if (notification.event === 'member' && notification.change === 'admitted') {
      const { peer } = notification
      this.#emit('transport', { peer, via: this.#driver.network.via(peer) })
    }
    if (notification.event === 'moved') void this.#relocation.follow(notification.by, notification.to)
    if (notification.event === 'destroyed') {
      if (notification.to) void this.#relocation.follow(notification.by, notification.to)
      else this.#end(notification.by)
    }
  }

  /** The room was destroyed. Others may have to be told, so we close a little later. */
  #end(by: string): void {
    this.#emit('destroyed', { by })
    this.#lingering = setTimeout(() => void this.close(), DESTROYED_LINGER_MS)
  }

  #tellPaths(): void {
    for (const { peer, via } of this.members) if (via) this.#emit('transport', { peer, via })
  }

  /** Tells of a new status, whatever brought it about. */
  #tellStatus(): void {
    const { status } = this.state
    if (status === this.#status) return
    this.#status = status
    this.#emit('status', { status })
  }

  #emit<K extends RoomEventName>(name: K, detail: RoomEventDetails[K]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

/** A room as an embedder holds it: state to read, things to do, events to hear. */
import { RoomDecisions } from './room-decisions.ts'
import { RoomRecords } from './room-records.ts'
import { isMemberStatus, stateOf } from './room-state.ts'
import { UsageError } from './errors.ts'
import { DEFAULT_INVITE_SECONDS, DESTROYED_LINGER_MS, INVITE_SECONDS_MAX, LEAVE_FLUSH_MS } from './limits.ts'
import { pause } from './pause.ts'
import { Relocation } from './relocation.ts'
import { RoomParts } from './room-parts.ts'
import { eventOf } from './room-events.ts'
import { raceSignal } from 'race-signal'
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
  WaitOptions,
  Via,
} from './room-api.ts'
import type { Moves } from './moves.ts'
import type { Seat } from './seat.ts'

export interface RoomInit {
  readonly seat: Seat
  readonly moves: Moves
  /** Relays that are kept dialled. */
  relays(): RoomHealth['relays']
  /** Called once, when the room is made. */
  handOver(room: Room, controls: RoomControls): void
  /** Frees what belongs to the room alone. */
  onClose(): Promise<void>
}

/** What the node that a room is on tells it, and nobody else. */
export interface RoomControls {
  /** Whether any relay is connected; without one we can only wait. */
  readonly setOnline: (isOnline: boolean) => void
  /** Our addresses may be others now: the room tells the members under which we can be dialled. */
  readonly announce: () => void
  /** A trouble that is not the room's own, e.g. a relay that does not answer. */
  readonly report: (code: string, message: string) => void
}

/**
 * A room that we are in, or on our way into. Events tell what happens there, `state` and `members` how it is now. What
 * cannot be done is a `UsageError` that says what to do; nothing that others send throws.
 */
export class Room extends RoomDecisions {
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
      decide: async (wish) => await this.decide(wish),
      onMoved: (seat, by) => this.#moved(seat, by),
      onLost: async (message) => {
        this.#emit('error', { code: 'not-moved', message })
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
    init.handOver(this, {
      setOnline: (isOnline) => {
        this.#isOnline = isOnline
        this.#tellStatus()
      },
      announce: () => {
        if (!this.#isClosed) this.#seat.announce()
      },
      report: (code, message) => this.#emit('error', { code, message }),
    })
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

  /** What we have sent so far, before gossip copies it: messages and their bytes, and how many of them were dropped for want of a way. */
  get sent(): { messages: number; bytes: number; dropped: number } {
    return this.#driver.sent
  }

  /** How often what arrived was refused, by reason. */
  get rejections(): ReadonlyMap<string, number> {
    return this.#driver.rejections
  }

  /** The network came back, or we slept: shows the others that we are here, or asks them again to let us in. */
  wake(): void {
    if (this.#isClosed) return
    this.#driver.run((at) => this.#member.wake(at))
    this.#tellStatus()
  }

  /**
   * Says something to the room. Resolves once it was sent, to the number of gossip neighbours it was handed to; they
   * pass it on. While keys are under way it waits. Aborting the signal takes back what waits for its key yet, and it rejects with the
   * signal's reason; what has its key is sent all the same. Throws `UsageError` when the text is empty or too long (`bad-text`), when
   * too many messages wait (`queue-full`, `too-fast`), or when we are out of the room (`not-in-room`, `destroyed`).
   */
  async send(text: string, { signal }: WaitOptions = {}): Promise<{ reached: number }> {
    signal?.throwIfAborted()
    this.#mustBeIn()
    this.parts.typing.said()
    return { reached: await this.#driver.say(text, signal) }
  }

  /** An invite as text, to stand after the `#` of a link. Throws `UsageError` unless we are a member. */
  invite(options: InviteOptions = {}): string {
    this.#mustBeIn()
    const { ttl = DEFAULT_INVITE_SECONDS, uses = 0, admit = 'now' } = options
    if (!isWithin(ttl, INVITE_SECONDS_MAX) || !isWithin(uses, 65_535)) {
      throw new UsageError(
        'bad-invite-options',
        `ttl is whole seconds up to ${INVITE_SECONDS_MAX}, uses a number up to 65535; 0 means no limit.`,
      )
    }
    let text = ''
    this.#driver.run((at) => {
      text = this.#member.invite({ ttl, uses, ask: admit === 'ask', relays: this.#seat.relays }, at)
      return []
    })
    return text
  }

  /**
   * Merges this room into that of an invite: everybody goes on there. Resolves once the others were told; `moved` tells when we are
   * there. Aborting the signal before gives it up: everybody stays, and it rejects with the signal's reason. Rejects with a
   * `UsageError` as the decisions do, with nothing changed here, also of the codes `bad-invite`, `expired-invite`, `too-many-relays`,
   * `not-let-in` when that room does not take us, `denied` when it does not take one of us, and `gone-on` when somebody else who governs
   * was faster.
   */
  async merge(invite: string, { signal }: WaitOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    this.#mustBeIn()
    await this.#relocation.merge(invite, signal)
  }

  /**
   * Splits these members off, with us: we go on in a room of our own, under the same policy, and the others stay in this one. Resolves
   * when we are there; `id` is another one then. Rejects with a `UsageError` as the decisions do, with nothing changed, also of the
   * codes `not-a-member`, and `gone-on` as in `merge`.
   */
  async split(keep: readonly string[]): Promise<void> {
    this.#mustBeIn()
    await this.#relocation.split(keep)
  }

  protected override async decide(wish: Wish): Promise<void> {
    this.#mustBeIn()
    this.#driver.run((at) => this.#member.decide(wish, at))
    await this.#driver.settled()
  }

  /**
   * Excludes members: they read nothing that is said after this. Everybody sees the reason, of at most 256 bytes. Rejects as the decisions
   * do, or with one of the codes `nothing-to-do` when nobody is named, `not-a-member`, `not-yourself`, `bad-text`, `too-many`.
   */
  async exclude(peers: readonly string[], reason = ''): Promise<void> {
    this.#mustBeIn()
    this.#driver.run((at) => this.#member.exclude(peers as readonly PeerId[], reason, at))
    await this.#driver.settled()
  }

  /**
   * Asks to be taken off the roster, erases our keys, and closes. Aborting the signal meanwhile closes at once: then the others may not
   * have heard of it. Never throws but for a signal that was aborted before.
   */
  async leave({ signal }: WaitOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    if (this.#isClosed) return
    this.#driver.run((at) => this.#member.leave(at))
    await raceSignal(this.#lastWords(), signal).catch(() => undefined)
    await this.close()
  }

  /** Publishing is fire and forget: what we said last needs a moment to get out of the door. */
  async #lastWords(): Promise<void> {
    await this.#driver.settled()
    await pause(LEAVE_FLUSH_MS)
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
    // That group may have gone on elsewhere by now.
    if (seat.end) this.#tell(seat.end)
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

function isWithin(count: number, most: number): boolean {
  return Number.isInteger(count) && count >= 0 && count <= most
}

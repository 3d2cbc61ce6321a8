/** A member of one lineage of a group: everything it knows of it, and what follows from each input (SPEC M1). */
import type { Signer } from '../crypto/suite.ts'
import { UsageError } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import type { Millis, OperationId, PeerId, VersionId } from '../ids.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { ADDRESSES_MAX, NAME_MAX } from '../limits.ts'
import type { MembershipLog } from '../log/membership-log.ts'
import type { Request } from '../lobby/messages.ts'
import type { Operation } from '../log/operation.ts'
import type { Rejection } from '../errors.ts'
import { DEFAULT_TIMING, type Timing } from '../timing.ts'
import type { PathKeys } from '../tree/messages.ts'
import { ReplayWindows } from '../traffic/replay-window.ts'
import type { Said } from '../traffic/room-messages.ts'
import { Allowance } from './allowance.ts'
import { Beacon } from './beacon.ts'
import { Context, type Status, type StepContext } from './context.ts'
import { Decider, type InviteRequest, mustHaveSpace, type Wish } from './decider.ts'
import { Destroyer } from './destroyer.ts'
import { Excluder } from './excluder.ts'
import { type Awaited, HeldFrames } from './held-frames.ts'
import { type Entrance, Newcomer } from './newcomer.ts'
import { Introducer } from './introducer.ts'
import { KeyRelay } from './key-relay.ts'
import { Manager } from './manager.ts'
import { type MemberState, stateOf } from './member-state.ts'
import type { Inbound, Loudness, Output } from './output.ts'
import { Replier } from './replier.ts'
import { Requests } from './requests.ts'
import { type Read, screen, type Screened, type Waiting } from './screen.ts'
import { Settler } from './settler.ts'
import { Silence } from './silence.ts'
import { Sleeper } from './sleeper.ts'
import { SlotKeeper } from './slot-keeper.ts'
import { type Held, Speaker } from './speaker.ts'
import { Voter } from './voter.ts'
import { fromString } from 'uint8arrays/from-string'

/** What a member is made of. */
export interface MemberInit {
  readonly group: Group
  readonly signer: Signer
  /** Display name, at most `NAME_MAX` bytes. */
  readonly name?: string
  readonly timing?: Partial<Timing>
  readonly start: StepContext
}

export interface LineageInit extends MemberInit {
  /** The founding of the only lineage to get into; absent when any will do. */
  readonly lineage?: OperationId
}

export interface LineageInside {
  /** Of its session: tells what it sends from what another lineage of the same member does. */
  readonly salt: Uint8Array
  readonly status: Status
  readonly log: MembershipLog
  readonly keys: readonly VersionKeys[]
  /** Paths in key trees that it holds, each with its generation. */
  readonly paths: readonly (readonly [VersionId, PathKeys])[]
  readonly heldFrames: number
  readonly knocks: number
}

export class Lineage {
  readonly #context: Context
  readonly #requests: Requests
  readonly #decider: Decider
  readonly #destroyer: Destroyer
  readonly #excluder: Excluder
  readonly #replier: Replier
  readonly #introducer: Introducer
  readonly #relay: KeyRelay
  readonly #slots: SlotKeeper
  readonly #beacon: Beacon
  readonly #newcomer: Newcomer
  readonly #speaker: Speaker
  readonly #settler: Settler
  readonly #sleeper: Sleeper
  readonly #windows = new ReplayWindows()
  readonly #allowance = new Allowance()
  readonly #held = new HeldFrames()

  /** Throws `UsageError` when the name is too long. */
  constructor(init: LineageInit) {
    const { name = '' } = init
    if (fromString(name, 'utf8').length > NAME_MAX) {
      throw new UsageError('bad-name', `The name is longer than ${NAME_MAX} bytes. Choose a shorter one.`)
    }
    const context = new Context({ ...init, name, timing: { ...DEFAULT_TIMING, ...init.timing } })
    this.#context = context
    this.#requests = new Requests(context)
    this.#excluder = new Excluder(context, this.#requests)
    this.#replier = new Replier(context, this.#excluder)
    this.#introducer = new Introducer(context, { excluder: this.#excluder, replier: this.#replier })
    this.#destroyer = new Destroyer(context, { requests: this.#requests, replier: this.#replier })
    const voter = new Voter(context, this.#excluder)
    this.#relay = new KeyRelay(context)
    this.#slots = new SlotKeeper(context, this.#requests)
    const manager = new Manager(context, { excluder: this.#excluder, slots: this.#slots })
    this.#decider = new Decider(context, {
      introducer: this.#introducer,
      excluder: this.#excluder,
      destroyer: this.#destroyer,
      manager,
      voter,
    })
    const roles = { slots: this.#slots, requests: this.#requests, excluder: this.#excluder }
    this.#beacon = new Beacon(context, roles)
    this.#newcomer = new Newcomer(context, this.#requests, this.#excluder)
    this.#speaker = new Speaker(context)
    const all = { ...roles, beacon: this.#beacon, newcomer: this.#newcomer, held: this.#held }
    this.#sleeper = new Sleeper(context, all)
    this.#settler = new Settler(context, {
      ...all,
      relay: this.#relay,
      manager,
      introducer: this.#introducer,
      speaker: this.#speaker,
      voter,
      silence: new Silence(context, { excluder: this.#excluder, voter }),
      windows: this.#windows,
    })
  }

  /** What is known, for `Member` to look at. */
  get context(): Context {
    return this.#context
  }

  get self(): PeerId {
    return this.#context.self
  }

  get group(): Group {
    return this.#context.group
  }

  get state(): MemberState {
    return stateOf(this.#context, this.#speaker.held)
  }

  /** What is inside, for tests alone. */
  get unsafeInsideForTests(): LineageInside {
    const { status, log, ring, salt } = this.#context
    const { unsafePathsForTests: paths } = ring.trees
    return {
      status,
      salt,
      log,
      keys: ring.versions,
      paths,
      heldFrames: this.#held.size,
      knocks: this.#introducer.knocks,
    }
  }

  /** When `tick` should be called at the latest. */
  get nextDeadline(): Millis | undefined {
    return this.#context.agenda.next
  }

  /** Takes back operations that were stored before a restart. Call it before `start`. */
  restore(operations: readonly Operation[], at: StepContext): Output[] {
    return this.#step(at, () => this.#context.log.integrate(operations))
  }

  start(entrance: Entrance, at: StepContext): Output[] {
    return this.#step(at, () => this.#newcomer.start(entrance))
  }

  /** The network came, or came back: whoever waits to be let in asks again at once, a member shows itself. */
  wake(at: StepContext): Output[] {
    return this.#step(at, () => {
      if (this.#context.status === 'joining') this.#newcomer.askAgain()
      else if (this.#context.status === 'joined') this.#beacon.start()
    })
  }

  /** Runs whatever is due. */
  tick(at: StepContext): Output[] {
    return this.#step(at, () => undefined)
  }

  /** Looks at a message from the network. Its claims have to be checked before `handle` may have it. */
  screen(inbound: Inbound, now: Millis): Screened | Waiting | Rejection {
    const screener = {
      context: this.#context,
      requests: this.#requests,
      windows: this.#windows,
      allowance: this.#allowance,
    }
    return screen(screener, inbound, now)
  }

  /** Keeps a frame that cannot be read yet, and asks for what it waits for. A `retry` output brings it back. */
  hold(inbound: Inbound, awaits: Awaited, at: StepContext): Output[] {
    return this.#step(at, () => {
      this.#held.hold(inbound, awaits, this.#context.now)
      const from = inbound.from as PeerId
      if (this.#context.log.roster.alive.has(from)) this.#requests.hint(from)
      else this.#requests.visit(from)
    })
  }

  /** Takes a message whose claims all hold. */
  handle({ message }: Screened, at: StepContext): Output[] {
    return this.#step(at, () => this.#handle(message))
  }

  /** Says something to the room. Throws `UsageError` when it cannot even be held. */
  say(said: Said, at: StepContext, about: Loudness = 'chat'): Output[] {
    return this.#step(at, () => this.#speaker.say(said, about))
  }

  /** Takes back a text that waits for a key; whether there was one. */
  takeBack(text: string): boolean {
    return this.#speaker.takeBack(text)
  }

  /** Excludes members. Throws `UsageError`, with nothing changed, when that cannot be. */
  exclude(peers: readonly PeerId[], reason: string, at: StepContext): Output[] {
    return this.#step(at, () => {
      mustHaveSpace(this.#context.log)
      this.#excluder.exclude(peers, reason)
    })
  }

  /** Asks the others to take us off the roster, and erases our keys. */
  leave(at: StepContext): Output[] {
    return this.#step(at, () => {
      this.#excluder.leave()
      if (this.#context.status !== 'destroyed') this.end()
    })
  }

  /** Does nothing more by itself, and hands over what our user said and nobody heard. It goes on reading. */
  retire(): readonly Held[] {
    this.#requests.forgetAll()
    this.#context.agenda.clear()
    this.#held.clear()
    return this.#speaker.takeHeld()
  }

  /** Erases all keys and stops. */
  end(): void {
    this.#settler.end('left')
  }

  /** Addresses to announce, at most four. */
  announce(addresses: readonly string[], at: StepContext): Output[] {
    return this.#step(at, () => {
      this.#context.addresses = addresses.slice(0, ADDRESSES_MAX)
    })
  }

  /** A new invite as text. Throws `UsageError` outside. */
  invite(request: InviteRequest, at: StepContext): string {
    this.#sleeper.begin(this.#context.begin(at))
    return this.#decider.invite(request)
  }

  /** Carries out what the user decided. Throws `UsageError`, with nothing changed, when that cannot be. */
  decide(wish: Wish, at: StepContext): Output[] {
    return this.#step(at, () => {
      mustHaveSpace(this.#context.log)
      this.#decider.decide(wish)
    })
  }

  #step(at: StepContext, run: () => void): Output[] {
    this.#sleeper.begin(this.#context.begin(at))
    this.#context.agenda.runDue(this.#context.now)
    run()
    this.#settler.settle()
    return this.#context.drain()
  }

  #handle(message: Read): void {
    if (this.#context.status === 'destroyed') {
      this.#destroyer.handle(message)
      return
    }
    switch (message.on) {
      case 'room':
        this.#handleRoom(message)
        break
      case 'lobby':
        this.#handleLobby(message)
        break
      case 'reply':
        this.#handleReply(message)
        break
    }
  }

  #handleRoom({ sender, session, reference, content }: Extract<Read, { on: 'room' }>): void {
    const context = this.#context
    // Things may have moved on while the signatures were checked (SPEC M3).
    if (!context.log.roster.alive.has(sender) || !this.#windows.isFresh(sender, session)) return
    this.#windows.mark(sender, session)
    this.#beacon.hearMember(sender)
    switch (content.kind) {
      case 'chat':
      case 'action':
        this.#speaker.hear(sender, reference, content)
        break
      case 'heartbeat':
        if (this.#beacon.hear(sender, content, reference.version)) this.#settler.lack(true, content.heads)
        break
      case 'operations':
        this.#requests.hint(sender)
        context.integrate(content.operations)
        break
      case 'relayed':
        this.#relay.hear(content)
        break
      case 'leave':
        this.#excluder.hearLeave(
          content.admissions.map(({ admission, signature }) => ({
            peer: sender,
            admission,
            leave: signature,
          })),
        )
        break
    }
  }

  #handleLobby({ sender, directed, content }: Extract<Read, { on: 'lobby' }>): void {
    if (content.kind === 'request') {
      // Whoever is in the lineage that it names sees to it (SPEC B6).
      if (content.lineage !== undefined && content.lineage !== this.#context.root) return
      this.#hearHeads(sender, content)
      if (this.#replier.handle(sender, content, directed)) this.#introducer.hear(sender, content)
    } else if (content.kind === 'lobby-heartbeat') {
      if (this.#context.status === 'joining') this.#newcomer.hearLobby(content)
      this.#beacon.hearLobby(sender, content)
    }
  }

  /** A member that asks shows by its heads what it knows. */
  #hearHeads(sender: PeerId, { heads, join }: Request): void {
    const { log } = this.#context
    if (!log.roster.alive.has(sender)) {
      if (!join && !log.covers(heads)) this.#requests.visit(sender)
      return
    }
    // A member that knocks has no keys: among those who knock it counts, but it will never confirm who is in.
    if (!join || this.#context.status !== 'joined') this.#beacon.hearMember(sender)
    if (log.covers(heads)) {
      this.#beacon.confirm(sender, heads, 'request')
    } else {
      this.#requests.hint(sender)
      this.#settler.lack(true, heads)
    }
  }

  #handleReply({ sender, message, content }: Extract<Read, { on: 'reply' }>): void {
    const context = this.#context
    const purpose = this.#requests.purposeOf(message)
    if (purpose === undefined) return
    // Anybody may answer a knock. It stays open until a member has, so that nobody else can spoil it; and a member's while a
    // human thinks about it, whose no must reach us.
    const isOpen = purpose === 'join' || (content.kind === 'refused' && content.refusal === 'asked')
    if (!isOpen) this.#requests.settle(message)
    if (content.kind === 'refused') {
      if (purpose === 'join') this.#newcomer.refused(content)
      if (purpose === 'visit' && content.refusal === 'not-a-member') this.#newcomer.estranged(sender)
      if (purpose === 'knock') this.#newcomer.turnedAway(content)
      return
    }
    // Members of another lineage heard us, too, when any would have done.
    const founding = content.operations.find(({ parents }) => parents.length === 0)
    if (founding !== undefined && (context.root ?? founding.id) !== founding.id) return
    this.#requests.take(sender, content)
    if (!context.log.roster.alive.has(sender)) return
    if (purpose === 'join') {
      this.#requests.settle(message)
      this.#newcomer.introduced(sender)
    }
    for (const peer of content.online)
      if (context.log.roster.alive.has(peer)) context.presence.suppose(peer, context.now)
    this.#beacon.hearMember(sender)
    this.#beacon.confirm(sender, content.heads, 'reply')
    const isNews = content.operations.length > 0
    const goesOn = content.more && isNews
    if (purpose === 'join' && isNews && !content.keys) this.#newcomer.goOn(sender)
    if (purpose === 'sync') this.#settler.lack(goesOn || !context.log.covers(content.heads))
  }
}

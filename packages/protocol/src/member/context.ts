/** What all roles of one member share: its identity, log, keys, agenda, and the outputs of the step under way. */
import { fromString } from 'uint8arrays/from-string'
import { Entropy } from '../crypto/entropy.ts'
import type { Signer, Suite } from '../crypto/suite.ts'
import { UsageError } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import { SlotTable } from '../group/slots.ts'
import {
  type AdmissionId,
  compareIds,
  type Millis,
  type OperationId,
  type PeerId,
  peerIdOf,
  type Slot,
  type VersionId,
} from '../ids.ts'
import { KeyRing } from '../keys/key-ring.ts'
import { isOutdated } from '../keys/generation.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { encodeLobbyMessage, type LobbyMessage } from '../lobby/messages.ts'
import { sealLobbyFrame } from '../lobby/lobby-frame.ts'
import { MembershipLog } from '../log/membership-log.ts'
import type { Decision } from '../log/decisions.ts'
import { isInOffice, type Management, managementOf } from '../log/management.ts'
import { makeOperation, type Operation } from '../log/operation.ts'
import { BEATERS_MAX } from '../limits.ts'
import type { Timing } from '../timing.ts'
import { ROOM_FRAME, SALT_LENGTH, sealFrame } from '../traffic/frame.ts'
import { encodeRoomMessage, type RoomMessage } from '../traffic/room-messages.ts'
import { kdf } from '../crypto/kdf.ts'
import { Agenda } from './agenda.ts'
import { NamedVersions } from './named-versions.ts'
import type { About, Notification, Output, StepContext } from './output.ts'
import { Presence } from './presence.ts'

export type { StepContext } from './output.ts'

export interface ContextInit {
  readonly group: Group
  readonly signer: Signer
  readonly timing: Timing
  /** Display name, shown to the room with our admission. */
  readonly name: string
  readonly start: StepContext
  /** The founding of the only lineage we want into; absent when any will do. */
  readonly lineage?: OperationId
}

/** How far we have come. */
export type Status = 'idle' | 'joining' | 'joined' | 'excluded' | 'left' | 'destroyed' | 'moved'

export class Context {
  readonly group: Group
  readonly suite: Suite
  readonly signer: Signer
  readonly timing: Timing
  readonly name: string
  readonly self: PeerId
  readonly table: SlotTable
  readonly agenda = new Agenda()
  readonly presence: Presence
  readonly named = new NamedVersions()
  log: MembershipLog
  ring: KeyRing
  now: Millis
  wallSeconds: number
  entropy: Entropy
  status: Status = 'idle'
  /** The version we send under: the best that covers our view and that we can open (SPEC K7). */
  current: VersionKeys | undefined
  /** When another member last showed that it knows no more than we do. */
  confirmedAt: Millis = -Infinity
  /** Whether we may speak: a second member has confirmed what our introducer told us (SPEC J6). */
  confirmed = false
  /** Whether a member other than our introducer has spoken to us. */
  hasHeardOthers = false
  /** The version we made when nobody was left who had keys. */
  anew: VersionId | undefined
  /** A refresh that was made while we were in: nobody held its slots before we could. */
  witnessedRefresh: VersionId | undefined
  /** The last generation that this process began, or was appointed to before anything followed it: it makes its keys (SPEC V6). */
  begun: VersionId | undefined
  /** Whether we were a member when we set out, by what was stored: else an old end of ours in the log is no news. */
  wasMember = false
  /** Whether nobody had come after us when we came in: whoever has since lacks the slots that we lack, too. */
  cameLast = false
  /** Who let us in: its word alone does not confirm itself. */
  introducer: PeerId | undefined
  addresses: readonly string[] = []
  /** Members that we want direct connections to, where not all are (SPEC H9). */
  neighbours: readonly PeerId[] = []
  /** When we last beat in the lobby. */
  beatenAt: Millis = -Infinity
  /** The founding of the only lineage we want into. */
  #lineage: OperationId | undefined
  readonly #salt: Uint8Array
  #counter = 0
  #outputs: Output[] = []

  constructor(init: ContextInit) {
    this.group = init.group
    this.suite = init.group.suite
    this.signer = init.signer
    this.timing = init.timing
    this.name = init.name
    this.self = peerIdOf(init.signer.publicKey)
    this.presence = new Presence(this.self)
    this.table = new SlotTable(init.group)
    this.log = new MembershipLog(init.group)
    this.ring = new KeyRing(init.group, this.log, init.timing)
    this.now = init.start.now
    this.wallSeconds = init.start.wallSeconds
    this.entropy = new Entropy(this.suite, init.start.entropy)
    this.#lineage = init.lineage
    this.#salt = this.entropy.bytes(SALT_LENGTH)
  }

  /** Begins a step. Returns how much later than it was due it comes. */
  begin(step: StepContext): Millis {
    const due = Math.max(this.now, this.agenda.next ?? step.now)
    // A clock that steps back would make deadlines pass twice.
    this.now = Math.max(this.now, step.now)
    this.wallSeconds = step.wallSeconds
    this.entropy = new Entropy(this.suite, step.entropy)
    return this.now - due
  }

  /** The outputs of the step so far, handed over. */
  drain(): Output[] {
    const outputs = this.#outputs
    this.#outputs = []
    return outputs
  }

  emit(output: Output): void {
    this.#outputs.push(output)
  }

  notify(notification: Notification): void {
    this.emit({ kind: 'notify', notification })
  }

  /** Forgets the log and all keys: our lineage is given up for another one. */
  startOver(): void {
    this.log = new MembershipLog(this.group)
    this.forgetKeys()
    this.emit({ kind: 'forget' })
  }

  /** Erases all keys, and forgets who confirmed what we knew: as a restart would. The log stays. */
  forgetKeys(): void {
    this.ring.eraseAll()
    // A new one, since what is erased for good in it may still be what the room speaks under.
    this.ring = new KeyRing(this.group, this.log, this.timing)
    this.current = undefined
    this.confirmed = false
    this.confirmedAt = -Infinity
    this.hasHeardOthers = false
    this.introducer = undefined
    this.anew = undefined
    // Whoever forgot what it made of it must not make it again.
    this.witnessedRefresh = undefined
    this.begun = undefined
  }

  /** From now on any lineage will do, should we have to knock again. */
  settleDown(): void {
    this.#lineage = undefined
  }

  /** The founding that our log grows from, or is to grow from: it names our lineage. */
  get root(): OperationId | undefined {
    return this.log.entries[0]?.operation.id ?? this.#lineage
  }

  /** Whether frames under a version are not for us; what is in our log is, whatever somebody says. */
  isForeign(version: VersionId): boolean {
    return this.named.isForeign(version) && this.log.get(version) === undefined
  }

  get ownSlots(): ReadonlySet<Slot> {
    return this.table.of(this.self)
  }

  get isMember(): boolean {
    return this.log.roster.alive.has(this.self)
  }

  /**
   * How the generation is managed that we send under, or while we send under nothing, the best that counts. Undefined where
   * all make its keys, and where its manager is no member any more (SPEC V1, V4).
   */
  get management(): Management | undefined {
    const { current, log } = this
    const version = current
      ? log.get(current.version)
      : log.versions.find((one) => !isOutdated(log.roster, one))
    const management = version && managementOf(version)
    return management && isInOffice(management, log.roster) ? management : undefined
  }

  /** Whether we hold what it takes to let others in and answer them. */
  get isReady(): boolean {
    return this.status === 'joined' && this.current !== undefined && this.confirmed
  }

  /** What we send under, for who may act. Throws `UsageError` while we are not in, or not confirmed, or have nothing. */
  mustBeReady(): VersionKeys {
    this.mustBeConfirmed()
    if (this.current !== undefined) return this.current
    throw new UsageError('not-joined', 'The keys of the room are being changed. Try again in a moment.')
  }

  /** Throws `UsageError` while we are not in, or not confirmed. */
  mustBeConfirmed(): void {
    if (this.status === 'joined' && this.confirmed) return
    throw new UsageError(
      'not-joined',
      'You are not in the room yet, or nobody has confirmed that you are. Try again soon.',
    )
  }

  /** Throws `UsageError` with why the room does not let us, if there is a reason. */
  mustBeLet(why: string | undefined): void {
    if (why !== undefined) throw new UsageError('not-entitled', `This room does not let you: ${why}.`)
  }

  /** Members other than ourselves. */
  get others(): PeerId[] {
    return [...this.log.roster.alive.keys()].filter((peer) => peer !== this.self)
  }

  /** The living admissions of members other than ourselves. */
  get admissionsOfOthers(): AdmissionId[] {
    const alive = [...this.log.roster.alive].filter(([peer]) => peer !== this.self)
    return alive.flatMap(([, entries]) => entries.map(({ operation }) => operation.id))
  }

  isOnline(peer: PeerId): boolean {
    return this.presence.isOnline(peer, this.now - this.timing.offlineMs)
  }

  /** Members other than ourselves that we heard lately. */
  get onlineOthers(): PeerId[] {
    const { alive } = this.log.roster
    const heard = this.presence.heardSince(this.now - this.timing.offlineMs)
    return heard.filter((peer) => peer !== this.self && alive.has(peer))
  }

  /** Whether there are more members than beat. */
  get isLarge(): boolean {
    return this.log.roster.alive.size > BEATERS_MAX
  }

  /**
   * Members other than ourselves that act when something has to be done: those online, in a large room those who beat, or
   * while nobody does, whom we heard (SPEC H6).
   */
  get onDuty(): readonly PeerId[] {
    if (!this.isLarge) return this.onlineOthers
    const beating = this.beatingOthers
    return beating.length > 0 ? beating : this.onlineOthers
  }

  /** Whether we are on duty as the others see it. While we are not in nobody is there whom we would stand back for. */
  get isOnDuty(): boolean {
    const hasBeaten = this.now - this.beatenAt < this.timing.offlineMs
    return hasBeaten || !this.isLarge || this.status !== 'joined'
  }

  /** Members other than ourselves that beat lately: all of us look back as far, and so see the same ones. */
  get beatingOthers(): readonly PeerId[] {
    return this.presence.beatenSince(this.now - this.timing.offlineMs, this.log)
  }

  /** Whether a member is online; null while that is unknown, since it need not beat (SPEC H7). */
  isThere(peer: PeerId): boolean | null {
    return peer === this.self || this.isOnline(peer) || (this.isLarge ? null : false)
  }

  /** The name a peer was last admitted under. */
  nameOf(peer: PeerId): string {
    return this.log.roster.alive.get(peer)?.[0]?.operation.body.name ?? ''
  }

  /**
   * Our place among the members that are on duty, in an order that everybody computes alike and nobody can choose:
   * by a hash of the occasion, mixed with each one's place. A manager comes first (SPEC V5), who does not beat after all who do.
   */
  rank(occasion: string, without: readonly PeerId[] = []): number {
    const digest = kdf(this.suite, 'rank', this.group.id, fromString(occasion))
    const round = new DataView(digest.buffer, digest.byteOffset).getUint32(0)
    const own = this.#turnOf(this.self, round)
    const { onDuty, management } = this
    if (management?.manager === this.self) return 0
    if (!this.isOnDuty) {
      const silent = this.log.roster.alive.size - onDuty.length
      return onDuty.length + Math.floor((own / 2 ** 32) * silent)
    }
    const left = new Set(without)
    const isBefore = (peer: PeerId): boolean =>
      peer === management?.manager || this.#turnOf(peer, round) < own
    return onDuty.filter((peer) => isBefore(peer) && !left.has(peer)).length
  }

  /** Orders members for us alone, so that not all of us turn to the same ones. */
  shuffled(peers: readonly PeerId[]): PeerId[] {
    const byDistance = peers.map((peer) => [this.distanceTo(peer), peer] as const)
    return byDistance.sort(([a], [b]) => a - b).map(([, peer]) => peer)
  }

  /** How far a peer is from us in an order of our own; it finds us as far from it. */
  distanceTo(peer: PeerId): number {
    return this.#turnOf(peer, this.table.placeOf(this.self))
  }

  #turnOf(peer: PeerId, round: number): number {
    return mixed(this.table.placeOf(peer) ^ round)
  }

  /** `mean` milliseconds, give or take a quarter. */
  jittered(mean: Millis): Millis {
    return mean * (0.75 + 0.5 * this.entropy.fraction())
  }

  broadcast(about: About, message: RoomMessage, keys: VersionKeys): void {
    const session = { salt: this.#salt, counter: this.#counter++ }
    this.named.sentUnder(keys.version)
    const reference = { version: keys.version, revision: keys.revision }
    const input = { type: ROOM_FRAME, reference, tek: keys.tek, session, signer: this.signer } as const
    const bytes = sealFrame(this.group, input, encodeRoomMessage(message))
    const [to, ...more] = message.kind === 'action' ? message.to : []
    const isForOne = to !== undefined && more.length === 0
    this.emit({ kind: 'broadcast', channel: 'room', bytes, about, ...(isForOne && { to }) })
  }

  toLobby(about: About, message: LobbyMessage): void {
    this.emit({ kind: 'broadcast', channel: 'lobby', bytes: this.#lobbyFrame(message), about })
  }

  send(to: PeerId, about: About, message: LobbyMessage): void {
    this.emit({ kind: 'send', to, bytes: this.#lobbyFrame(message, to), about })
  }

  #lobbyFrame(message: LobbyMessage, to?: PeerId): Uint8Array {
    const nonce = this.entropy.bytes(24)
    const content = encodeLobbyMessage(this.group, message)
    return sealLobbyFrame(this.group, { signer: this.signer, nonce, ...(to && { to }) }, content)
  }

  /** The salt of this process start, by which others tell our sessions apart. */
  get salt(): Uint8Array {
    return this.#salt
  }

  /** Adds operations to the log: to disk first, then to whatever follows from them. */
  integrate(operations: readonly Operation[]): void {
    const { entered, refused } = this.log.integrate(operations)
    if (entered.length > 0)
      this.emit({ kind: 'store', operations: entered.map(({ operation }) => operation) })
    for (const { code, detail } of refused) this.notify({ event: 'rejected', code, detail })
    const refresh = entered.findLast(({ operation }) => operation.body.kind === 'refresh')
    if (refresh === undefined || this.status !== 'joined') return
    this.witnessedRefresh = refresh.operation.id
    const isAppointed = managementOf(refresh)?.manager === this.self && refresh.operation.author !== this.self
    if (isAppointed && this.log.heads.includes(refresh.operation.id)) this.begun = refresh.operation.id
  }

  /** The heads that an operation of ours names which is about these. */
  parentsFor(about: readonly (OperationId | undefined)[]): readonly OperationId[] {
    const own = this.log.admissionOf(this.self)?.operation.id
    return this.log.parentsFor([own, ...about].filter((id) => id !== undefined))
  }

  /** Signs something on all that we know, takes it, and tells the others under `keys`. */
  publish(body: Decision, keys: VersionKeys): void {
    const parents = this.parentsFor(body.kind === 'vote' ? [body.admission] : [])
    const operation = makeOperation(this.group, { parents }, body, this.signer)
    this.integrate([operation])
    this.broadcast('operations', { kind: 'operations', operations: [operation] }, keys)
  }

  /** Digest over all heads, listed or not. */
  headsDigest(heads: readonly OperationId[]): Uint8Array {
    return this.suite.hash(fromString([...heads].sort(compareIds).join()))
  }
}

/** Spreads 32 bits: different ones stay different, and none tells where its neighbour goes (the last step of MurmurHash3). */
function mixed(bits: number): number {
  let mix = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35)
  return (mix ^ (mix >>> 16)) >>> 0
}

/** Heartbeats: telling that we are here and what we know, and reading what others tell (paper §3.4; SPEC H1, H2). */
import { equals } from 'uint8arrays/equals'
import { toString } from 'uint8arrays/to-string'
import { mayAdmit } from '../group/policy.ts'
import type { Millis, OperationId, PeerId, VersionId } from '../ids.ts'
import { BEATERS_MAX, BEATS_MAX, HEARTBEAT_HEADS_MAX, NEIGHBOURS_MAX } from '../limits.ts'
import type { LobbyHeartbeat } from '../lobby/messages.ts'
import type { Heartbeat } from '../traffic/room-messages.ts'
import type { Context } from './context.ts'
import type { Excluder } from './excluder.ts'
import type { Requests } from './requests.ts'
import type { SlotKeeper } from './slot-keeper.ts'

/** A heartbeat that news call for does not wait for its turn, but a little, so that several news share one. */
const SOON_MS = 100

interface Neighbour {
  readonly peer: PeerId
  readonly addresses: readonly string[]
}

export class Beacon {
  readonly #context: Context
  readonly #slots: SlotKeeper
  readonly #requests: Requests
  readonly #excluder: Excluder
  #sequence = 0
  #listeningSince: Millis = 0
  /** Members that were online when we last looked. */
  #online = new Set<PeerId>()
  /** Whom we told the shell to connect to, the nearest first. */
  #neighbours: readonly Neighbour[] = []

  constructor(context: Context, roles: { slots: SlotKeeper; requests: Requests; excluder: Excluder }) {
    this.#context = context
    this.#slots = roles.slots
    this.#requests = roles.requests
    this.#excluder = roles.excluder
  }

  start(): void {
    const { agenda, now, timing, isLarge } = this.#context
    this.#listeningSince = now
    // In a large room we first listen who beats.
    const wait = isLarge
      ? this.#context.jittered(timing.heartbeatMs)
      : SOON_MS * this.#context.entropy.fraction()
    agenda.set('heartbeat', now + wait, () => this.#beat())
    agenda.setOnce('presence', now + timing.heartbeatMs, () => this.#watch())
    this.#tellPeers()
  }

  /** Shows soon, without waiting for our turn, what we know. */
  beatSoon(): void {
    const { agenda, now, entropy } = this.#context
    agenda.setOnce('show', now + SOON_MS * entropy.fraction(), () => this.#show())
  }

  #beat(): void {
    const { agenda, now, timing, status, isLarge, onlineOthers, beatingOthers } = this.#context
    if (status !== 'joined') return
    // Those who beat share what the room may spend on it.
    const beaters = (isLarge ? beatingOthers : onlineOthers).length + 1
    const interval = timing.heartbeatMs * Math.max(1, beaters / BEATS_MAX)
    agenda.set('heartbeat', now + this.#context.jittered(interval), () => this.#beat())
    if (isLarge && !this.#isNeeded(beatingOthers)) return
    this.#call()
    this.#show()
  }

  /** Whether we beat in a large room: while fewer than 50 do that come before us by their places, or we made a slot or manage (SPEC H6). */
  #isNeeded(beating: readonly PeerId[]): boolean {
    const { table, self, current, management, now, timing } = this.#context
    if (management?.manager === self) return true
    const before = beating.filter((peer) => table.placeOf(peer) < table.placeOf(self))
    // Whoever has just come cannot have heard all who beat: half of those it would have heard by now are enough.
    const heardAllMs = 2 * timing.heartbeatMs * (BEATERS_MAX / BEATS_MAX)
    const seats = BEATERS_MAX * Math.min(1, (now - this.#listeningSince) / heardAllMs)
    return before.length < seats || (current !== undefined && this.#slots.madeAny(current))
  }

  /** In the lobby: where we are, and whether we let others in. */
  #call(): void {
    const { log, root, salt, isReady, addresses, current, group, self, named } = this.#context
    if (root === undefined) return
    const version = named.next(current?.version)
    const sequence = this.#sequence++
    this.#context.beatenAt = this.#context.now
    const members = log.roster.alive.size
    const beat = {
      kind: 'lobby-heartbeat',
      salt,
      sequence,
      willing: isReady && mayAdmit(group.genesis.policy, self),
      root,
      members,
      ...(version && { version }),
      addresses,
    } as const
    this.#context.toLobby('heartbeat', beat)
  }

  /** Under the TEK: our heads, and the slots we are key holder of. */
  #show(): void {
    const { log, current, status } = this.#context
    if (status !== 'joined' || current === undefined) return
    const { heads } = log
    const digest = this.#context.headsDigest(heads)
    const listed = heads.slice(0, HEARTBEAT_HEADS_MAX)
    const held = this.#slots.duties(current)
    this.#context.broadcast('heartbeat', { kind: 'heartbeat', digest, heads: listed, held }, current)
  }

  /**
   * Takes a heartbeat under the TEK. It changes what we ask for and whom we count as online, never the roster. Returns
   * whether it shows that we lack something.
   */
  hear(from: PeerId, beat: Heartbeat, version: VersionId): boolean {
    const { log } = this.#context
    this.hearMember(from)
    this.#excluder.witness(from, beat.heads)
    const all = log.heads
    const same = equals(beat.digest, this.#context.headsDigest(all))
    const lacks = !log.covers(beat.heads) || (!same && beat.heads.length === HEARTBEAT_HEADS_MAX)
    if (lacks) this.#requests.hint(from)
    else this.confirm(from, beat.heads, 'frame')
    this.#slots.compare(from, version, beat.held)
    return lacks
  }

  /**
   * A member other than whoever introduced us knows no more than we do: we are not being fooled (SPEC J6). Only what
   * cannot be a recording counts: a reply to our own question; a frame under the keys we were introduced with; a request
   * that names what we have only just made.
   */
  confirm(from: PeerId, heads: readonly OperationId[], evidence: 'frame' | 'reply' | 'request'): void {
    const context = this.#context
    if (!context.log.roster.alive.has(from) || !context.log.covers(heads)) return
    const isFresh =
      evidence === 'reply' ||
      (evidence === 'frame' && (context.confirmed || context.introducer !== undefined)) ||
      (evidence === 'request' && this.#followAnew(heads))
    if (!isFresh) return
    context.confirmedAt = context.now
    if (from !== context.introducer) context.confirmed = true
  }

  #followAnew(heads: readonly OperationId[]): boolean {
    const { log, anew } = this.#context
    const ours = anew && log.get(anew)
    return ours !== undefined && heads.some((head) => head === anew || log.get(head)?.past.has(ours.index))
  }

  /** Something that only this member could have signed reached us. */
  hearMember(from: PeerId): void {
    if (from !== this.#context.introducer) this.#context.hasHeardOthers = true
    this.supposeOnline(from)
  }

  /** A member that was just admitted is there, though it has not spoken to us yet. */
  supposeOnline(from: PeerId): void {
    const { presence, now, log } = this.#context
    presence.hear(from, now)
    if (log.roster.alive.has(from) && from !== this.#context.self) this.#setOnline(from)
  }

  /** A lobby heartbeat. Who beats for another lineage is not present in ours. */
  hearLobby(from: PeerId, beat: LobbyHeartbeat): void {
    const { presence, now, log, root } = this.#context
    const salt = toString(beat.salt, 'base64')
    const { sequence, addresses, willing } = beat
    if (root !== undefined && beat.root !== root) {
      if (beat.version) this.#context.named.noteForeign(beat.version)
      return
    }
    if (!presence.beat(from, { salt, sequence, addresses, willing }, now)) return
    if (log.roster.alive.has(from) && from !== this.#context.self) this.#setOnline(from)
    this.#meet(from)
  }

  #setOnline(peer: PeerId): void {
    if (this.#online.has(peer)) return
    this.#online.add(peer)
    this.#meet(peer)
    this.#context.notify({ event: 'member', peer, name: this.#context.nameOf(peer), change: 'online' })
  }

  /** Looks once a heartbeat who has fallen silent. */
  #watch(): void {
    const context = this.#context
    const { alive } = context.log.roster
    context.agenda.set('presence', context.now + context.timing.heartbeatMs, () => this.#watch())
    if (this.#neighbours.some(({ peer }) => !context.isOnline(peer) || !alive.has(peer))) this.#tellPeers()
    for (const peer of this.#online) {
      if (alive.has(peer) && context.isOnline(peer)) continue
      this.#online.delete(peer)
      // Who has fallen silent in a large room need not be gone (SPEC H7).
      if (!alive.has(peer) || context.isLarge) continue
      context.notify({ event: 'member', peer, name: context.nameOf(peer), change: 'offline' })
    }
  }

  /** Somebody is there: if it is one of those to connect to, or can be reached elsewhere than before, the shell hears of it. */
  #meet(peer: PeerId): void {
    const { presence } = this.#context
    const known = this.#neighbours.find((neighbour) => neighbour.peer === peer)
    const farthest = this.#neighbours.at(-1)
    const isNews = known
      ? known.addresses.join() !== presence.addressesOf(peer).join()
      : farthest === undefined ||
        this.#neighbours.length < NEIGHBOURS_MAX ||
        this.#context.distanceTo(peer) < this.#context.distanceTo(farthest.peer)
    if (isNews) this.#tellPeers()
  }

  /** Tells the shell whom to connect to: members, or while we are none, whoever beats in the lobby (SPEC H9). */
  #tellPeers(): void {
    const { presence, now, timing, self, onlineOthers, isMember } = this.#context
    const heard = isMember ? onlineOthers : presence.heardSince(now - timing.offlineMs)
    const nearest = this.#context.shuffled(heard.filter((peer) => peer !== self)).slice(0, NEIGHBOURS_MAX)
    this.#neighbours = nearest.map((peer) => ({ peer, addresses: presence.addressesOf(peer) }))
    this.#context.neighbours = nearest
    this.#context.notify({ event: 'peers', peers: this.#neighbours })
  }
}

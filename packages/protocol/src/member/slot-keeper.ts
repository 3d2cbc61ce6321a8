/** Completing our row of the flat table: asking contributors, creating what nobody has (paper §3.4 Join; SPEC H3–H5, V3). */
import { equals } from 'uint8arrays/equals'
import type { Millis, PeerId, Slot, VersionId } from '../ids.ts'
import { generationOf } from '../keys/generation.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { BEATERS_MAX, REQUESTS_MAX } from '../limits.ts'
import { type Management, managementOf } from '../log/management.ts'
import { admitted, compareSeniority, isAdmitting } from '../log/roster.ts'
import type { Heartbeat } from '../traffic/room-messages.ts'
import type { Context } from './context.ts'
import type { Requests } from './requests.ts'

/** Owners of a slot that are asked before it is made anew. */
const OWNERS_ASKED_MAX = 2

/** From so many members online on all but the junior quarter are asked in an order of our own. */
const CONTRIBUTORS_MIN = 16
const CONTRIBUTORS_SHARE = 0.75
/** Of how many neighbours those are looked for that have most of what is lacking. */
const CANDIDATES_MAX = 48

/** Where there are many, whoever made a slot second is given so many heartbeats to fetch the first one's key. */
const SETTLING_HEARTBEATS = 3

/** Slots shown by turns with each heartbeat: the whole row in eight of them, for a hundred bytes each. */
const TURN = 16

export class SlotKeeper {
  readonly #context: Context
  readonly #requests: Requests
  /** Whom we asked for each slot of this version. */
  #asked = new Map<Slot, Set<PeerId>>()
  #version: VersionId | undefined
  /** Slots for which another key than ours was shown since our last heartbeat: the next one answers with ours. */
  readonly #contested = new Set<Slot>()
  /** Since when somebody junior to its maker has shown another key than ours. */
  readonly #settlingSince = new Map<Slot, Millis>()
  /** Where the next heartbeat goes on showing slots that are not our duty. */
  #turn = 0

  constructor(context: Context, requests: Requests) {
    this.#context = context
    this.#requests = requests
  }

  /**
   * Takes the next steps towards a full row. Each slot is asked of its most senior owner online, then of the next: who
   * has been here longest has it, or makes it, and its key would stand against ours. What two owners lack, we make.
   */
  advance(): void {
    const { current, status, agenda } = this.#context
    if (current === undefined || status !== 'joined') return
    if (this.#managed(current)) {
      this.#advanceManaged(current)
      return
    }
    if (agenda.has('slots')) return
    if (this.#version !== current.version) {
      const isFirst = this.#version === undefined
      this.#version = current.version
      this.#asked = new Map()
      this.#settlingSince.clear()
      if (current.version === this.#context.witnessedRefresh) {
        this.#makeAnew(current)
        return
      }
      if (isFirst && this.#context.cameLast) this.#makeOwn(current)
    }
    // Whoever answers first makes room for the next: until then it need not be worked out anew with every message.
    if (this.#requests.count('slots') >= REQUESTS_MAX) return
    const missing = this.#missing(current)
    if (missing.length === 0) return
    const { toAsk, toCreate } = this.#share(missing)
    for (const [to, slots] of [...toAsk].sort(([, a], [, b]) => b.length - a.length)) {
      if (this.#requests.count('slots') >= REQUESTS_MAX) break
      for (const slot of slots) this.#askedFor(slot).add(to)
      this.#requests.ask({ purpose: 'slots', to, want: { version: current.version, slots } })
    }
    this.#create(current, toCreate)
  }

  /**
   * Nobody had slots of this refresh before us. Those that are not ours to make are fetched, when their makers have had the
   * time and not by all at once (SPEC K15).
   */
  #makeAnew(keys: VersionKeys): void {
    const { agenda, now, timing, entropy } = this.#context
    this.#makeOwn(keys)
    agenda.set('slots', now + timing.slotsMs * (1 + entropy.fraction()), () => undefined)
  }

  /** Makes the slots that nobody online owns who has been here longer: several who come at once need not all make the same (SPEC H5). */
  #makeOwn(keys: VersionKeys): void {
    const { table, log, self } = this.#context
    const own = log.admissionOf(self)
    const seniors = this.#seniorsOnline().filter((peer) => {
      const theirs = log.admissionOf(peer)
      return own && theirs && compareSeniority(theirs, own) < 0
    })
    const missing = this.#missing(keys)
    this.#create(
      keys,
      missing.filter((slot) => !seniors.some((peer) => table.of(peer).has(slot))),
    )
  }

  #managed(keys: VersionKeys): Management | undefined {
    const version = this.#context.log.get(keys.version)
    return version && managementOf(version)
  }

  /** In a managed generation its manager makes the whole table, or a tree, and all others fetch their rows, or paths, from it (SPEC V3, V7). */
  #advanceManaged(keys: VersionKeys): void {
    const { agenda, now, timing, entropy, table, self, log, ring } = this.#context
    const [management, version] = [this.#managed(keys), log.get(keys.version)]
    if (management === undefined || version === undefined) return
    const { manager, scheme } = management
    const isTree = scheme === 'centralized-tree'
    if (manager === self) {
      if (isTree) ring.trees.ours(version, this.#context)
      else if (keys.slots.size === 0 && keys.version === this.#context.begun) this.#create(keys, table.all)
      return
    }
    const slots = isTree ? [] : this.#missing(keys)
    const isLacking = isTree ? ring.trees.lacks(version) : slots.length > 0
    if (!isLacking || agenda.has('slots') || this.#requests.count('slots') > 0) return
    const share = Math.max(1, log.roster.alive.size / BEATERS_MAX)
    agenda.set('slots', now + timing.slotsMs * share * (1 + entropy.fraction()), () => undefined)
    const isNew = this.#version !== keys.version
    this.#version = keys.version
    // It has to make them first, and not all may ask at the same moment.
    if (!isNew) this.#requests.ask({ purpose: 'slots', to: manager, want: { version: keys.version, slots } })
  }

  /** Whether we hold all that is ours to hold of a version. */
  isComplete(keys: VersionKeys): boolean {
    const management = this.#managed(keys)
    if (management === undefined) return this.#missing(keys).length === 0
    const { ring, log, self } = this.#context
    const version = log.get(keys.version)
    if (version && management.scheme === 'centralized-tree')
      return management.manager !== self || ring.trees.ours(version, this.#context) !== undefined
    const due = management.manager === self ? this.#context.table.size : this.#context.ownSlots.size
    return keys.slots.size >= due
  }

  /** Whether we manage a version's generation that this process did not begin, and have no table of it (SPEC V6). */
  isTableLost(keys: VersionKeys): boolean {
    const { log, self, begun } = this.#context
    const version = log.get(keys.version)
    const isOurs = version !== undefined && generationOf(version).operation.id === begun
    return this.#managed(keys)?.manager === self && !isOurs && !this.isComplete(keys)
  }

  /**
   * Slots that we lack and that are not under way, in ascending order. Where there are many a late answer is waited for: a part
   * of the row will do meanwhile, and if all asked twice where answers take long they would take the longer.
   */
  #missing(keys: VersionKeys): Slot[] {
    const lacking = [...this.#context.ownSlots].filter((slot) => !keys.slots.has(slot))
    // With every message: whoever has its row does not look at who is online.
    if (lacking.length === 0) return lacking
    const underWay = this.#requests.slotsAsked(this.#context.onlineOthers.length >= CONTRIBUTORS_MIN)
    return lacking.filter((slot) => !underWay.has(slot)).sort((a, b) => a - b)
  }

  #share(missing: readonly Slot[]): { toAsk: Map<PeerId, Slot[]>; toCreate: Slot[] } {
    const contributors = this.#contributors(missing)
    const toAsk = new Map<PeerId, Slot[]>()
    const toCreate: Slot[] = []
    for (const slot of missing) {
      const asked = this.#askedFor(slot)
      const owner = contributors.find((peer) => this.#mayAsk(peer, slot))
      if (owner === undefined || asked.size >= OWNERS_ASKED_MAX) toCreate.push(slot)
      else toAsk.set(owner, [...(toAsk.get(owner) ?? []), slot])
    }
    return { toAsk, toCreate }
  }

  #seniorsOnline(): PeerId[] {
    const { onlineOthers, log } = this.#context
    const bySeniority = (a: PeerId, b: PeerId): number => {
      const [x, y] = [log.admissionOf(a), log.admissionOf(b)]
      return x && y ? compareSeniority(x, y) : 0
    }
    return onlineOthers.sort(bySeniority)
  }

  /**
   * Whom to ask for slots, first those who have been here longest. Where there are many, those who are no newcomers have them
   * all alike, and each of us turns to others of them: to its neighbours, and first to those that share most with it.
   */
  #contributors(missing: readonly Slot[]): PeerId[] {
    const seniors = this.#seniorsOnline()
    if (seniors.length < CONTRIBUTORS_MIN) return seniors
    const settled = Math.floor(seniors.length * CONTRIBUTORS_SHARE)
    const neighbours = this.#context.shuffled(seniors.slice(0, settled))
    const first = this.#fullest(neighbours.slice(0, CANDIDATES_MAX), missing)
    return [...first, ...neighbours, ...seniors.slice(settled)]
  }

  /** As many as are asked at a time, each of whom has most of what those before it lack. */
  #fullest(candidates: readonly PeerId[], missing: readonly Slot[]): PeerId[] {
    let left = missing
    const fullest: PeerId[] = []
    for (let asked = 0; asked < REQUESTS_MAX; asked++) {
      const shares = candidates.map((peer) => left.filter((slot) => this.#mayAsk(peer, slot)).length)
      const best = candidates[shares.indexOf(Math.max(...shares))]
      if (best === undefined) break
      fullest.push(best)
      left = left.filter((slot) => !this.#mayAsk(best, slot))
    }
    return fullest
  }

  /** Whether somebody owns a slot, and was not asked for it yet. */
  #mayAsk(peer: PeerId, slot: Slot): boolean {
    return this.#context.table.of(peer).has(slot) && this.#asked.get(slot)?.has(peer) !== true
  }

  #askedFor(slot: Slot): Set<PeerId> {
    const asked = this.#asked.get(slot) ?? new Set<PeerId>()
    this.#asked.set(slot, asked)
    return asked
  }

  /** Nobody that we can reach has these: a fresh key each, with us as its maker. */
  #create(keys: VersionKeys, slots: readonly Slot[]): void {
    const { log, self, entropy, ring } = this.#context
    const admission = log.admissionOf(self)
    if (admission === undefined) return
    for (const slot of slots) {
      ring.put(keys, slot, { kek: entropy.bytes(32), creator: admission.operation.id })
    }
  }

  /**
   * Slots that we are key holder of: those whose maker is us, or whose maker is offline while we come first among the
   * online owners. Everybody works this out alike; a tie only means that the same key is announced twice (SPEC H3).
   */
  duties(keys: VersionKeys): Heartbeat['held'] {
    // What one member made, and alone gives, nobody has two keys of.
    if (this.#managed(keys)) return []
    const { self, isOnDuty, onDuty } = this.#context
    const online = isOnDuty ? [self, ...onDuty] : onDuty
    const places = new Map(online.map((peer) => [peer, this.#context.table.placeOf(peer) % 65_536]))
    const turn = this.#nextTurn(keys)
    const held: { slot: Slot; check: Uint8Array }[] = []
    for (const [slot, { creator }] of keys.slots) {
      const check = keys.check(slot)
      const isOurs = this.#holderOf(slot, this.#makerOf(creator), places) === this.#context.self
      const isShown = isOurs || this.#contested.has(slot) || turn.has(slot)
      if (check && isShown) held.push({ slot, check })
    }
    this.#contested.clear()
    return held.sort((a, b) => a.slot - b.slot)
  }

  /** Whether we made a slot's key, so that we are its key holder. */
  madeAny({ slots }: VersionKeys): boolean {
    return [...slots.values()].some(({ creator }) => this.#makerOf(creator) === this.#context.self)
  }

  /**
   * A few slots more, others each time. Two members with different keys of a slot can each take the other for its holder, so
   * that neither would ever show its own.
   */
  #nextTurn(keys: VersionKeys): ReadonlySet<Slot> {
    const slots = [...keys.slots.keys()].sort((a, b) => a - b)
    const start = slots.length === 0 ? 0 : this.#turn % slots.length
    this.#turn = start + TURN
    return new Set(slots.slice(start, start + TURN))
  }

  #makerOf(creator: VersionId): PeerId | undefined {
    const entry = this.#context.log.get(creator)
    return entry && isAdmitting(entry) ? admitted(entry) : undefined
  }

  #holderOf(slot: Slot, maker: PeerId | undefined, places: ReadonlyMap<PeerId, number>): PeerId | undefined {
    if (maker !== undefined && places.has(maker)) return maker
    let holder: PeerId | undefined
    let lowest = Infinity
    for (const [peer, place] of places) {
      if (!this.#context.table.of(peer).has(slot)) continue
      // Each slot starts its round elsewhere, so that no one member takes over everything.
      const distance = (place + slot * 40_503) % 65_536
      if (distance < lowest) [holder, lowest] = [peer, distance]
    }
    return holder
  }

  /** A key holder shows another key than ours for a slot: one of us made it second, and has to fetch (SPEC H4). */
  compare(from: PeerId, version: VersionId, held: Heartbeat['held']): void {
    const keys = this.#context.current
    if (keys === undefined || keys.version !== version || this.#managed(keys)) return
    const differing = held.filter(({ slot, check }) => {
      const own = keys.check(slot)
      return own !== undefined && !equals(own, check)
    })
    for (const { slot } of differing) this.#contested.add(slot)
    const slots = differing.map(({ slot }) => slot).filter((slot) => !this.#isSettling(keys, slot, from))
    if (slots.length === 0 || this.#requests.count('slots') >= REQUESTS_MAX) return
    this.#requests.ask({ purpose: 'slots', to: from, want: { version, slots } })
  }

  /**
   * Whether another key of a slot will most likely go by itself: it is shown by somebody junior to the maker of ours, who shows
   * that one the key that stands. Else all of a large room would ask each time for a key that none of them takes.
   */
  #isSettling(keys: VersionKeys, slot: Slot, from: PeerId): boolean {
    const { log, now, timing, onlineOthers } = this.#context
    const creator = keys.slots.get(slot)?.creator
    const [maker, shower] = [creator && log.get(creator), log.admissionOf(from)]
    const isSenior = maker && shower && compareSeniority(maker, shower) < 0
    if (!isSenior || onlineOthers.length < CONTRIBUTORS_MIN) return false
    const since = this.#settlingSince.get(slot) ?? -Infinity
    const patience = SETTLING_HEARTBEATS * timing.heartbeatMs
    // What began long ago was another time.
    if (now - since > 2 * patience) this.#settlingSince.set(slot, now)
    return now - since < patience || now - since > 2 * patience
  }
}

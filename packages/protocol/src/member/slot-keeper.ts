/** Completing our row of the flat table: asking contributors, creating what nobody has (paper §3.4 Join; SPEC H1–H5). */
import { equals } from 'uint8arrays/equals'
import type { PeerId, Slot, VersionId } from '../ids.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { REQUESTS_MAX } from '../limits.ts'
import { admitted, isAdmitting } from '../log/roster.ts'
import type { Heartbeat } from '../traffic/room-messages.ts'
import type { Context } from './context.ts'
import type { Requests } from './requests.ts'

export class SlotKeeper {
  readonly #context: Context
  readonly #requests: Requests
  /** Members that were asked for slots of this version; who lacked one will not get it sooner than we. */
  #asked = new Set<PeerId>()
  #version: VersionId | undefined

  constructor(context: Context, requests: Requests) {
    this.#context = context
    this.#requests = requests
  }

  /** Takes the next steps towards a full row: up to four requests at a time, each to whoever has most of what is left. */
  advance(): void {
    const { current, status } = this.#context
    if (current === undefined || status !== 'joined') return
    if (this.#version !== current.version) {
      this.#version = current.version
      this.#asked = new Set()
    }
    while (this.#requests.count('slots') < REQUESTS_MAX) {
      const underWay = this.#requests.slotsUnderWay
      const missing = this.#missing(current).filter((slot) => !underWay.has(slot))
      const best = this.#bestContributor(missing)
      if (best === undefined) break
      this.#asked.add(best.peer)
      this.#requests.ask({
        purpose: 'slots',
        to: best.peer,
        want: { version: current.version, slots: best.slots },
      })
    }
    if (this.#requests.count('slots') === 0) this.#create(current)
  }

  #missing(keys: VersionKeys): Slot[] {
    return [...this.#context.ownSlots].filter((slot) => !keys.slots.has(slot)).sort((a, b) => a - b)
  }

  #bestContributor(missing: readonly Slot[]): { peer: PeerId; slots: Slot[] } | undefined {
    let best: { peer: PeerId; slots: Slot[] } | undefined
    for (const peer of this.#context.onlineOthers) {
      if (this.#asked.has(peer)) continue
      const owned = this.#context.table.of(peer)
      const slots = missing.filter((slot) => owned.has(slot))
      if (slots.length > (best?.slots.length ?? 0)) best = { peer, slots }
    }
    return best
  }

  /** Nobody that we can reach has these: a fresh key each, with us as its maker. */
  #create(keys: VersionKeys): void {
    const { log, self, entropy, ring } = this.#context
    const admission = log.admissionOf(self)
    if (admission === undefined) return
    for (const slot of this.#missing(keys)) {
      ring.put(keys, slot, { kek: entropy.bytes(32), creator: admission.operation.id })
    }
  }

  /**
   * Slots that we are key holder of: those whose maker is us, or whose maker is offline while we come first among the
   * online owners. Everybody works this out alike; a tie only means that the same key is announced twice (SPEC H3).
   */
  duties(keys: VersionKeys): Heartbeat['held'] {
    const online = [this.#context.self, ...this.#context.onlineOthers]
    const places = new Map(online.map((peer) => [peer, this.#place(peer)]))
    const held: { slot: Slot; check: Uint8Array }[] = []
    for (const [slot, { creator }] of keys.slots) {
      const check = keys.check(slot)
      if (check && this.#holderOf(slot, this.#makerOf(creator), places) === this.#context.self)
        held.push({ slot, check })
    }
    return held.sort((a, b) => a.slot - b.slot)
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

  /** A peer's fixed place among 65,536: its first symbols, which nobody chooses. */
  #place(peer: PeerId): number {
    let place = 0
    for (const slot of this.#context.table.of(peer)) {
      place = (place * 31 + slot) % 65_536
    }
    return place
  }

  /** A key holder shows another key than ours for a slot: one of us made it second, and has to fetch (SPEC H4). */
  compare(from: PeerId, version: VersionId, held: Heartbeat['held']): void {
    const keys = this.#context.current
    if (keys === undefined || keys.version !== version) return
    const differing = held.filter(({ slot, check }) => {
      const own = keys.check(slot)
      return own !== undefined && !equals(own, check)
    })
    if (differing.length === 0 || this.#requests.count('slots') >= REQUESTS_MAX) return
    const slots = differing.map(({ slot }) => slot)
    this.#requests.ask({ purpose: 'slots', to: from, want: { version, slots } })
  }
}

/**
 * The key relay: hands a version's secret on under slots that the change's author lacked, so that members it could not
 * reach need not ask one by one (paper §3.4 Leave; SPEC K14); and after a long partition under the keys of the side that
 * has no others, so that all of it has the version at once (SPEC K17).
 */
import type { PeerId, Slot, VersionId } from '../ids.ts'
import { coverOfKnown, relaySlots } from '../keys/cover.ts'
import { wrapSecret } from '../keys/derivation.ts'
import { isOutdated } from '../keys/generation.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { changeHeader } from '../log/operation.ts'
import { type ChangeEntry, type Entry, isChange } from '../log/roster.ts'
import type { Relayed } from '../traffic/room-messages.ts'
import type { Context } from './context.ts'

export class KeyRelay {
  readonly #context: Context
  /** Slots under which relays have handed on a version already, by version and what it was wrapped under. */
  readonly #relayed = new Map<string, Set<Slot>>()
  /** Versions that we have waited for, or had no reason to. */
  readonly #awaited = new Set<VersionId>()

  constructor(context: Context) {
    this.#context = context
  }

  /** A version became ours by its key parent: if its author left members out that we can reach, we take our turn. */
  plan(entry: Entry): void {
    const { ring, self } = this.#context
    const parent = isChange(entry) ? ring.get(entry.operation.body.keyParent) : undefined
    if (isChange(entry) && parent && entry.operation.author !== self) this.#takeTurn(entry, parent)
  }

  /**
   * We were given a version that no key of ours led to, while we spoke under another one: so others on our side hold no key
   * that leads to it either, and get it from one of us, under what they do hold (SPEC K17).
   */
  bridge(entry: Entry, before: VersionKeys): void {
    const isLed = isChange(entry) && this.#context.ring.get(entry.operation.body.keyParent) !== undefined
    if (isChange(entry) && !isLed) this.#takeTurn(entry, before)
  }

  #takeTurn(entry: ChangeEntry, base: VersionKeys): void {
    const { agenda, now, timing } = this.#context
    const name = `relay ${entry.operation.id}`
    if (this.#leftOut(entry, base).length === 0 || agenda.has(name)) return
    const wait = timing.sealStepMs * (0.25 + 0.5 * this.#context.rank(name))
    agenda.set(name, now + wait, () => this.#relay(entry, base))
  }

  /** Whether somebody may still hand us a version that we cannot open: until then we need not ask for it. */
  mayCome(entry: Entry): boolean {
    const { agenda, now } = this.#context
    const name = `await relay ${entry.operation.id}`
    if (isChange(entry) && !this.#awaited.has(entry.operation.id)) {
      this.#awaited.add(entry.operation.id)
      agenda.set(name, now + this.#patienceFor(entry), () => undefined)
    }
    return agenda.has(name)
  }

  /**
   * Two steps while we hold slots that a relay may use. Where no key of ours leads to the version, the first of us to ask is
   * the relay of the others, so we ask in ranks.
   */
  #patienceFor(entry: ChangeEntry): number {
    const { ring, spokenUnder, timing } = this.#context
    const parent = ring.get(entry.operation.body.keyParent)
    const base = parent ?? spokenUnder
    if (base === undefined || this.#usable(entry, base).length === 0) return 0
    const turns = parent ? 4 : this.#context.rank(`ask ${entry.operation.id}`)
    return (timing.sealStepMs * Math.min(turns, 4)) / 2
  }

  /** Another relay's wraps: they may open the version for us, and are not repeated by us. */
  hear({ version, under, wraps }: Relayed): void {
    const { log, ring, now } = this.#context
    const entry = log.get(version)
    if (entry === undefined) return
    const name = `${version} ${under}`
    const relayed = this.#relayed.get(name) ?? new Set<Slot>()
    this.#relayed.set(name, relayed)
    for (const { slot } of wraps) relayed.add(slot)
    ring.openWith(entry, { under, wraps }, now)
  }

  #relay(entry: ChangeEntry, base: VersionKeys): void {
    const context = this.#context
    const { group, ring, table, log } = context
    const { body, id } = entry.operation
    const secret = ring.get(id)?.secret
    const baseEntry = log.get(base.version)
    const isUsable = ring.get(base.version) === base && baseEntry && !isOutdated(log.roster, baseEntry)
    if (!isUsable || secret === undefined) return
    const members = this.#leftOut(entry, base)
    const { slots } = coverOfKnown({ usable: this.#usable(entry, base), members, table })
    this.#relayed.delete(`${id} ${base.version}`)
    if (slots.length === 0) return
    const header = changeHeader(group, entry.operation, body)
    const wraps = slots.flatMap((slot) => {
      const held = base.slots.get(slot)
      return held ? [{ slot, wrapped: wrapSecret(group, { kek: held.kek, slot, header }, secret) }] : []
    })
    context.broadcast('relay', { kind: 'relayed', version: id, under: base.version, wraps }, base)
  }

  #usable({ operation }: ChangeEntry, base: VersionKeys): Slot[] {
    const { log, table } = this.#context
    return relaySlots(log, operation.body, base, table)
  }

  /** Members that hold no slot of `base` under which the version was wrapped, by its author or by a relay we heard. */
  #leftOut(entry: ChangeEntry, base: VersionKeys): PeerId[] {
    const { others, table } = this.#context
    const { author, body, id } = entry.operation
    const own = body.keyParent === base.version ? body.wraps.map(({ slot }) => slot) : []
    const reached = new Set([...own, ...(this.#relayed.get(`${id} ${base.version}`) ?? [])])
    return others.filter((peer) => peer !== author && ![...table.of(peer)].some((slot) => reached.has(slot)))
  }
}

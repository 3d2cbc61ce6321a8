/**
 * The key relay: hands a version's secret on under slots that the change's author lacked, so that members it could not
 * reach need not ask one by one (paper §3.4 Leave; SPEC K14).
 */
import type { PeerId, Slot, VersionId } from '../ids.ts'
import { coverOfKnown, relaySlots } from '../keys/cover.ts'
import { wrapSecret } from '../keys/derivation.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { RELAYED_MAX } from '../limits.ts'
import { changeHeader } from '../log/operation.ts'
import { type ChangeEntry, type Entry, isChange } from '../log/roster.ts'
import type { Relayed } from '../traffic/room-messages.ts'
import type { Context } from './context.ts'

export class KeyRelay {
  readonly #context: Context
  /** Slots under which relays have handed on a version already; of the versions heard of last. */
  readonly #relayed = new Map<VersionId, Set<Slot>>()
  /** Versions that we have waited for, or had no reason to; the last ones. */
  readonly #awaited = new Set<VersionId>()

  constructor(context: Context) {
    this.#context = context
  }

  /** A version became ours: if its author left members out that we can reach, we take our turn. */
  plan(entry: Entry): void {
    const { agenda, now, timing, ring, self } = this.#context
    const keys = ring.get(entry.operation.id)
    if (!isChange(entry) || keys === undefined || entry.operation.author === self) return
    const { id } = entry.operation
    const leftOut = this.#leftOut(entry)
    if (leftOut.length === 0 || agenda.has(`relay ${id}`)) return
    // Those who have nothing to hand on have no turn: else those who wait for it would be done waiting before ours.
    const wait = timing.sealStepMs * (0.25 + 0.5 * this.#context.rank(`relay ${id}`, leftOut))
    agenda.set(`relay ${id}`, now + wait, () => this.#relay(entry, keys))
  }

  /** Whether somebody may still hand us a version that its author did not: for two steps we need not ask for it. */
  mayCome(entry: Entry): boolean {
    const { agenda, now, timing, ring } = this.#context
    const name = `await relay ${entry.operation.id}`
    if (isChange(entry) && !this.#awaited.has(entry.operation.id)) {
      this.#awaited.add(entry.operation.id)
      dropOldest(this.#awaited)
      const parent = ring.get(entry.operation.body.keyParent)
      const isReachable = parent !== undefined && this.#usable(entry, parent).length > 0
      if (isReachable) agenda.set(name, now + 2 * timing.sealStepMs, () => undefined)
    }
    return agenda.has(name)
  }

  /** Another relay's wraps: they may open the version for us, and are not repeated by us. */
  hear({ version, wraps }: Relayed): void {
    const { log, ring, now } = this.#context
    const entry = log.get(version)
    if (entry === undefined) return
    const relayed = this.#relayed.get(version) ?? new Set<Slot>()
    this.#relayed.set(version, relayed)
    for (const { slot } of wraps) relayed.add(slot)
    dropOldest(this.#relayed)
    ring.openWith(entry, wraps, now)
  }

  #relay(entry: ChangeEntry, keys: VersionKeys): void {
    const context = this.#context
    const { group, ring, table } = context
    const { body, id } = entry.operation
    const parent = ring.get(body.keyParent)
    const { secret } = keys
    if (parent === undefined || secret === undefined) return
    const usable = this.#usable(entry, parent)
    const { slots } = coverOfKnown({ usable, members: this.#leftOut(entry), table })
    this.#relayed.delete(id)
    if (slots.length === 0) return
    const header = changeHeader(group, entry.operation, body)
    const wraps = slots.flatMap((slot) => {
      const held = parent.slots.get(slot)
      return held ? [{ slot, wrapped: wrapSecret(group, { kek: held.kek, slot, header }, secret) }] : []
    })
    context.broadcast('relay', { kind: 'relayed', version: id, wraps }, parent)
  }

  #usable({ operation }: ChangeEntry, parent: VersionKeys): Slot[] {
    const { log, table } = this.#context
    return relaySlots(log, operation.body, parent, table)
  }

  /** Members that hold no slot under which the version was wrapped, by its author or by a relay we heard. */
  #leftOut(entry: ChangeEntry): PeerId[] {
    const { others, table } = this.#context
    const { author, body, id } = entry.operation
    const reached = new Set([...body.wraps.map(({ slot }) => slot), ...(this.#relayed.get(id) ?? [])])
    return others.filter((peer) => peer !== author && ![...table.of(peer)].some((slot) => reached.has(slot)))
  }
}

function dropOldest(versions: Map<VersionId, unknown> | Set<VersionId>): void {
  const oldest = versions.keys().next()
  if (versions.size > RELAYED_MAX && !oldest.done) versions.delete(oldest.value)
}

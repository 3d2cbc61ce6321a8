/** The keys of one version as one member holds them. Mutable, so that an erased key is overwritten (SPEC M7). */
import { compare } from 'uint8arrays/compare'
import type { Group } from '../group/genesis.ts'
import type { AdmissionId, Millis, Slot, VersionId } from '../ids.ts'
import { REVISION_SKIP_MAX } from '../limits.ts'
import { advanceTek, chainOf, checkOf, nextKek, tekOf } from './derivation.ts'

/** A KEK and the admission whose member made it: of two keys of one slot, the more senior maker's stands (SPEC H4). */
export interface SlotKey {
  readonly kek: Uint8Array
  readonly creator: AdmissionId
}

export interface VersionKeysInit {
  readonly version: VersionId
  readonly chain: Uint8Array
  readonly revision: number
  readonly tek: Uint8Array
  readonly now: Millis
  /** `s_v`, when we were entitled to it. */
  readonly secret?: Uint8Array
}

export class VersionKeys {
  readonly version: VersionId
  readonly chain: Uint8Array
  readonly slots = new Map<Slot, SlotKey>()
  /** Key-check values that were worked out: heartbeats show and compare the same ones again and again. */
  readonly #checks = new Map<Slot, Uint8Array>()
  readonly madeAt: Millis
  /** When another version took its place. */
  supersededAt: Millis | undefined
  /** When we last advanced its revision for a newcomer of ours: those within half a second share a step. */
  steppedAt: Millis = -Infinity
  #secret: Uint8Array | undefined
  readonly #group: Group
  #revision: number
  #tek: Uint8Array
  /** Earlier revisions, kept a little while for frames that are under way. */
  readonly #late = new Map<number, { tek: Uint8Array; until: Millis }>()

  constructor(group: Group, init: VersionKeysInit) {
    this.#group = group
    this.version = init.version
    this.chain = init.chain
    this.#revision = init.revision
    this.#tek = init.tek
    this.madeAt = init.now
    this.#secret = init.secret
  }

  /** A version from its secret; `nonce`: the one in its operation. Its slots are put or moved on besides. */
  static from(
    group: Group,
    of: { version: VersionId; nonce: Uint8Array; secret: Uint8Array; now: Millis },
  ): VersionKeys {
    const { version, nonce, secret, now } = of
    const [chain, tek] = [chainOf(group, nonce, secret), tekOf(group, version, secret)]
    return new VersionKeys(group, { version, chain, revision: 0, tek, now, secret })
  }

  /** Every slot of the key parent, one step on (SPEC K3). */
  moveOn(parent: Pick<VersionKeys, 'slots'>): void {
    for (const [slot, { kek, creator }] of parent.slots) {
      const at = { version: this.version, slot }
      this.slots.set(slot, { kek: nextKek(this.#group, at, { kek, chain: this.chain }), creator })
    }
  }

  get revision(): number {
    return this.#revision
  }

  get tek(): Uint8Array {
    return this.#tek
  }

  get secret(): Uint8Array | undefined {
    return this.#secret
  }

  /** Every TEK that is held as it is: of the current revision, and of those kept for late traffic. */
  get heldTeks(): ReadonlyMap<number, Uint8Array> {
    const late = [...this.#late].map(([revision, { tek }]) => [revision, tek] as const)
    return new Map([...late, [this.#revision, this.#tek]])
  }

  /** The TEK of a revision: current, late, or reached by hashing ahead; undefined when it is out of reach. */
  tekAt(revision: number): Uint8Array | undefined {
    if (revision === this.#revision) return this.#tek
    if (revision < this.#revision) return this.#late.get(revision)?.tek
    if (revision > this.#revision + REVISION_SKIP_MAX) return undefined
    let tek = this.#tek
    for (let r = this.#revision + 1; r <= revision; r++) {
      tek = advanceTek(this.#group, this.version, { tek, revision: r })
    }
    return tek
  }

  /** Moves on to a revision that an admission in the log names. Never back. */
  advanceTo(revision: number, at: { now: Millis; lateMs: number }): void {
    while (this.#revision < revision) {
      this.#late.set(this.#revision, { tek: this.#tek, until: at.now + at.lateMs })
      this.#revision++
      this.#tek = advanceTek(this.#group, this.version, { tek: this.#tek, revision: this.#revision })
    }
  }

  /** The lowest revision that is still held, for a member that may read from the start. */
  get earliest(): { revision: number; tek: Uint8Array } {
    // Revisions only grow, so the first that was put there is the lowest.
    const [first] = this.#late
    return first ? { revision: first[0], tek: first[1].tek } : { revision: this.#revision, tek: this.#tek }
  }

  /**
   * Takes a slot's key unless we hold one whose maker is more senior. One maker can have made two, before and after it lost
   * the first; then the smaller key stands, so that all come to hold the same.
   */
  put(slot: Slot, key: SlotKey, isSenior: (a: AdmissionId, b: AdmissionId) => boolean): boolean {
    const held = this.slots.get(slot)
    const isTwin = held !== undefined && held.creator === key.creator
    if (isTwin ? compare(key.kek, held.kek) >= 0 : held && !isSenior(key.creator, held.creator)) return false
    this.slots.set(slot, key)
    this.#checks.delete(slot)
    return true
  }

  /** The key-check value of a slot we hold. */
  check(slot: Slot): Uint8Array | undefined {
    const held = this.slots.get(slot)
    const known = this.#checks.get(slot)
    if (held === undefined || known !== undefined) return known
    const check = checkOf(this.#group, { version: this.version, slot }, held.kek)
    this.#checks.set(slot, check)
    return check
  }

  /** Erases what has had its time (SPEC K13). */
  eraseLate(now: Millis, retentionMs: number): void {
    for (const [revision, late] of this.#late) {
      if (late.until > now) continue
      late.tek.fill(0)
      this.#late.delete(revision)
    }
    // Added up as in `nextErasure`: a difference can be rounded to the other side, and we would be due for ever.
    if (this.#secret && this.madeAt + retentionMs <= now) {
      this.#secret.fill(0)
      this.#secret = undefined
    }
  }

  /** Overwrites every key. Best effort: JavaScript promises nothing about copies the engine made. */
  erase(): void {
    for (const { tek } of this.#late.values()) tek.fill(0)
    for (const { kek } of this.slots.values()) kek.fill(0)
    this.#late.clear()
    this.slots.clear()
    this.#checks.clear()
    this.#tek.fill(0)
    this.chain.fill(0)
    this.#secret?.fill(0)
    this.#secret = undefined
  }

  /** When something here is due for erasure next. */
  nextErasure(retentionMs: number): Millis {
    let next = this.#secret ? this.madeAt + retentionMs : Infinity
    for (const { until } of this.#late.values()) next = Math.min(next, until)
    return next
  }
}

/** All key state of one member, by version: opening changes, moving slots on, choosing what to send under, erasing. */
import type { Group } from '../group/genesis.ts'
import type { AdmissionId, Millis, Slot, VersionId } from '../ids.ts'
import type { MembershipLog } from '../log/membership-log.ts'
import type { Wrap } from '../log/operation.ts'
import { type ChangeEntry, compareSeniority, type Entry, isChange } from '../log/roster.ts'
import type { Timing } from '../timing.ts'
import type { PathKeys } from '../tree/messages.ts'
import { chainOf, fitsCommitment, nextKek, tekOf } from './derivation.ts'
import { openChange } from './new-change.ts'
import { TreeKeys } from './tree-keys.ts'
import { type SlotKey, VersionKeys } from './version-keys.ts'

/** Key state as one member hands it to another. */
export interface HandedKeys {
  readonly version: VersionId
  readonly revision: number
  readonly tek: Uint8Array
  readonly chain: Uint8Array
  readonly secret?: Uint8Array
  readonly slots: readonly (SlotKey & { readonly slot: Slot })[]
  /** In a generation with a key tree, from its manager: the receiver's path (SPEC V7). */
  readonly path?: PathKeys
}

export interface AcceptContext {
  readonly now: Millis
  /** Whether a key of the slot by that maker is for us to take: nobody plants a key that it must not know (SPEC K11). */
  mayGive(slot: Slot, creator: AdmissionId): boolean
  /** Whether whoever hands us the keys may give us our path. */
  readonly isManager: boolean
}

export class KeyRing {
  readonly #group: Group
  readonly #log: MembershipLog
  readonly #timing: Timing
  readonly #held = new Map<VersionId, VersionKeys>()
  /** The {@link generation} in which the slots of keys last changed. */
  readonly #movedAt = new WeakMap<VersionKeys, number>()
  /** How far what a change is opened with had changed when it was last tried. */
  readonly #triedWith = new WeakMap<Entry, number>()
  /** Versions whose keys were erased: never asked for again. */
  readonly #erased = new Set<VersionId>()

  /** Key trees, and our paths in others'. */
  readonly trees: TreeKeys

  /** Grows whenever a version's keys come or go. */
  generation = 0

  constructor(group: Group, log: MembershipLog, timing: Timing) {
    this.#group = group
    this.#log = log
    this.#timing = timing
    this.trees = new TreeKeys(group, log)
  }

  get(version: VersionId): VersionKeys | undefined {
    return this.#held.get(version)
  }

  isErased(version: VersionId): boolean {
    return this.#erased.has(version)
  }

  get versions(): VersionKeys[] {
    return [...this.#held.values()]
  }

  /** Opens every change that the keys we hold can open. Returns the versions that became ours. */
  openAll(now: Millis): VersionKeys[] {
    const opened: VersionKeys[] = []
    // Ancestors first, so one pass opens a chain of changes.
    for (const entry of [...this.#log.versions].reverse()) {
      // Else changes that nobody can open, of which anybody can make many, would be tried whenever any key comes or goes.
      if (!isChange(entry) || this.#triedWith.get(entry) === this.#meansOf(entry)) continue
      const secret = this.#open(entry)
      const means = this.#meansOf(entry)
      if (means !== undefined) this.#triedWith.set(entry, means)
      if (secret && !this.#isOurs(entry)) opened.push(this.install(entry, secret, now))
    }
    return opened
  }

  /** How far what would open a change has changed; undefined while there is nothing. */
  #meansOf({ operation: { body }, generation }: ChangeEntry): number | undefined {
    if (body.tree) return this.trees.movesIn(generation)
    const parent = this.#held.get(body.keyParent)
    return parent && this.#movedAt.get(parent)
  }

  #open(entry: ChangeEntry): Uint8Array | undefined {
    const { operation } = entry
    // A path has to follow every change, also those whose keys came otherwise.
    if (operation.body.tree) return this.trees.open(entry)
    const parent = this.#held.get(operation.body.keyParent)
    return parent && !this.#isOurs(entry) ? openChange(this.#group, operation, parent) : undefined
  }

  /** Whether we have a version's keys, or had them. */
  #isOurs({ operation: { id } }: Entry): boolean {
    return this.#held.has(id) || this.#erased.has(id)
  }

  /** Opens a change with a key relay's wraps; the commitment is checked as always. */
  openWith(entry: Entry, wraps: readonly Wrap[], now: Millis): void {
    if (!isChange(entry) || this.#isOurs(entry)) return
    const parent = this.#held.get(entry.operation.body.keyParent)
    const { operation } = entry
    const relayed = { ...operation, body: { ...operation.body, wraps } }
    const secret = parent && openChange(this.#group, relayed, parent)
    if (secret) this.install(entry, secret, now)
  }

  /** Takes a version whose secret we know and that fits its commitment. */
  install(entry: Entry, secret: Uint8Array, now: Millis): VersionKeys {
    const { id, body } = entry.operation
    const nonce = 'nonce' in body ? body.nonce : new Uint8Array()
    const keys = VersionKeys.from(this.#group, { version: id, nonce, secret, now })
    return this.#hold(entry, keys)
  }

  /**
   * Takes keys that a member handed over. Returns false, with nothing changed, when they do not fit the version's
   * commitment. `owned`: the slots of our own ID; no other slot is taken (SPEC K11).
   */
  accept(entry: Entry, handed: HandedKeys, context: AcceptContext): boolean {
    const { body } = entry.operation
    if (!('commitment' in body) || !fitsCommitment(this.#group, body, handed.chain)) return false
    const secretFits = !handed.secret || this.#secretFits(body.nonce, handed)
    if (!secretFits) return false
    const keys = this.#held.get(handed.version) ?? this.#hold(entry, this.#fresh(handed, context.now))
    for (const { slot, kek, creator } of handed.slots) {
      if (context.mayGive(slot, creator)) this.put(keys, slot, { kek, creator })
    }
    if (handed.path && context.isManager && this.trees.take(entry, handed.path)) this.generation++
    return true
  }

  /** Takes a slot's key into a version and, moved on, into the versions made from it since. */
  put(keys: VersionKeys, slot: Slot, key: SlotKey): void {
    if (!keys.put(slot, key, (a, b) => this.isSenior(a, b))) return
    this.#movedAt.set(keys, ++this.generation)
    for (const child of this.#held.values()) {
      const body = this.#log.get(child.version)?.operation.body
      if (body?.kind !== 'change' || body.keyParent !== keys.version) continue
      const kek = nextKek(this.#group, { version: child.version, slot }, { kek: key.kek, chain: child.chain })
      this.put(child, slot, { kek, creator: key.creator })
    }
  }

  #secretFits(nonce: Uint8Array, handed: HandedKeys): boolean {
    if (handed.secret === undefined) return true
    const chain = chainOf(this.#group, nonce, handed.secret)
    return chain.every((byte, i) => byte === handed.chain[i])
  }

  #fresh(handed: HandedKeys, now: Millis): VersionKeys {
    const { version, chain, secret } = handed
    const start = secret ? { revision: 0, tek: tekOf(this.#group, version, secret) } : handed
    const { revision, tek } = start
    return new VersionKeys(this.#group, { version, chain, revision, tek, now, ...(secret && { secret }) })
  }

  /** Whether admission `a` is strictly more senior than `b`. */
  isSenior(a: AdmissionId, b: AdmissionId): boolean {
    const [x, y] = [this.#log.get(a), this.#log.get(b)]
    return x !== undefined && y !== undefined && compareSeniority(x, y) < 0
  }

  /** Stores a version's keys and moves the key parent's slots on to it. */
  #hold(entry: Entry, keys: VersionKeys): VersionKeys {
    this.#held.set(keys.version, keys)
    this.#movedAt.set(keys, ++this.generation)
    this.#erased.delete(keys.version)
    const parent = isChange(entry) ? this.#held.get(entry.operation.body.keyParent) : undefined
    if (parent) keys.moveOn(parent)
    return keys
  }

  /** Marks every version but the one we send under as superseded; none while there is none (SPEC K13). */
  supersede(current: VersionKeys | undefined, now: Millis): void {
    for (const keys of this.#held.values()) {
      if (current === undefined || keys === current) keys.supersededAt = undefined
      else keys.supersededAt ??= now
    }
  }

  /** Erases what was superseded long enough ago. Returns when to look again. */
  erase(now: Millis): Millis {
    let next = Infinity
    for (const [version, keys] of this.#held) {
      const due = keys.supersededAt === undefined ? Infinity : keys.supersededAt + this.#timing.retentionMs
      if (due <= now) {
        keys.erase()
        this.#held.delete(version)
        this.#erased.add(version)
        this.generation++
        continue
      }
      keys.eraseLate(now, this.#timing.retentionMs)
      next = Math.min(next, due, keys.nextErasure(this.#timing.retentionMs))
    }
    this.trees.keepOnly(this.#held.keys())
    return next
  }

  /** Erases everything: we were excluded, or the room is closed. */
  eraseAll(): void {
    for (const [version, keys] of this.#held) {
      keys.erase()
      this.#erased.add(version)
    }
    this.#held.clear()
    this.trees.keepOnly([])
    this.generation++
  }
}

/**
 * The group manager of Centralized Flat, on its own: it has the whole table of `n·k` keys and the TEK, and no list of
 * members (paper §3.1.2, §3.3; SPEC N1–N5).
 */
import { Entropy } from '../crypto/entropy.ts'
import type { Signer } from '../crypto/suite.ts'
import { assert, UsageError } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import type { Successor } from '../group/successor.ts'
import { type OperationId, type PeerId, peerIdOf, type Slot, type VersionId } from '../ids.ts'
import { chainOf, commitmentOf } from '../keys/derivation.ts'
import { newChange } from '../keys/new-change.ts'
import { type SlotKey, VersionKeys } from '../keys/version-keys.ts'
import { FLAT_REPEATS_MAX, FLAT_TRIES_MAX, WRAPS_MAX } from '../limits.ts'
import { makeOperation, OPERATION_NONCE_LENGTH, type OperationBody } from '../log/operation.ts'
import { assignedRow, capacity, moved, type Part, type Row } from './ids.ts'
import type { FlatKeys, Notice } from './notices.ts'
import { reachOf } from './reach.ts'

/** A table as one manager hands it to another: all there is to know of a group, and still not who is in it. */
export interface HandedTable {
  readonly width: number
  readonly radix: number
  /** The next ID that would have been assigned. */
  readonly next: number
  readonly slots: ReadonlyMap<Slot, SlotKey>
  readonly tainted: ReadonlySet<Slot>
}

export interface FlatManagerInit {
  /** A group whose genesis names this manager as its creator. */
  readonly group: Group
  readonly signer: Signer
  /** Positions of an ID; all of the group's by default, fewer to leave room for groups that are merged into it. */
  readonly width?: number
  /** The table of a part that splits off from another group. It is ours from then on, and overwritten with all we hold. */
  readonly handed?: HandedTable
  /** 32 fresh random bytes; each method that takes such uses them for one step and never again. */
  readonly seed: Uint8Array
}

interface OwnPart extends Part {
  /** The next ID to assign. */
  next: number
}

export class FlatManager {
  readonly group: Group
  readonly #signer: Signer
  readonly #self: PeerId
  #parts: OwnPart[]
  #keys: VersionKeys
  readonly #tainted = new Set<Slot>()
  #repeats: Notice[] = []
  #isOver = false

  constructor(init: FlatManagerInit) {
    const { group, signer, handed } = init
    const { symbols, radix } = group.genesis.idSpace
    const width = handed?.width ?? init.width ?? symbols
    this.group = group
    this.#signer = signer
    this.#self = peerIdOf(signer.publicKey)
    mustFit({ base: 0, width }, group)
    if (handed && handed.radix !== radix)
      throw new UsageError('bad-table', 'Choose a group of the same radix.')
    this.#parts = [{ base: 0, width, next: handed?.next ?? 0 }]
    const entropy = new Entropy(group.suite, init.seed)
    const secret = entropy.bytes()
    const nonce = entropy.bytes(OPERATION_NONCE_LENGTH)
    const commitment = commitmentOf(group, nonce, chainOf(group, nonce, secret))
    const { id } = this.#sign({ kind: 'founding', name: '', nonce, commitment }, [])
    this.#keys = VersionKeys.from(group, { version: id, nonce, secret, now: 0 })
    for (const [slot, key] of handed?.slots ?? []) this.#keys.slots.set(slot, key)
    for (const slot of handed?.tainted ?? []) this.#tainted.add(slot)
    if (handed) this.exclude([], entropy.bytes())
  }

  get version(): VersionId {
    return this.#keys.version
  }

  get revision(): number {
    return this.#keys.revision
  }

  /** How many keys there are: the TEK, and a KEK for each slot that somebody's ID has had. */
  get size(): number {
    return this.#keys.slots.size + 1
  }

  /** Whether everybody's every slot may be tainted: the next change reaches nobody, and only `recreate` helps (§3.3). */
  get isResistant(): boolean {
    return this.#tainted.size > 0 && this.#tainted.size === this.#keys.slots.size
  }

  /** What is multicast again from time to time: the latest changes, for whoever missed some (§3.1.1). */
  get repeats(): readonly Notice[] {
    return this.#repeats
  }

  /** An ID that nobody had before, and which the next change reaches. Throws `UsageError` when there is none. */
  assign(): Row {
    const [part] = this.#parts
    assert(part !== undefined, 'a manager has a table')
    const { idSpace } = this.group.genesis
    for (let tries = 0; tries < FLAT_TRIES_MAX && part.next < capacity(part, idSpace); tries++) {
      const row = assignedRow(part.next++, part, idSpace.radix)
      if (row.some((slot) => !this.#tainted.has(slot))) return row
    }
    throw new UsageError('table-full', 'No ID is left that could be reached. Create the group anew.')
  }

  /**
   * Lets newcomers in, all by one step of the revision, and makes the keys that nobody needed so far (SPEC N4). Returns what
   * is to be given to each over its set-up channel; nothing is multicast.
   */
  join(rows: readonly Row[], seed: Uint8Array): FlatKeys[] {
    this.#mustGoOn()
    const entropy = new Entropy(this.group.suite, seed)
    const creator = this.version
    for (const slot of rows.flat()) {
      if (!this.#keys.slots.has(slot)) this.#keys.slots.set(slot, { kek: entropy.bytes(), creator })
    }
    this.#keys.advanceTo(this.revision + 1, { now: 0, lateMs: 0 })
    this.#keys.eraseLate(0, 0)
    return rows.map((row) => this.#keysOf(row))
  }

  /**
   * Excludes IDs, whether or not anybody has them: all get the new TEK but whoever has no slot that is none of theirs, nor of
   * anybody's who was excluded since the table was made (SPEC N3). Without IDs the keys are merely replaced.
   */
  exclude(rows: readonly Row[], seed: Uint8Array): Notice {
    for (const slot of rows.flat()) if (this.#keys.slots.has(slot)) this.#tainted.add(slot)
    return this.#change({ tainted: this.#tainted }, seed)
  }

  /** Creates the group anew: blank table, nobody tainted, and everybody has to register again (§3.3). */
  recreate(seed: Uint8Array): Notice {
    this.#mustGoOn()
    const entropy = new Entropy(this.group.suite, seed)
    const [secret, nonce] = [entropy.bytes(), entropy.bytes(OPERATION_NONCE_LENGTH)]
    const commitment = commitmentOf(this.group, nonce, chainOf(this.group, nonce, secret))
    const { id, bytes } = this.#sign({ kind: 'refresh', nonce, commitment }, [this.version])
    this.#replace(VersionKeys.from(this.group, { version: id, nonce, secret, now: 0 }))
    this.#tainted.clear()
    return this.#repeat({ operation: bytes })
  }

  /** Ends the group: every key is erased, here and by everybody who hears of it (§3.1.2). */
  destroy(successor?: Successor, base?: number): Notice {
    this.#mustGoOn()
    const body = { kind: 'destruction', ...(successor && { successor }) } as const
    const notice = { operation: this.#sign(body, [this.version]).bytes, ...(base !== undefined && { base }) }
    this.#keys.erase()
    this.#isOver = true
    return this.#repeat(notice)
  }

  /**
   * Takes another group in, which ends by that (SPEC N5): its table becomes a part of ours. Returns what its members and then
   * what all are told. Throws `UsageError`, with nothing changed, when it does not fit.
   */
  merge(other: FlatManager, successor: Successor, seed: Uint8Array): { theirs: Notice; all: Notice } {
    this.#mustGoOn()
    const { radix } = this.group.genesis.idSpace
    const [part, ...more] = other.#parts
    const base = Math.max(...this.#parts.map((one) => one.base + one.width))
    if (part === undefined || more.length > 0 || other.group.genesis.idSpace.radix !== radix) {
      throw new UsageError('bad-table', 'Merge a group of the same radix that was not merged itself.')
    }
    mustFit({ base, width: part.width }, this.group)
    for (const [slot, { kek, creator }] of other.#keys.slots) {
      this.#keys.slots.set((slot + base * radix) as Slot, { kek: kek.slice(), creator })
    }
    for (const slot of moved([...other.#tainted], base * radix)) this.#tainted.add(slot)
    this.#parts.push({ ...part, base })
    const theirs = other.destroy(successor, base)
    return { theirs, all: this.exclude([], seed) }
  }

  /**
   * Splits off a part that came by a merge. Returns what all are told, by which those of the part go on at the successor, and
   * the table for who will manage them there.
   */
  split(base: number, successor: Successor, seed: Uint8Array): { notice: Notice; handed: HandedTable } {
    const part = this.#parts.find((one) => one.base === base)
    if (part === undefined || this.#parts.length === 1)
      throw new UsageError('no-part', 'No group was merged into this one there.')
    const { radix } = this.group.genesis.idSpace
    const own = [...this.#keys.slots].filter(([slot]) => isIn(slot, part, radix))
    const back = (slot: Slot): Slot => (slot - base * radix) as Slot
    const handed = {
      width: part.width,
      radix,
      next: part.next,
      slots: new Map(own.map(([slot, { kek, creator }]) => [back(slot), { kek: kek.slice(), creator }])),
      tainted: new Set([...this.#tainted].filter((slot) => isIn(slot, part, radix)).map(back)),
    }
    const tainted = new Set([...this.#tainted, ...own.map(([slot]) => slot)])
    const notice = this.#change({ tainted, successor }, seed)
    this.#parts = this.#parts.filter((one) => one !== part)
    for (const [slot] of own) {
      this.#keys.slots.get(slot)?.kek.fill(0)
      this.#keys.slots.delete(slot)
      this.#tainted.delete(slot)
    }
    return { notice, handed }
  }

  /** Where members of a group go on that is merged into this one, or split off to it. */
  get successor(): Successor {
    return { genesis: this.group.genesis, roomKey: this.group.roomKey, relays: [] }
  }

  #change(what: { tainted: ReadonlySet<Slot>; successor?: Successor }, seed: Uint8Array): Notice {
    this.#mustGoOn()
    const entropy = new Entropy(this.group.suite, seed)
    const fresh = { secret: entropy.bytes(), nonce: entropy.bytes(OPERATION_NONCE_LENGTH) }
    const parent = this.#keys
    const header = { parents: [parent.version], author: this.#self }
    const { radix } = this.group.genesis.idSpace
    const cover = (usable: readonly Slot[]): Slot[] =>
      reachOf({ radix, parts: this.#parts, made: parent.slots.keys() }, usable)
    const plan = { ...what, targets: [], reason: '', header, parent, cover }
    const { id, bytes } = this.#sign(newChange(this.group, plan, fresh), header.parents)
    const keys = VersionKeys.from(this.group, { version: id, ...fresh, now: 0 })
    keys.moveOn(parent)
    this.#replace(keys)
    return this.#repeat({ operation: bytes })
  }

  #replace(keys: VersionKeys): void {
    this.#keys.erase()
    this.#keys = keys
    // What it was made from, and earlier TEKs, a manager never needs again.
    keys.eraseLate(0, 0)
  }

  #repeat(notice: Notice): Notice {
    this.#repeats = [...this.#repeats, notice].slice(-FLAT_REPEATS_MAX)
    return notice
  }

  #keysOf(row: Row): FlatKeys {
    const { version, revision, tek, chain, slots } = this.#keys
    const own = [...row]
      .sort((a, b) => a - b)
      .flatMap((slot) => {
        const held = slots.get(slot)
        return held ? [{ slot, kek: held.kek.slice() }] : []
      })
    return { version, revision, tek: tek.slice(), chain: chain.slice(), slots: own }
  }

  #sign(body: OperationBody, parents: readonly OperationId[]): ReturnType<typeof makeOperation> {
    return makeOperation(this.group, { parents }, body, this.#signer)
  }

  #mustGoOn(): void {
    if (this.#isOver) throw new UsageError('destroyed', 'This group is over. Create another one.')
  }
}

function isIn(slot: Slot, { base, width }: Part, radix: number): boolean {
  return slot >= base * radix && slot < (base + width) * radix
}

/** A change may have to be wrapped under all slots of the table but one in each position. */
function mustFit({ base, width }: Part, { genesis: { idSpace } }: Group): void {
  const { symbols, radix } = idSpace
  const positions = base + width
  if (width < 1 || positions > symbols || positions * (radix - 1) > WRAPS_MAX)
    throw new UsageError(
      'bad-table',
      `A table of ${positions} positions of radix ${radix} does not fit here.`,
    )
}

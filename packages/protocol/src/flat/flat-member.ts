/** A participant of a Centralized Flat group without a room: one row of keys, and no log (paper §3.1.1, §3.3; SPEC N1–N6). */
import { isRejection, reject, type Rejection, UsageError } from '../errors.ts'
import { creatorOf, type Group, groupOf } from '../group/genesis.ts'
import type { Successor } from '../group/successor.ts'
import type { Millis, OperationId, Slot, VersionId } from '../ids.ts'
import { openChange } from '../keys/new-change.ts'
import { type SlotKey, VersionKeys } from '../keys/version-keys.ts'
import { FLAT_REPEATS_MAX, FLAT_WAITING_MAX } from '../limits.ts'
import { decodeOperation, type Operation, operationClaims } from '../log/operation.ts'
import { DEFAULT_TIMING } from '../timing.ts'
import type { OpenedFrame } from '../traffic/frame.ts'
import { decodeNotice, type FlatKeys, type Notice } from './notices.ts'
import { Voice, type VoiceInit } from './voice.ts'

/**
 * `cut-off`: no wrap reached us, or the group was created anew: whoever may stay registers again. `moving`: the group became
 * another one, whose first change is still to come.
 */
export type FlatStatus = 'keyed' | 'cut-off' | 'moving' | 'destroyed'

/** What became of a notice: `waiting` for the one before it. */
export type Taken = 'taken' | 'known' | 'waiting'

interface Waiting {
  readonly operation: Operation
  readonly notice: Notice
}

export class FlatMember {
  #group: Group
  readonly #voice: Voice
  #status: FlatStatus = 'cut-off'
  #current: VersionKeys | undefined
  /** Versions that another one took the place of, for what was said under them. */
  #late: VersionKeys[] = []
  /** While we move: our row in the other group's table. */
  #row: Map<Slot, SlotKey> | undefined
  #waiting: Waiting[] = []
  /** What was taken lately, so that its repeats are known. */
  #taken: OperationId[] = []

  constructor(group: Group, init: VoiceInit) {
    this.#group = group
    this.#voice = new Voice(init)
  }

  get status(): FlatStatus {
    return this.#status
  }

  get group(): Group {
    return this.#group
  }

  /** The version and revision that it says something under. */
  get reference(): { version: VersionId; revision: number } | undefined {
    const keys = this.#current
    return keys && { version: keys.version, revision: keys.revision }
  }

  /** What it holds: its row, as far as it has keys. */
  get keys(): VersionKeys | undefined {
    return this.#current
  }

  /** Takes what the manager gave it at a join, or since it asked again. */
  register(keys: FlatKeys, now: Millis): void {
    this.#supersede(now)
    const current = new VersionKeys(this.#group, { ...keys, now })
    for (const { slot, kek } of keys.slots) current.slots.set(slot, { kek, creator: keys.version })
    this.#current = current
    this.#status = 'keyed'
    this.#advance(now)
  }

  /** A multicast notice, in any order and as often as it comes. Only what the manager signed counts. */
  take(bytes: Uint8Array, now: Millis): Taken | Rejection {
    this.tick(now)
    const notice = decodeNotice(bytes)
    if (isRejection(notice)) return notice
    const operation = decodeOperation(this.#group, notice.operation)
    if (isRejection(operation)) return operation
    const isKnown =
      this.#taken.includes(operation.id) ||
      this.#waiting.some(({ operation: { id } }) => id === operation.id) ||
      this.#current?.version === operation.id
    if (isKnown) return 'known'
    if (operation.author !== creatorOf(this.#group)) return reject('not-entitled', 'not by the manager')
    if (!this.#voice.verifies(operationClaims(this.#group, operation)))
      return reject('bad-signature', 'not signed by the manager')
    this.#waiting = [...this.#waiting, { operation, notice }].slice(-FLAT_WAITING_MAX)
    this.#advance(now)
    return this.#taken.includes(operation.id) ? 'taken' : 'waiting'
  }

  /** Throws `UsageError` while it has no key to say it under. */
  say(content: Uint8Array): Uint8Array {
    if (this.#current === undefined)
      throw new UsageError('not-keyed', 'Ask the manager for the keys, then say it again.')
    return this.#voice.say(this.#group, this.#current, content)
  }

  hear(bytes: Uint8Array, now: Millis): OpenedFrame | Rejection {
    this.tick(now)
    const held = [...(this.#current ? [this.#current] : []), ...this.#late]
    return this.#voice.hear(this.#group, held, { bytes, now, lateMs: DEFAULT_TIMING.lateMs })
  }

  /** Erases what has had its time (SPEC K13). */
  tick(now: Millis): void {
    const isDue = ({ supersededAt = now }: VersionKeys): boolean =>
      supersededAt + DEFAULT_TIMING.lateMs <= now
    for (const keys of this.#late.filter(isDue)) keys.erase()
    this.#late = this.#late.filter((keys) => !isDue(keys))
    this.#current?.eraseLate(now, DEFAULT_TIMING.lateMs)
  }

  /** Takes all that fits what we hold now. */
  #advance(now: Millis): void {
    for (;;) {
      const next = this.#waiting.find((one) => this.#isNext(one.operation) && this.#apply(one, now))
      if (next === undefined) return
      this.#waiting = this.#waiting.filter((one) => one !== next)
      this.#taken = [...this.#taken, next.operation.id].slice(-2 * FLAT_REPEATS_MAX)
    }
  }

  #isNext({ body, parents }: Operation): boolean {
    // A group that is over is so for everybody, whatever they missed; where it goes on, the last keys are needed for that.
    if (body.kind === 'destruction' && body.successor === undefined) return true
    // Of a table that moved, nobody knows which version it comes from: the commitment tells what it opens.
    if (this.#status === 'moving') return body.kind === 'change'
    return this.#current !== undefined && parents[0] === this.#current.version
  }

  #apply({ operation, notice }: Waiting, now: Millis): boolean {
    const { body } = operation
    if (body.kind === 'change') {
      const slots = this.#row ?? this.#current?.slots ?? new Map<Slot, SlotKey>()
      const secret = openChange(this.#group, { ...operation, body }, { slots })
      if (secret) this.#install({ version: operation.id, nonce: body.nonce, secret, now }, slots)
      else if (this.#status === 'moving') return false
      else if (body.successor) this.#move(body.successor, -baseOf(slots, this.#group))
      else this.#end('cut-off')
      return true
    }
    if (body.kind === 'refresh') this.#end('cut-off')
    else if (body.kind === 'destruction' && body.successor) this.#move(body.successor, notice.base ?? 0)
    else if (body.kind === 'destruction') this.#end('destroyed')
    return true
  }

  #install(made: Parameters<typeof VersionKeys.from>[1], slots: Map<Slot, SlotKey>): void {
    const keys = VersionKeys.from(this.#group, made)
    keys.moveOn({ slots })
    this.#forgetRow()
    this.#supersede(made.now)
    this.#current = keys
    this.#status = 'keyed'
  }

  /** The same keys are in another place of another group's table from now on (SPEC N5). */
  #move(to: Successor, by: number): void {
    const { suite, genesis } = this.#group
    const shift = by * genesis.idSpace.radix
    const row = [...(this.#current?.slots ?? [])].map(
      ([slot, { kek, creator }]) => [(slot + shift) as Slot, { kek: kek.slice(), creator }] as const,
    )
    this.#end('moving')
    this.#group = groupOf(to.genesis, to.roomKey, suite)
    this.#waiting = []
    this.#row = new Map(row)
  }

  #supersede(now: Millis): void {
    if (this.#current === undefined) return
    this.#current.supersededAt = now
    this.#late.push(this.#current)
    this.#current = undefined
  }

  #end(status: FlatStatus): void {
    for (const keys of [...this.#late, ...(this.#current ? [this.#current] : [])]) keys.erase()
    this.#forgetRow()
    this.#late = []
    this.#current = undefined
    this.#status = status
  }

  #forgetRow(): void {
    for (const { kek } of this.#row?.values() ?? []) kek.fill(0)
    this.#row = undefined
  }
}

/** The first position of a row. */
function baseOf(slots: ReadonlyMap<Slot, unknown>, { genesis: { idSpace } }: Group): number {
  return Math.floor(Math.min(...slots.keys()) / idSpace.radix)
}

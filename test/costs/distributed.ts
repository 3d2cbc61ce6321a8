/**
 * Distributed Flat: one real member's table makes the change, over the IDs of all the others; a sample of them open it with real
 * keys. What a newcomer asks for, and what it is given, are the messages that rooms send. There is no log here: what
 * membership costs, an admission of some 480 bytes each, is beside what keys cost.
 */
import { type Group, newRoom, peerIdOf } from '@conclave/protocol'
import type { IdSpace } from '../../packages/protocol/src/group/genesis.ts'
import { slotAt } from '../../packages/protocol/src/group/slots.ts'
import { operationIdOf, type Slot, type VersionId } from '../../packages/protocol/src/ids.ts'
import { coverOf, coverOfKnown } from '../../packages/protocol/src/keys/cover.ts'
import { wrapSecret } from '../../packages/protocol/src/keys/derivation.ts'
import { newChange, openChange } from '../../packages/protocol/src/keys/new-change.ts'
import { VersionKeys } from '../../packages/protocol/src/keys/version-keys.ts'
import { sealLobbyFrame } from '../../packages/protocol/src/lobby/lobby-frame.ts'
import { encodeLobbyMessage, type LobbyMessage } from '../../packages/protocol/src/lobby/messages.ts'
import { type Page, sealReply } from '../../packages/protocol/src/lobby/reply-content.ts'
import {
  type Change,
  changeHeader,
  decodeOperation,
  makeOperation,
  type Operation,
  type Wrap,
} from '../../packages/protocol/src/log/operation.ts'
import { ROOM_FRAME, sealFrame } from '../../packages/protocol/src/traffic/frame.ts'
import { encodeRoomMessage, type RoomMessage } from '../../packages/protocol/src/traffic/room-messages.ts'
import { type Cost, costOf, Draw, LEAVERS, Meter, must, type OperationName, SAMPLE } from './cost.ts'

const SCHEME = 'Distributed Flat'
const SPACE: IdSpace = { symbols: 128, radix: 4 }
/** Members whose rows a newcomer looks through for whom to ask: many more than it asks. */
const SEEN_MAX = 256
/** Makers of the table's keys: those who came first. */
const MAKERS = 16
/** Members that opened a change and relay it, at most. */
const RELAYS_MAX = 16

/** Rows of very many peers, a byte a symbol. A peer is its number. */
class Rows {
  readonly #symbols: Uint8Array

  constructor(count: number, draw: Draw) {
    this.#symbols = new Uint8Array(count * SPACE.symbols)
    for (let at = 0; at < this.#symbols.length; at += 16) {
      const word = draw.number(2 ** 32)
      for (let i = 0; i < 16; i++) this.#symbols[at + i] = (word >>> (2 * i)) & 3
    }
  }

  /** As the cover asks for it. */
  of(peer: number): { has(slot: Slot): boolean } {
    return { has: (slot) => this.#symbols[peer * SPACE.symbols + (slot >> 2)] === (slot & 3) }
  }

  row(peer: number): Slot[] {
    const own = this.#symbols.subarray(peer * SPACE.symbols, (peer + 1) * SPACE.symbols)
    return Array.from(own, (c, i) => slotAt(i, c, SPACE.radix))
  }
}

/** A room's keys, and who has which. */
class Keys {
  readonly meter = new Meter()
  readonly draw: Draw
  readonly rows: Rows
  readonly group
  readonly version: VersionId
  readonly #secret: Uint8Array
  readonly #table: Uint8Array[]

  constructor(members: number) {
    this.draw = new Draw(members)
    // One more, who comes.
    this.rows = new Rows(members + 1, this.draw)
    const init = { creator: this.draw.signer().publicKey, entropy: this.draw.bytes(48), idSpace: SPACE }
    this.group = newRoom(init, this.meter.suite)
    this.version = operationIdOf(this.draw.bytes())
    this.#secret = this.draw.bytes()
    this.#table = Array.from({ length: SPACE.symbols * SPACE.radix }, () => this.draw.bytes())
  }

  /** What one member holds: the keys of its row. */
  of(peer: number, slots: readonly Slot[] = this.rows.row(peer)): VersionKeys {
    const nonce = new Uint8Array(16)
    const keys = VersionKeys.from(this.group, { version: this.version, nonce, secret: this.#secret, now: 0 })
    for (const slot of slots) {
      const kek = this.#table[slot] ?? new Uint8Array(32)
      // Those who came first made all keys between them.
      const creator = operationIdOf(new Uint8Array(32).fill(slot % MAKERS))
      keys.slots.set(slot, { kek: kek.slice(), creator })
    }
    return keys
  }

  /** A message in a frame under the TEK, as everybody gets it. */
  framed(message: RoomMessage): Uint8Array {
    const keys = this.of(0, [])
    const session = { salt: new Uint8Array(16), counter: 1 }
    const reference = { version: this.version, revision: 0 }
    const input = { type: ROOM_FRAME, reference, tek: keys.tek, session, signer: this.draw.signer() } as const
    return sealFrame(this.group, input, encodeRoomMessage(message))
  }

  /** A lobby frame to one peer. */
  told(message: LobbyMessage): Uint8Array {
    const input = { signer: this.draw.signer(), nonce: this.draw.bytes(24), to: peerIdOf(this.draw.bytes()) }
    return sealLobbyFrame(this.group, input, encodeLobbyMessage(this.group, message))
  }
}

export function distributedCosts(members: number): Cost[] {
  const keys = new Keys(members)
  const picked = keys.draw.numbers(2 + LEAVERS + SAMPLE, members)
  const [excluder = 0, leaver = 0, ...others] = picked
  const leavers = members > 2 * LEAVERS ? others.slice(0, LEAVERS) : []
  const sample = others.slice(leavers.length)
  const join = joinCost(keys, members, sample)
  const leave = changeCost(keys, { operation: 'leave', excluder, leavers: [leaver], sample, members })
  if (leavers.length === 0) return [join, leave]
  const operation = `${LEAVERS} leaves at once` as const
  return [join, leave, changeCost(keys, { operation, excluder, leavers, sample, members })]
}

/** What the newcomer asks of an introducer, then of whoever has the rest of its row (SPEC J4, J5, H5). */
function joinCost(keys: Keys, members: number, sample: readonly number[]): Cost {
  const { meter, group, draw, rows } = keys
  const newcomer = members
  const heads = [operationIdOf(draw.bytes())]
  let missing = rows.row(newcomer)
  const admission = makeOperation(
    group,
    { parents: heads },
    { kind: 'admission', peer: peerIdOf(draw.bytes()), name: 'Newcomer', version: keys.version, revision: 1 },
    draw.signer(),
  )
  const announced = keys.framed({ kind: 'operations', operations: [admission] })
  const sent: Uint8Array[] = []
  const reply = (owner: number, operations: Operation[]): void => {
    const given = missing.filter((slot) => rows.of(owner).has(slot))
    missing = missing.filter((slot) => !given.includes(slot))
    const { version, revision, tek, chain, slots } = keys.of(owner, given)
    const handed = {
      version,
      revision,
      tek,
      chain,
      slots: [...slots].map(([slot, key]) => ({ slot, ...key })),
    }
    const want = { version, slots: given }
    const [id, exchangeKey] = [draw.bytes(16), draw.bytes()]
    sent.push(
      keys.told({ kind: 'request', id, attempt: 0, exchangeKey, heads, landmarks: [], want }),
      keys.told({
        kind: 'reply',
        request: id,
        exchangeKey,
        sealed: sealed(keys, { operations, heads, keys: handed }),
      }),
    )
  }
  const made = meter.measure(() => reply(sample[0] ?? 0, [admission]))
  for (const owner of draw.numbers(SEEN_MAX, members)) {
    if (missing.some((slot) => rows.of(owner).has(slot))) reply(owner, [])
  }
  const own = sample.map((peer) => keys.of(peer))
  const learn = (one: VersionKeys): void => {
    decodeOperation(group, admission.bytes)
    one.advanceTo(1, { now: 0, lateMs: 0 })
  }
  const followed = meter.measure(() => own.forEach(learn), own.length)
  const [multicast, name] = [[announced], { scheme: SCHEME, operation: 'join', members } as const]
  return costOf({ ...name, multicast, unicast: sent, made, followed })
}

function sealed(keys: Keys, page: Pick<Page, 'operations' | 'heads' | 'keys'>): Uint8Array {
  const { draw, group } = keys
  const key = {
    secret: draw.bytes(),
    publicKey: group.suite.exchangeKey(draw.bytes()),
    request: draw.bytes(16),
  }
  const parties = { requester: peerIdOf(draw.bytes()), replier: peerIdOf(draw.bytes()) }
  const content = { kind: 'page', more: false, online: [], ...page } as const
  return sealReply(group, { ...key, ...parties }, content) ?? new Uint8Array()
}

interface Leave {
  readonly operation: OperationName
  readonly excluder: number
  readonly leavers: readonly number[]
  readonly sample: readonly number[]
  readonly members: number
}

function changeCost(keys: Keys, leave: Leave): Cost {
  const { meter, group, draw, rows } = keys
  const { operation, excluder, leavers, sample, members } = leave
  const gone = new Set(leavers)
  const left = Array.from({ length: members }, (_, peer) => peer).filter(
    (peer) => peer !== excluder && !gone.has(peer),
  )
  const parent = keys.of(excluder)
  const tainted = new Set(leavers.flatMap((peer) => rows.row(peer)))
  let uncovered: readonly number[] = []
  const cover = (usable: readonly Slot[]): readonly Slot[] => {
    const chosen = coverOf({ usable, members: left, table: rows, radix: SPACE.radix })
    uncovered = chosen.uncovered
    return chosen.slots
  }
  const signer = draw.signer()
  const header = { parents: [keys.version], author: peerIdOf(signer.publicKey) }
  const fresh = { secret: draw.bytes(), nonce: draw.bytes(16) }
  const targets = leavers.map(() => ({
    peer: peerIdOf(draw.bytes()),
    admission: operationIdOf(draw.bytes()),
  }))
  const plan = { header, parent, tainted, cover, targets, reason: '' }
  const made = meter.measure(() => makeOperation(group, header, newChange(group, plan, fresh), signer))
  const { body } = made.value
  must(body.kind === 'change', 'a change is made')
  const frames = [keys.framed({ kind: 'operations', operations: [made.value] })]
  const relays = relayed(keys, {
    operation: { ...made.value, body },
    uncovered,
    left,
    tainted,
    secret: fresh.secret,
  })
  frames.push(...relays.frames)

  const wraps = [...body.wraps, ...relays.wraps]
  const own = sample.map((peer) => ({ peer, parent: keys.of(peer) }))
  const opened = meter.measure(
    () => own.map(({ parent: held }) => open(group, { ...made.value, body: { ...body, wraps } }, held)),
    own.length,
  )
  for (const [i, { peer }] of own.entries()) {
    const isReached = wraps.some(({ slot }) => rows.of(peer).has(slot))
    must(isReached === (opened.value[i] !== undefined), 'who is reached opens it')
  }
  for (const peer of leavers)
    must(
      open(group, { ...made.value, body: { ...body, wraps } }, keys.of(peer)) === undefined,
      'no leaver opens it',
    )
  const counted = { multicast: frames, wraps: wraps.length, again: relays.left, made, followed: opened }
  return costOf({ scheme: SCHEME, operation, members, ...counted })
}

/** What a member does with a change: its secret, the new TEK, and all its slots one step on. */
function open(
  group: Group,
  operation: Operation & { body: Change },
  parent: VersionKeys,
): VersionKeys | undefined {
  decodeOperation(group, operation.bytes)
  const secret = openChange(group, operation, parent)
  if (secret === undefined) return undefined
  const { id, body } = operation
  const keys = VersionKeys.from(group, { version: id, nonce: body.nonce, secret, now: 0 })
  keys.moveOn(parent)
  return keys
}

interface Relaying {
  readonly operation: Operation & { readonly body: Change }
  readonly uncovered: readonly number[]
  readonly left: readonly number[]
  readonly tainted: ReadonlySet<Slot>
  readonly secret: Uint8Array
}

/** Members that opened it relay it to those whom its author left out, in their order, while they reach any (SPEC K14). */
function relayed(keys: Keys, change: Relaying): { frames: Uint8Array[]; wraps: Wrap[]; left: number } {
  const { rows, draw, group } = keys
  const { operation, tainted, secret } = change
  const header = changeHeader(group, operation, operation.body)
  const [frames, wraps]: [Uint8Array[], Wrap[]] = [[], []]
  let { uncovered } = change
  for (const at of draw.numbers(RELAYS_MAX, change.left.length)) {
    if (uncovered.length === 0) break
    const relay = keys.of(change.left[at] ?? 0)
    const has = operation.body.wraps.some(({ slot }) => relay.slots.has(slot))
    const usable = [...relay.slots.keys()].filter((slot) => !tainted.has(slot))
    const { slots, uncovered: still } = coverOfKnown({ usable, members: uncovered, table: rows })
    if (!has || slots.length === 0) continue
    const added = slots.map((slot) => {
      const { kek } = relay.slots.get(slot) ?? { kek: new Uint8Array(32) }
      return { slot, wrapped: wrapSecret(group, { kek, slot, header }, secret) }
    })
    frames.push(keys.framed({ kind: 'relayed', version: operation.id, wraps: added }))
    wraps.push(...added)
    uncovered = still
  }
  return { frames, wraps, left: uncovered.length }
}

/** Centralized Flat: the real manager, which has no list of members, and a sample of real participants. */
import { isRejection, newRoom } from '@conclave/protocol'
import { FlatManager } from '../../packages/protocol/src/flat/flat-manager.ts'
import { FlatMember } from '../../packages/protocol/src/flat/flat-member.ts'
import { assignedRow, type Row } from '../../packages/protocol/src/flat/ids.ts'
import { encodeFlatKeys, encodeNotice, type Notice } from '../../packages/protocol/src/flat/notices.ts'
import type { IdSpace } from '../../packages/protocol/src/group/genesis.ts'
import { slotAt } from '../../packages/protocol/src/group/slots.ts'
import type { Slot } from '../../packages/protocol/src/ids.ts'
import { type Change, decodeOperation } from '../../packages/protocol/src/log/operation.ts'
import { type Cost, costOf, Draw, LEAVERS, Meter, must, type OperationName, SAMPLE, verify } from './cost.ts'

export interface FlatTable {
  readonly scheme: string
  readonly idSpace: IdSpace
  /** Numbers that the manager assigns, or IDs as a hash makes them. */
  readonly ids: 'assigned' | 'derived'
}

interface Participant {
  readonly row: Row
  readonly member: FlatMember
}

class FlatGroup {
  readonly meter = new Meter()
  readonly manager: FlatManager
  readonly #draw: Draw
  readonly #table: FlatTable
  readonly #group

  constructor(table: FlatTable, members: number) {
    this.#table = table
    this.#draw = new Draw(members)
    const signer = this.#draw.signer()
    const init = { creator: signer.publicKey, entropy: this.#draw.bytes(48), idSpace: table.idSpace }
    this.#group = newRoom(init, this.meter.suite)
    this.manager = new FlatManager({ group: this.#group, signer, seed: this.#draw.bytes() })
    // All that it knows of its members is which slots have a key: these give it all that `members` of them would.
    const { symbols, radix } = table.idSpace
    for (let i = 0; i < symbols; i++) {
      for (let c = 0; c < radix; c++) {
        if (table.ids === 'derived' || c * radix ** i < members) this.#join(slotRow(table.idSpace, i, c))
      }
    }
  }

  /** Different members, by their IDs. */
  some(count: number, members: number): Participant[] {
    return this.#draw.numbers(count, members).map((id) => this.participant(id))
  }

  participant(id: number): Participant {
    const row = this.rowOf(id)
    return { row, member: this.registered(this.#join(row)) }
  }

  registered([keys]: ReturnType<FlatManager['join']>): FlatMember {
    const init = { signer: this.#draw.signer(), salt: this.#draw.bytes(16), verify }
    const member = new FlatMember(this.#group, init)
    if (keys) member.register(keys, 0)
    return member
  }

  rowOf(id: number): Row {
    const { idSpace, ids } = this.#table
    if (ids === 'assigned') return assignedRow(id, { base: 0, width: idSpace.symbols }, idSpace.radix)
    return this.#draw
      .bytes(idSpace.symbols)
      .reduce<Row>((row, byte, i) => [...row, slotAt(i, byte % idSpace.radix, idSpace.radix)], [])
  }

  seed(): Uint8Array {
    return this.#draw.bytes()
  }

  changeIn({ operation }: Notice): Change {
    const decoded = decodeOperation(this.#group, operation)
    must(!isRejection(decoded) && decoded.body.kind === 'change', 'an exclusion is a change')
    return decoded.body
  }

  /** How many of all members have no slot that is not tainted: numbers are looked through, of hashes it is the expectation. */
  cutOff(tainted: ReadonlySet<Slot>, members: number): number {
    const { idSpace, ids } = this.#table
    const { symbols, radix } = idSpace
    const isTainted = (i: number, c: number): boolean => tainted.has(slotAt(i, c, radix))
    const positions = Array.from({ length: symbols }, (_, i) => i)
    if (ids === 'derived') {
      const values = Array.from({ length: radix }, (_, c) => c)
      const share = (i: number): number => values.filter((c) => isTainted(i, c)).length / radix
      return Math.round(positions.reduce((product, i) => product * share(i), members))
    }
    let count = 0
    for (let id = 0; id < members; id++) {
      if (positions.every((i) => isTainted(i, Math.floor(id / radix ** i) % radix))) count++
    }
    return count
  }

  #join(row: Row): ReturnType<FlatManager['join']> {
    return this.manager.join([row], this.seed())
  }
}

export function flatCosts(table: FlatTable, members: number): Cost[] {
  const { scheme } = table
  const group = new FlatGroup(table, members)
  const { meter, manager } = group
  const [leaver, ...others] = group.some(1 + LEAVERS + SAMPLE, members)
  if (leaver === undefined) return []
  const leavers = members > 2 * LEAVERS ? others.slice(0, LEAVERS) : []
  const sample = others.slice(leavers.length)
  const all = [leaver, ...others]
  hearTheRevision(group, all)

  const row = group.rowOf(members)
  const joined = meter.measure(() => manager.join([row], group.seed()))
  all.push({ row, member: group.registered(joined.value) })
  const follow = hearTheRevision(group, all)
  const unicast = joined.value.map(encodeFlatKeys)
  const join = costOf({ scheme, operation: 'join', members, unicast, made: joined, followed: follow })

  const isNumbered = table.ids === 'assigned'
  let gone = 0
  const exclude = (operation: OperationName, rows: readonly Row[]): Cost => {
    const made = meter.measure(() => manager.exclude(rows, group.seed()))
    const bytes = encodeNotice(made.value)
    const taken = meter.measure(() => all.forEach(({ member }) => member.take(bytes, 0)), all.length)
    const { wraps, tainted } = group.changeIn(made.value)
    for (const { member, row: own } of sample) {
      const isReached = member.reference?.version === manager.version
      must(isReached !== own.every((slot) => tainted.includes(slot)), 'who has a clean slot has the keys')
    }
    // The leavers themselves do not come again.
    gone += rows.length
    const again = Math.max(0, group.cutOff(new Set(tainted), members) - (isNumbered ? gone : 0))
    const counted = { multicast: [bytes], wraps: wraps.length, again }
    return costOf({ scheme, operation, members, ...counted, made, followed: taken })
  }
  const leave = exclude('leave', [leaver.row])
  must(leaver.member.status === 'cut-off', 'the leaver is out')
  if (leavers.length === 0) return [join, leave]
  const many = exclude(
    `${LEAVERS} leaves at once`,
    leavers.map((one) => one.row),
  )
  must(
    leavers.every(({ member }) => member.status === 'cut-off'),
    'all leavers are out',
  )
  return [join, leave, many]
}

/** Somebody speaks under the new revision; returns what following it costs a member, the frame itself aside. */
function hearTheRevision(
  { meter, manager }: FlatGroup,
  all: readonly Participant[],
): { hashes: number; ms: number } {
  const speaker = all.find(({ member }) => member.reference?.revision === manager.revision)
  const others = all.filter((one) => one !== speaker)
  const hear = (): { hashes: number; ms: number } => {
    const frame = speaker?.member.say(Uint8Array.of(1))
    return meter.measure(() => others.forEach(({ member }) => frame && member.hear(frame, 0)), others.length)
  }
  const [first, second] = [hear(), hear()]
  return { hashes: first.hashes - second.hashes, ms: Math.max(0, first.ms - second.ms) }
}

/** An ID that has slot `(i, c)`, and else nothing but zeroes. */
function slotRow({ symbols, radix }: IdSpace, i: number, c: number): Row {
  return Array.from({ length: symbols }, (_, at) => slotAt(at, at === i ? c : 0, radix))
}

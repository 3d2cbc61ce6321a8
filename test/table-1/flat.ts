/** Table 1 for Centralized Flat, by a manager's table and its participants' rows. */
import { isRejection, newRoom, type OperationId, type PeerId } from '@conclave/protocol'
import { FlatManager } from '../../packages/protocol/src/flat/flat-manager.ts'
import type { FlatMember } from '../../packages/protocol/src/flat/flat-member.ts'
import { assignedRow, derivedRow, type Row } from '../../packages/protocol/src/flat/ids.ts'
import { encodeNotice, type Notice } from '../../packages/protocol/src/flat/notices.ts'
import { SlotTable } from '../../packages/protocol/src/group/slots.ts'
import { peerIdOf, type Slot } from '../../packages/protocol/src/ids.ts'
import { newChange, openChange } from '../../packages/protocol/src/keys/new-change.ts'
import { decodeOperation, makeOperation, type Operation } from '../../packages/protocol/src/log/operation.ts'
import { parseFrame } from '../../packages/protocol/src/traffic/frame.ts'
import {
  flat,
  type Flat,
  fresh,
  join,
  reaches,
  suite,
  tell,
} from '../../packages/protocol/test/flat-support.ts'
import { peer } from '../../packages/protocol/test/support.ts'
import type { Haul } from '../simulation/archive.ts'
import { Coalition } from '../simulation/attacker.ts'
import { type Answers, fewWith, yesNo } from './properties.ts'

const SPACE = { symbols: 32, radix: 4 }

interface Participant {
  readonly row: Row
  readonly member: FlatMember
  /** All that it ever held, by version. */
  readonly haul: Map<OperationId, Haul>
}

/** A manager, and participants that hear it and never say a word to it. */
class FlatRoom {
  readonly of: Flat
  readonly participants: Participant[] = []
  readonly notices: Notice[] = []
  readonly operations = new Map<OperationId, { operation: Operation }>()

  constructor(count: number, idSpace = SPACE) {
    this.of = flat(idSpace)
    const table = new SlotTable(this.of.group)
    const part = { base: 0, width: idSpace.symbols }
    for (let i = 0; i < count; i++) this.join(derivedRow(peer(i), table, { part, radix: idSpace.radix }))
  }

  get manager(): FlatManager {
    return this.of.manager
  }

  join(row: Row): Participant {
    const newcomer = { row, member: join(this.of, row), haul: new Map<OperationId, Haul>() }
    this.participants.push(newcomer)
    this.hear(newcomer.member.say(Uint8Array.of(1)))
    return newcomer
  }

  /** Everybody hears what somebody says, and with it of a new revision. */
  hear(frame: Uint8Array): void {
    for (const { member } of this.participants) member.hear(frame, 0)
    this.#note()
  }

  leave(...gone: readonly Participant[]): Participant[] {
    const notice = this.manager.exclude(
      gone.map(({ row }) => row),
      fresh(),
    )
    return this.tell(notice)
  }

  /** Returns who has the keys then. */
  tell(notice: Notice): Participant[] {
    this.notices.push(notice)
    const operation = decodeOperation(this.of.group, notice.operation)
    if (!isRejection(operation)) this.operations.set(operation.id, { operation })
    tell(
      notice,
      this.participants.map(({ member }) => member),
    )
    this.#note()
    return this.participants.filter(({ member }) => member.reference?.version === this.manager.version)
  }

  #note(): void {
    for (const { member, haul } of this.participants) {
      const { keys } = member
      if (keys === undefined) continue
      haul.set(keys.version, {
        chain: keys.chain.slice(),
        ...(keys.secret && { secret: keys.secret.slice() }),
        teks: new Map([...keys.heldTeks].map(([revision, tek]) => [revision, tek.slice()])),
        keks: new Map([...keys.slots].map(([slot, { kek }]) => [slot, [kek.slice()]])),
      })
    }
  }

  /** Whether somebody who heard all and ever held these hauls reads a frame. */
  breaks(hauls: readonly ReadonlyMap<OperationId, Haul>[], said: Uint8Array): boolean {
    const frame = parseFrame(said)
    if (isRejection(frame)) throw new Error('no frame')
    const { operations } = this
    const hoard = {
      world: { group: this.of.group },
      operations,
      haulOf: (at: PeerId) => hauls[Number(at)] ?? new Map(),
    }
    return new Coalition(
      hoard,
      hauls.map((_, i) => String(i) as PeerId),
    ).reads(frame)
  }
}

function slotsOf({ member }: Participant): Set<Slot> {
  return new Set(member.keys?.slots.keys())
}

function everyUsable<T>(items: T): T {
  return items
}

/** What a participant would send to exclude another one, if anybody took it. */
function changeBy(by: Participant, leaver: Participant, { of }: FlatRoom): Notice {
  const signer = suite.signer(fresh())
  const parent = by.member.keys
  if (parent === undefined) throw new Error('it has keys')
  const header = { parents: [parent.version], author: peerIdOf(signer.publicKey) }
  const plan = { header, parent, tainted: new Set(leaver.row), cover: everyUsable, targets: [], reason: '' }
  const body = newChange(of.group, plan, { secret: fresh(), nonce: fresh(16) })
  return { operation: makeOperation(of.group, header, body, signer).bytes }
}

/** Somebody else becomes the manager with what a few participants give it; whoever holds its row opens what it makes. */
function electedBy(givers: readonly Participant[], room: FlatRoom): number {
  const signer = suite.signer(fresh())
  const entropy = new Uint8Array([...fresh(), ...fresh(16)])
  const group = newRoom({ creator: signer.publicKey, entropy, idSpace: SPACE }, suite)
  const given = givers.flatMap(({ member }) => [...(member.keys?.slots ?? [])])
  const slots = new Map(given.map(([slot, { kek, creator }]) => [slot, { kek: kek.slice(), creator }]))
  const handed = { width: SPACE.symbols, radix: SPACE.radix, next: 0, slots, tainted: new Set<Slot>() }
  const [notice] = new FlatManager({ group, signer, handed, seed: fresh() }).repeats
  const change = notice && decodeOperation(group, notice.operation)
  if (change === undefined || isRejection(change) || change.body.kind !== 'change') return 0
  const operation = { ...change, body: change.body }
  const open = ({ member }: Participant): unknown =>
    openChange(group, operation, { slots: member.keys?.slots ?? new Map() })
  return room.participants.filter(open).length
}

export const FLAT: Answers = {
  'allows establishment of a group-wise key': () => {
    const room = new FlatRoom(8)
    const said = room.participants[0]?.member.say(Uint8Array.of(1)) ?? fresh()
    const isHeard = room.participants.slice(1).every(({ member }) => !isRejection(member.hear(said, 0)))
    return yesNo(isHeard && !room.breaks([], said))
  },
  'perfect forward secrecy': () => {
    const room = new FlatRoom(6)
    const [a, b, c] = room.participants as [Participant, Participant, Participant]
    room.leave(c)
    const recorded = a.member.say(Uint8Array.of(1))
    room.leave(b)
    // After the ten seconds in which late words are read.
    a.member.tick(10_000)
    const captured = new Map([...a.haul].filter(([version]) => version === room.manager.version))
    const now = a.member.say(Uint8Array.of(2))
    return yesNo(
      !room.breaks([captured], recorded) && room.breaks([captured], now) && room.breaks([a.haul], recorded),
    )
  },
  'dynamic join and leave can be handled': () => {
    const room = new FlatRoom(5)
    const before = room.participants[0]?.member.say(Uint8Array.of(1)) ?? fresh()
    const newcomer = room.join(assignedRow(12_345, { base: 0, width: 32 }, 4))
    const canReadBack = room.breaks([newcomer.haul], before)
    const followed = room.leave(newcomer)
    return yesNo(!canReadBack && followed.length === 5 && !followed.includes(newcomer))
  },
  'trust in third parties required': () => {
    const room = new FlatRoom(5)
    const [a, b] = room.participants as [Participant, Participant]
    const notice = room.manager.exclude([], fresh())
    const bent = { operation: notice.operation.map((byte, i) => (i === 250 ? byte ^ 1 : byte)) }
    const isTaken = a.member.take(encodeNotice(bent), 0) === 'taken'
    room.tell(notice)
    return yesNo(isTaken || room.breaks([], b.member.say(Uint8Array.of(1))))
  },
  'designed for one central controlling entity': () => {
    const room = new FlatRoom(12)
    const complete = room.participants.filter((one) => slotsOf(one).size === room.manager.size - 1)
    return yesNo(complete.length === 0 && room.leave(room.participants[0] as Participant).length === 11)
  },
  'controlling entity must know all participants': () => {
    const room = new FlatRoom(9)
    const { size } = room.manager
    // An ID that nobody has; and all there is to know is the table.
    const nobody = assignedRow(99, { base: 0, width: 32 }, 4)
    const followed = room.tell(room.manager.exclude([nobody], fresh()))
    return yesNo(followed.length !== 9 || room.manager.size !== size)
  },
  'multiple leaves': () => {
    const room = new FlatRoom(60, { symbols: 8, radix: 4 })
    const followed = room.leave(...room.participants.slice(0, 6))
    return followed.length === 54 ? 'yes' : 'difficult'
  },
  'exclusion of colluding participants': () => {
    const room = new FlatRoom(60, { symbols: 8, radix: 4 })
    const colluders = room.participants.slice(0, 6)
    // One after the other, so that each is told what moves the earlier ones' keys on.
    for (const one of colluders) room.leave(one)
    const cutOff = room.participants.slice(6).filter(({ member }) => member.status === 'cut-off')
    // Those who were cut off with them come back by asking, under an ID that is reached.
    for (const { member } of cutOff) {
      const [keys] = room.manager.join([room.manager.assign()], fresh())
      if (keys) member.register(keys, 0)
    }
    room.tell(room.manager.exclude([], fresh()))
    const rest = room.participants.slice(6)
    const isBack = rest.every(({ member }) => member.reference?.version === room.manager.version)
    const said = rest[0]?.member.say(Uint8Array.of(1)) ?? fresh()
    const isSecret = !room.breaks(
      colluders.map(({ haul }) => haul),
      said,
    )
    return cutOff.length > 0 && isBack && isSecret ? 'yes' : 'difficult'
  },
  'joining and separation of groups': () => {
    const [a, b, c] = [flat(SPACE, 16), flat(SPACE, 16), flat(SPACE, 16)]
    const row = a.manager.assign()
    join(a, row)
    const [ours, theirs] = [a, b].map((of) => [
      join(of, of.manager.assign()),
      join(of, of.manager.assign()),
    ]) as [FlatMember[], FlatMember[]]
    a.manager.exclude([row], fresh())
    for (const notice of a.manager.repeats) tell(notice, ours)
    const { theirs: move, all } = a.manager.merge(b.manager, a.manager.successor, fresh())
    tell(move, theirs)
    tell(all, [...ours, ...theirs])
    const isOne = reaches(ours[0] as FlatMember, theirs[1] as FlatMember)
    const { notice, handed } = a.manager.split(16, c.manager.successor, fresh())
    const managed = new FlatManager({ ...c, handed, seed: fresh() })
    tell(notice, [...ours, ...theirs])
    for (const repeat of managed.repeats) tell(repeat, theirs)
    const isTwo =
      !reaches(ours[0] as FlatMember, theirs[1] as FlatMember) &&
      reaches(theirs[0] as FlatMember, theirs[1] as FlatMember)
    const merged = decodeOperation(a.group, all.operation)
    const wraps = !isRejection(merged) && merged.body.kind === 'change' ? merged.body.wraps.length : 0
    return isOne && isTwo && wraps === 2 ? 'easy' : yesNo(isOne && isTwo)
  },
  'set-up implosion is an issue': () => {
    const room = new FlatRoom(24)
    // Every join is a revision of the one table.
    return yesNo(room.manager.revision === room.participants.length)
  },
  'return channel required during operation': () => {
    const room = new FlatRoom(12)
    for (const gone of room.participants.slice(0, 4)) room.leave(gone)
    return yesNo(room.participants.filter(({ member }) => member.status === 'keyed').length !== 8)
  },
  'assigned IDs or network IDs': () => {
    const assigned = flat(SPACE)
    const numbered = [0, 1, 2].map(() => join(assigned, assigned.manager.assign()))
    tell(assigned.manager.exclude([assignedRow(0, { base: 0, width: 32 }, 4)], fresh()), numbered)
    const works = numbered.map(({ status }) => status === 'keyed').join() === 'false,true,true'
    const hashed = new FlatRoom(5)
    return works && hashed.leave(hashed.participants[0] as Participant).length === 4 ? 'both' : 'network'
  },
  'single point of failure': () => {
    const room = new FlatRoom(8)
    const [leaver, ...others] = room.participants as [Participant, ...Participant[]]
    // The manager is gone. A participant could reach others without the leaver, but they take nothing from it.
    const taken = others.filter((by) => {
      const notice = encodeNotice(changeBy(by, leaver, room))
      return others.some((other) => other !== by && other.member.take(notice, 0) === 'taken')
    })
    return yesNo(taken.length === 0)
  },
  'easily recoverable': () => {
    const room = new FlatRoom(40)
    const everything = new Set(room.participants.flatMap((one) => [...slotsOf(one)]))
    const few = fewWith(room.participants, slotsOf, everything) ?? room.participants
    // They have the whole table between them; what the next manager makes of it all can open.
    const isWhole = electedBy(few, room) === room.participants.length
    return yesNo(isWhole && few.length < room.participants.length / 2)
  },
  'small database': () => {
    const [small, large] = [64, 960].map((count) => {
      const { manager } = new FlatRoom(0)
      manager.join(
        Array.from({ length: count }, () => manager.assign()),
        fresh(),
      )
      return manager.size
    })
    return yesNo((large ?? 0) < 2 * (small ?? 0))
  },
  'involvement of multiple parties for leave and join': () => {
    const room = new FlatRoom(9)
    const newcomer = room.join(assignedRow(4_321, { base: 0, width: 32 }, 4))
    const isComplete = newcomer.member.keys?.slots.size === SPACE.symbols
    return yesNo(!isComplete || room.leave(newcomer).length !== 9 || room.notices.length !== 1)
  },
}

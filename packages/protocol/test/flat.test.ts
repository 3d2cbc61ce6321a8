/** Centralized Flat by itself: the paper's examples, and what a manager without a list of members can do (SPEC N1–N6). */
import { describe, expect, test } from 'vitest'
import { isRejection, UsageError } from '../src/errors.ts'
import { FlatManager } from '../src/flat/flat-manager.ts'
import { assignedRow, derivedRow, type Row } from '../src/flat/ids.ts'
import { encodeNotice } from '../src/flat/notices.ts'
import { nextKek } from '../src/keys/derivation.ts'
import { openChange } from '../src/keys/new-change.ts'
import { SlotTable } from '../src/group/slots.ts'
import type { Slot } from '../src/ids.ts'
import { decodeOperation, type Change } from '../src/log/operation.ts'
import { FLAT_REPEATS_MAX } from '../src/limits.ts'
import type { FlatMember } from '../src/flat/flat-member.ts'
import { type Flat, flat, fresh, join, member, reaches, sent, tell } from './flat-support.ts'
import { peer } from './support.ts'

/** The paper's table: four bits. */
const PAPER = { symbols: 4, radix: 2 }
const part = { base: 0, width: 4 }

function idOf(bits: string): Row {
  return assignedRow(Number.parseInt(bits, 2), part, 2)
}

/** The paper's names of slots, highest bit first. */
function names(slots: Iterable<Slot>): string[] {
  return [...slots].sort((a, b) => b - a).map((slot) => `${slot >> 1}.${slot & 1}`)
}

function changeOf({ group }: Flat, notice: { operation: Uint8Array }): Change {
  const operation = decodeOperation(group, notice.operation)
  if (isRejection(operation) || operation.body.kind !== 'change') throw new Error('no change')
  return operation.body
}

/** All sixteen IDs of the paper's table. */
function everybody(of: Flat): FlatMember[] {
  return Array.from({ length: 16 }, (_, id) => join(of, assignedRow(id, part, 2)))
}

describe('the examples of the paper', () => {
  test('Figure 4: 0010 joins and gets the TEK, 3.0, 2.0, 1.1 and 0.0, of which it can use none on what was before', () => {
    const of = flat(PAPER)
    const others = ['0110', '1001'].map((bits) => join(of, idOf(bits)))
    const recorded = others[0]?.say(Uint8Array.of(1))
    const notice = of.manager.exclude([idOf('1111')], fresh())
    tell(notice, others)
    const before = { version: of.manager.version, revision: of.manager.revision }
    const said = others[0]?.say(Uint8Array.of(1))
    const newcomer = join(of, idOf('0010'))
    expect(names(newcomer.keys?.slots.keys() ?? [])).toEqual(['3.0', '2.0', '1.1', '0.0'])
    expect(newcomer.reference).toEqual({ version: before.version, revision: before.revision + 1 })
    // Nothing earlier opens: neither words of the revision before, nor the change that made the version.
    for (const frame of [recorded, said])
      expect(newcomer.hear(frame ?? fresh(), 0)).toHaveProperty('rejected')
    expect(newcomer.take(encodeNotice(notice), 0)).not.toBe('taken')
    // The others notice the revision by what is said under it.
    for (const other of others) {
      expect(reaches(newcomer, other)).toBe(true)
      expect(other.reference).toEqual(newcomer.reference)
    }
  })

  test('Figure 5: 0110 leaves, and the TEK is wrapped under 3.1, 2.0, 1.0 and 0.1', () => {
    const of = flat(PAPER)
    const members = everybody(of)
    const [leaver, left] = [members[6] as FlatMember, members.filter((_, id) => id !== 6)]
    const old = new Map(left.map((one) => [one, new Map(one.keys?.slots)]))
    const notice = of.manager.exclude([idOf('0110')], fresh())
    const { wraps, tainted } = changeOf(of, notice)
    expect(names(wraps.map(({ slot }) => slot))).toEqual(['3.1', '2.0', '1.0', '0.1'])
    expect(names(tainted)).toEqual(['3.0', '2.1', '1.1', '0.0'])
    tell(notice, members)
    expect(leaver.status).toBe('cut-off')
    expect(leaver.keys).toBeUndefined()
    // Who remains holds the new version of each of its KEKs, 3.0, 2.1, 1.1 and 0.0 among them, and all hold the same ones.
    const table = new Map<Slot, Uint8Array>()
    for (const one of left) {
      expect(one.reference).toEqual({ version: of.manager.version, revision: 0 })
      for (const [slot, { kek }] of one.keys?.slots ?? []) {
        expect(kek).not.toEqual(old.get(one)?.get(slot)?.kek)
        expect(kek).toEqual(table.get(slot) ?? kek)
        table.set(slot, kek)
      }
    }
    expect(names(table.keys())).toEqual(names(Array.from({ length: 8 }, (_, slot) => slot as Slot)))
    // And the next change, made under the keys of that version, reaches them: so they are the right ones.
    tell(of.manager.exclude([], fresh()), members)
    expect(left.every((one) => one.reference?.version === of.manager.version)).toBe(true)
    expect(left.every((one) => reaches(left[0] as FlatMember, one) || one === left[0])).toBe(true)
    expect(reaches(left[0] as FlatMember, leaver)).toBe(false)
  })
})

describe('a manager without a list of members', () => {
  test.each([
    { symbols: 32, radix: 2 },
    { symbols: 16, radix: 4 },
    { symbols: 8, radix: 16 },
  ])('lets in, and excludes one or many, in tables of radix $radix', (idSpace) => {
    const of = flat(idSpace)
    const rows = Array.from({ length: 40 }, () => of.manager.assign())
    const revision = of.manager.revision
    const keys = of.manager.join(rows, fresh())
    expect(of.manager.revision).toBe(revision + 1)
    const members = keys.map((one) => {
      const newcomer = member(of.group)
      newcomer.register(sent(one), 0)
      return newcomer
    })
    const last = members[39] as FlatMember
    expect(members.every((one) => one === last || reaches(last, one))).toBe(true)
    tell(of.manager.exclude([rows[3] as Row], fresh()), members)
    expect(members.flatMap((one, i) => (one.status === 'keyed' ? [] : [i]))).toEqual([3])
    // Several at once, and after that somebody before: cumulative, so all of them together still open nothing.
    const gone = [7, 11]
    tell(
      of.manager.exclude(
        gone.map((i) => rows[i] as Row),
        fresh(),
      ),
      members,
    )
    const tainted = new Set([3, ...gone].flatMap((i) => rows[i] as Row))
    for (const [i, one] of members.entries()) {
      const isCutOff = (rows[i] as Row).every((slot) => tainted.has(slot))
      expect(one.status).toBe(isCutOff ? 'cut-off' : 'keyed')
    }
    // Whoever was cut off with them and may stay registers again, under an ID that is reached.
    const stray =
      members.find((one, i) => one.status === 'cut-off' && ![3, ...gone].includes(i)) ?? member(of.group)
    const [again] = of.manager.join([of.manager.assign()], fresh())
    if (again) stray.register(sent(again), 0)
    tell(of.manager.exclude([], fresh()), [...members, stray])
    expect(stray.status).toBe('keyed')
  })

  test('who is excluded after somebody else cannot help that one to what follows', () => {
    const of = flat(PAPER)
    const [first, second, third] = ['0110', '0111', '1000'].map((bits) => join(of, idOf(bits))) as [
      FlatMember,
      FlatMember,
      FlatMember,
    ]
    const kept = new Map([...(first.keys?.slots ?? [])].map(([slot, { kek }]) => [slot, kek.slice()]))
    tell(of.manager.exclude([idOf('0110')], fresh()), [first, second, third])
    // The second one tells the first what moves its keys on, and adds its own.
    const { version, chain, slots } = second.keys ?? {}
    if (!version || !chain || !slots) throw new Error('the second one is keyed')
    const pool: Map<Slot, { kek: Uint8Array }> = new Map(
      [...slots].map(([slot, { kek }]) => [slot, { kek: kek.slice() }]),
    )
    for (const [slot, kek] of kept)
      pool.set(slot, { kek: nextKek(of.group, { version, slot }, { kek, chain }) })
    const operation = decodeOperation(of.group, of.manager.exclude([idOf('0111')], fresh()).operation)
    if (isRejection(operation) || operation.body.kind !== 'change') throw new Error('no change')
    expect(names(operation.body.wraps.map(({ slot }) => slot))).toEqual(['3.1', '2.0', '1.0'])
    expect(openChange(of.group, { ...operation, body: operation.body }, { slots: pool })).toBeUndefined()
    expect(names(pool.keys())).toEqual(['3.0', '2.1', '1.1', '0.1', '0.0'])
    // The keys that the pool holds are the true ones of their slots.
    for (const [slot, { kek }] of third.keys?.slots ?? []) expect(pool.get(slot)?.kek ?? kek).toEqual(kek)
    expect(third.take(encodeNotice(of.manager.repeats[1] as { operation: Uint8Array }), 0)).toBe('taken')
  })

  test('excludes an ID that nobody has, and makes no key for it', () => {
    const of = flat({ symbols: 16, radix: 4 })
    const rows = [1, 2, 3].map((id) => assignedRow(id, { base: 0, width: 16 }, 4))
    const members = rows.map((row) => join(of, row))
    const { size } = of.manager
    tell(of.manager.exclude([assignedRow(4 ** 9, { base: 0, width: 16 }, 4)], fresh()), members)
    expect(members.map(({ status }) => status)).toEqual(['keyed', 'keyed', 'keyed'])
    expect(of.manager.size).toBe(size)
  })

  test('keys grow with the group, not with the table', () => {
    const of = flat({ symbols: 32, radix: 2 })
    const sizes = [1, 2, 4, 64].map((count) => {
      const rows = Array.from({ length: count }, (_, id) => assignedRow(id, { base: 0, width: 32 }, 2))
      of.manager.join(rows, fresh())
      return of.manager.size - 33
    })
    expect(sizes).toEqual([0, 1, 2, 6])
    // Where nobody is tainted, a position that everybody shares reaches everybody.
    expect(changeOf(of, of.manager.exclude([], fresh())).wraps).toHaveLength(1)
    expect(
      changeOf(of, of.manager.exclude([assignedRow(5, { base: 0, width: 32 }, 2)], fresh())).wraps,
    ).toHaveLength(6)
  })

  test('IDs made from keys: colluders are out together, a known share is cut off with them, and creating anew heals', () => {
    const idSpace = { symbols: 16, radix: 4 }
    const of = flat(idSpace)
    const table = new SlotTable(of.group)
    const rows = Array.from({ length: 200 }, (_, i) =>
      derivedRow(peer(i), table, { part: { base: 0, width: 16 }, radix: 4 }),
    )
    const members = rows.map((row) => join(of, row))
    tell(of.manager.exclude(rows.slice(0, 8), fresh()), members)
    const cutOff = members.slice(8).filter(({ status }) => status === 'cut-off')
    // (1 − (1 − 1/k)^m)^n of them: 19 % here.
    expect(cutOff.length / 192).toBeGreaterThan(0.1)
    expect(cutOff.length / 192).toBeLessThan(0.3)
    expect(of.manager.isResistant).toBe(false)
    tell(of.manager.exclude(rows.slice(0, 40), fresh()), members)
    expect(of.manager.isResistant).toBe(true)
    const old = members.filter(({ status }) => status === 'keyed')
    expect(old).toEqual([])
    tell(of.manager.recreate(fresh()), members)
    for (const [i, keys] of of.manager.join(rows.slice(40), fresh()).entries())
      members[i + 40]?.register(sent(keys), 0)
    tell(of.manager.exclude([], fresh()), members)
    expect(members.flatMap(({ status }, i) => (status === 'keyed' ? [i] : []))).toHaveLength(160)
    expect(of.manager.isResistant).toBe(false)
  })

  test('takes no table that a change could not be wrapped for, and says when IDs are used up', () => {
    expect(() => flat({ symbols: 64, radix: 16 })).toThrow(UsageError)
    const of = flat({ symbols: 2, radix: 2 })
    for (let i = 0; i < 4; i++) of.manager.assign()
    expect(() => of.manager.assign()).toThrow(/No ID is left/)
  })
})

describe('a channel that loses, repeats and reorders', () => {
  test('whoever heard the changes in any order ends with the keys', () => {
    const of = flat({ symbols: 16, radix: 4 })
    const members = [1, 2].map(() => join(of, of.manager.assign()))
    const notices = Array.from({ length: 5 }, () => of.manager.exclude([], fresh()))
    for (const notice of [...notices, ...notices].reverse()) tell(notice, members)
    expect(members.every((one) => one.reference?.version === of.manager.version)).toBe(true)
    expect(members[0]?.take(encodeNotice(notices[0] as { operation: Uint8Array }), 0)).toBe('known')
  })

  test('what was lost comes again for a while; whoever missed more asks again', () => {
    const of = flat({ symbols: 16, radix: 4 })
    const [awake, away] = [join(of, of.manager.assign()), join(of, of.manager.assign())]
    for (let i = 0; i < FLAT_REPEATS_MAX; i++) tell(of.manager.exclude([], fresh()), [awake])
    for (const notice of of.manager.repeats) tell(notice, [away])
    expect(reaches(awake, away)).toBe(true)
    for (let i = 0; i <= FLAT_REPEATS_MAX; i++) tell(of.manager.exclude([], fresh()), [awake])
    for (const notice of of.manager.repeats) tell(notice, [away])
    expect(reaches(awake, away)).toBe(false)
    const [keys] = of.manager.join([of.manager.assign()], fresh())
    if (keys) away.register(sent(keys), 0)
    expect(reaches(away, awake)).toBe(true)
  })

  test('what the manager did not sign changes nothing', () => {
    const [of, other] = [flat(PAPER), flat(PAPER)]
    const one = join(of, idOf('0010'))
    const notice = of.manager.exclude([], fresh())
    const bent = {
      operation: notice.operation.map((byte, i) => (i === notice.operation.length - 1 ? byte ^ 1 : byte)),
    }
    expect(one.take(encodeNotice(bent), 0)).toMatchObject({ rejected: 'bad-signature' })
    expect(one.take(encodeNotice(other.manager.exclude([], fresh())), 0)).toMatchObject({
      rejected: 'wrong-group',
    })
    expect(one.take(encodeNotice(notice), 0)).toBe('taken')
  })

  test('what was said before a change is read a little longer', () => {
    const of = flat(PAPER)
    const [ada, ben] = [join(of, idOf('0001')), join(of, idOf('0010'))]
    expect(reaches(ben, ada)).toBe(true)
    const [soon, late] = [ada.say(Uint8Array.of(1)), ada.say(Uint8Array.of(2))]
    tell(of.manager.exclude([], fresh()), [ada, ben])
    expect(isRejection(ben.hear(soon, 9_000))).toBe(false)
    expect(ben.hear(late, 11_000)).toHaveProperty('rejected')
  })
})

describe('whole groups', () => {
  test('two become one without a word to any one member, and part again with no taint left behind', () => {
    const idSpace = { symbols: 8, radix: 4 }
    const [a, b] = [flat(idSpace, 4), flat(idSpace, 4)]
    const rowsOfA = [0, 1, 2].map(() => a.manager.assign())
    const ours = rowsOfA.map((row) => join(a, row))
    const theirs = [0, 1, 2].map(() => join(b, b.manager.assign()))
    const { theirs: move, all } = a.manager.merge(b.manager, a.manager.successor, fresh())
    // The change may come before the word that it concerns: then it comes again.
    tell(all, [...ours, ...theirs])
    tell(move, theirs)
    for (const notice of a.manager.repeats) tell(notice, [...ours, ...theirs])
    const everyone = [...ours, ...theirs]
    expect(everyone.map(({ status }) => status)).toEqual(everyone.map(() => 'keyed'))
    expect(reaches(ours[0] as FlatMember, theirs[0] as FlatMember)).toBe(true)
    expect(() => b.manager.exclude([], fresh())).toThrow(/is over/)
    // Same numbers on both sides, and still an exclusion is of one of them.
    tell(a.manager.exclude([rowsOfA[1] as Row], fresh()), everyone)
    expect(everyone.map(({ status }) => status === 'keyed')).toEqual([true, false, true, true, true, true])

    const c = flat(idSpace, 4)
    const { notice, handed } = a.manager.split(4, c.manager.successor, fresh())
    const manager = new FlatManager({ ...c, handed, seed: fresh() })
    tell(notice, everyone)
    for (const repeat of manager.repeats) tell(repeat, theirs)
    expect(theirs.map(({ status }) => status)).toEqual(['keyed', 'keyed', 'keyed'])
    expect(reaches(theirs[0] as FlatMember, theirs[1] as FlatMember)).toBe(true)
    expect(reaches(ours[0] as FlatMember, theirs[1] as FlatMember)).toBe(false)
    expect(reaches(theirs[0] as FlatMember, ours[0] as FlatMember)).toBe(false)
    tell(a.manager.exclude([], fresh()), ours)
    expect(reaches(ours[0] as FlatMember, ours[2] as FlatMember)).toBe(true)
  })

  test('a destroyed one has no keys anywhere, also with those who missed something, and takes nothing more', () => {
    const of = flat(PAPER)
    const [ada, ben, deaf] = ['0001', '0010', '0100'].map((bits) => join(of, idOf(bits))) as [
      FlatMember,
      FlatMember,
      FlatMember,
    ]
    reaches(deaf, ada)
    const recorded = ada.say(Uint8Array.of(1))
    tell(of.manager.exclude([], fresh()), [ada, ben])
    const notice = of.manager.destroy()
    tell(notice, [ada, ben, deaf])
    for (const one of [ada, ben, deaf]) {
      expect([one.status, one.keys]).toEqual(['destroyed', undefined])
      expect(one.hear(recorded, 0)).toHaveProperty('rejected')
      expect(() => one.say(Uint8Array.of(1))).toThrow(UsageError)
    }
    expect(of.manager.size).toBe(1)
    expect(() => of.manager.join([idOf('1111')], fresh())).toThrow(UsageError)
    expect(() => of.manager.exclude([], fresh())).toThrow(UsageError)
  })
})

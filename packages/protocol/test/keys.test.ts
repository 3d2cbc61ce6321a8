/** Replay windows, IDs, covers and taint: the parts that promise a number. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SlotTable, slotsOfBitmap, slotsToBitmap } from '../src/group/slots.ts'
import type { Slot } from '../src/ids.ts'
import { coverOf, taintedSlots } from '../src/keys/cover.ts'
import { REPLAY_WINDOW, SESSIONS_PER_SENDER_MAX } from '../src/limits.ts'
import { MembershipLog } from '../src/log/membership-log.ts'
import { makeOperation } from '../src/log/operation.ts'
import { ReplayWindows } from '../src/traffic/replay-window.ts'
import { bytes, founding, group, peer, signer } from './support.ts'

// The same cases on every run; who looks for others changes the seed.
fc.configureGlobal({ seed: 1998 })

describe('replay windows', () => {
  test('take each counter once, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 })), (counters) => {
        const windows = new ReplayWindows()
        const taken = new Set<number>()
        for (const counter of counters) {
          const session = { salt: bytes(16), counter }
          const highest = Math.max(-Infinity, ...taken)
          const expected = !taken.has(counter) && (taken.size === 0 || counter > highest - REPLAY_WINDOW)
          expect(windows.isFresh(peer(1), session)).toBe(expected)
          if (expected) windows.mark(peer(1), session)
          if (expected) taken.add(counter)
        }
      }),
    )
  })

  test('tell senders and sessions apart', () => {
    const windows = new ReplayWindows()
    windows.mark(peer(1), { salt: bytes(16, 1), counter: 5 })
    expect(windows.isFresh(peer(1), { salt: bytes(16, 1), counter: 5 })).toBe(false)
    expect(windows.isFresh(peer(1), { salt: bytes(16, 2), counter: 5 })).toBe(true)
    expect(windows.isFresh(peer(2), { salt: bytes(16, 1), counter: 5 })).toBe(true)
  })

  test('keep a few sessions a sender, those heard last', () => {
    const windows = new ReplayWindows()
    for (let i = 0; i <= SESSIONS_PER_SENDER_MAX; i++)
      windows.mark(peer(1), { salt: bytes(16, i), counter: 1 })
    expect(windows.isFresh(peer(1), { salt: bytes(16, SESSIONS_PER_SENDER_MAX), counter: 1 })).toBe(false)
  })
})

describe('IDs', () => {
  test.each([
    { symbols: 128, radix: 2 },
    { symbols: 128, radix: 4 },
    { symbols: 85, radix: 8 },
    { symbols: 64, radix: 16 },
  ])('hold one value in each of $symbols positions of radix $radix', (idSpace) => {
    const table = new SlotTable(group(idSpace))
    for (let i = 0; i < 20; i++) {
      const positions = [...table.of(peer(i))].map((slot) => Math.floor(slot / idSpace.radix))
      expect(positions).toEqual(Array.from({ length: idSpace.symbols }, (_, position) => position))
    }
  })

  test('differ between groups, so that nobody chooses its slots', () => {
    const [a, b] = [new SlotTable(group()), new SlotTable(group(undefined, 'other'))]
    expect([...a.of(peer(1))]).not.toEqual([...b.of(peer(1))])
  })

  test('bitmaps of slots come back', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 511 })), (slots) => {
        const sorted = slots.sort((a, b) => a - b) as Slot[]
        expect(slotsOfBitmap(slotsToBitmap(sorted, 512), 512)).toEqual(sorted)
      }),
    )
  })
})

describe('covers', () => {
  const idSpace = { symbols: 128, radix: 4 }
  const table = new SlotTable(group(idSpace))
  const usable = [...table.of(peer(0))]

  test('reach every member that they can, with few slots', () => {
    const members = Array.from({ length: 200 }, (_, i) => peer(i + 1))
    const { slots, uncovered } = coverOf({ usable, members, table, radix: 4 })
    expect(uncovered).toEqual([])
    expect(members.every((member) => slots.some((slot) => table.of(member).has(slot)))).toBe(true)
    expect(slots.length).toBeLessThan(25)
  })

  test('name those that they cannot reach', () => {
    const members = Array.from({ length: 30 }, (_, i) => peer(i + 1))
    const few = usable.slice(0, 1)
    const { slots, uncovered } = coverOf({ usable: few, members, table, radix: 4 })
    expect(slots).toEqual(few)
    for (const member of members)
      expect(uncovered.includes(member)).toBe(!table.of(member).has(few[0] as Slot))
  })

  test('miss a member that their author does not know of with a chance of about 1 %', () => {
    const { slots } = coverOf({ usable, members: [peer(1)], table, radix: 4 })
    const strangers = Array.from({ length: 5_000 }, (_, i) => peer(i + 1_000))
    const missed = strangers.filter((stranger) => !slots.some((slot) => table.of(stranger).has(slot)))
    expect(missed.length).toBeLessThan(100)
  })

  test('taint goes by admission: whoever was excluded taints all its slots, also once it is back', () => {
    const [alice, bob] = [signer(1), signer(2)]
    const of = group(idSpace)
    const log = new MembershipLog(of)
    const root = founding(of, alice)
    const admit = (revision: number): ReturnType<typeof makeOperation> => {
      const admission = {
        kind: 'admission',
        peer: peerOf(bob),
        name: 'b',
        version: root.id,
        revision,
      } as const
      return makeOperation(of, { parents: log.heads }, admission, alice)
    }
    log.integrate([root])
    log.integrate([admit(1)])
    expect(taintedSlots(log, root.id, table).size).toBe(0)
    const target = { peer: peerOf(bob), admission: log.heads[0] ?? root.id }
    const change = {
      kind: 'change',
      keyParent: root.id,
      targets: [target],
      reason: '',
      nonce: bytes(16),
      commitment: bytes(32),
      tainted: [],
      wraps: [],
    } as const
    log.integrate([makeOperation(of, { parents: log.heads }, change, alice)])
    expect(taintedSlots(log, root.id, table)).toEqual(table.of(peerOf(bob)))
    log.integrate([admit(2)])
    expect(log.roster.alive.has(peerOf(bob))).toBe(true)
    expect(taintedSlots(log, root.id, table).size).toBe(128)
  })
})

function peerOf(of: ReturnType<typeof signer>): ReturnType<typeof peer> {
  return founding(group(), of).author
}

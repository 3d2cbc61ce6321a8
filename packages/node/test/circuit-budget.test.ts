import { describe, expect, test } from 'vitest'
import { CircuitBudget } from '../src/circuit-budget.ts'
import { CircuitRefusals } from '../src/circuit-refusals.ts'
import type { Connection } from '@libp2p/interface'

const KIB = 1024

interface FakeCircuit {
  direction: 'inbound' | 'outbound'
  status: string
  limits: { bytes?: bigint } | undefined
}

function circuit(init: Partial<FakeCircuit> = {}): { budget: CircuitBudget; fake: FakeCircuit } {
  const fake: FakeCircuit = { direction: 'outbound', status: 'open', limits: { bytes: 131_072n }, ...init }
  const connection = Object.assign(fake, { remotePeer: 'peer' }) as unknown as Connection
  return { budget: new CircuitBudget(connection, 0), fake }
}

function takenAtOnce(budget: CircuitBudget, bytes: number): number {
  let count = 0
  while (count < 1_000 && budget.take(bytes, 0)) count += 1
  return count
}

describe('what one circuit is given stays below what the relay carries', () => {
  test.each([1, 10, 40, 60])('in messages of %i KiB', (size) => {
    const sent = takenAtOnce(circuit().budget, size * KIB) * size * KIB
    expect(sent).toBeGreaterThan(0)
    expect(sent).toBeLessThan(122_880 - 16 * KIB)
  })

  test('also when libp2p does not say how much is left', () => {
    expect(takenAtOnce(circuit({ limits: undefined }).budget, 10 * KIB)).toBe(9)
  })

  test('also when both ends send at the same moment', () => {
    const ours = takenAtOnce(circuit().budget, 60 * KIB) * 60
    const theirs = takenAtOnce(circuit({ direction: 'inbound' }).budget, 20 * KIB) * 20
    expect(theirs).toBeGreaterThan(0)
    expect((ours + theirs) * KIB).toBeLessThan(122_880)
  })

  test('counting what came the other way', () => {
    const { budget, fake } = circuit()
    fake.limits = { bytes: 30n * 1024n }
    expect(budget.take(20 * KIB, 0)).toBe(false)
  })
})

test('a relay whose circuits do not take the longest message is recognised', () => {
  expect(circuit().budget.isRoomy).toBe(true)
  expect(circuit({ limits: { bytes: 65_536n } }).budget.isRoomy).toBe(false)
})

test('a circuit is given up before the relay ends it, and one that is closing at once', () => {
  const { budget, fake } = circuit()
  expect(budget.take(100, 99_000)).toBe(true)
  expect(budget.take(100, 101_000)).toBe(false)
  const closing = circuit()
  closing.fake.status = 'closing'
  expect(closing.budget.take(100, 0)).toBe(false)
  expect(fake.status).toBe('open')
})

test("the other side's circuit is not used when it may be about to be closed", () => {
  const { budget } = circuit({ direction: 'inbound' })
  expect(budget.take(100, 2_000)).toBe(true)
  expect(budget.take(100, 4_000)).toBe(true)
  expect(budget.take(100, 7_000)).toBe(false)
})

describe('a circuit is closed', () => {
  test('when it has carried nothing for five seconds, either way', () => {
    const { budget, fake } = circuit()
    expect(budget.isDue(4_900, true)).toBe(false)
    fake.limits = { bytes: 130_000n }
    budget.look(4_900)
    expect(budget.isDue(9_800, true)).toBe(false)
    expect(budget.isDue(9_900, true)).toBe(true)
  })

  test('not while a message is being sent', () => {
    const { budget } = circuit()
    budget.take(100, 0)
    expect(budget.isDue(20_000, true)).toBe(false)
    budget.done(20_000)
    expect(budget.isDue(24_000, true)).toBe(false)
    expect(budget.isDue(25_000, true)).toBe(true)
  })

  test('a second after it was used up, grew old or was replaced by a direct connection', () => {
    const { budget } = circuit()
    takenAtOnce(budget, 60 * KIB)
    budget.done(0)
    expect([budget.isDue(900, true), budget.isDue(1_000, true)]).toEqual([false, true])
    expect(circuit().budget.isDue(1_000, false)).toBe(true)
    const old = circuit().budget
    old.take(100, 99_000)
    old.done(100_500)
    expect(old.isDue(101_500, true)).toBe(true)
  })

  test('only by the side that opened it', () => {
    expect(circuit({ direction: 'inbound' }).budget.isDue(200_000, false)).toBe(false)
  })
})

test('no more than a bounded number of refusals is remembered, the latest ones', () => {
  const refusals = new CircuitRefusals()
  for (let i = 0; i < 300; i++) refusals.add(`peer ${i}`)
  expect(refusals.has('peer 299')).toBe(true)
  expect(refusals.has('peer 44')).toBe(true)
  expect(refusals.has('peer 43')).toBe(false)
  refusals.delete('peer 299')
  expect(refusals.has('peer 299')).toBe(false)
})

/** Frames that wait: whoever floods pushes out its own, and one neighbour may bring all there is (SPEC T7). */
import { expect, test } from 'vitest'
import { HELD_MAX } from '../src/limits.ts'
import { HeldFrames } from '../src/member/held-frames.ts'
import { operationId } from './support.ts'

const awaits = { version: operationId(1) }

function fill(held: HeldFrames, from: string, count: number): void {
  for (let i = 0; i < count; i++) held.hold({ bytes: Uint8Array.of(i & 0xff), from }, awaits, 0)
}

function countOf(held: HeldFrames, from: string): number {
  return held.release(0, () => true).filter((inbound) => inbound.from === from).length
}

test('one neighbour may bring all there is', () => {
  const held = new HeldFrames()
  fill(held, 'bridge', 2 * HELD_MAX)
  expect(countOf(held, 'bridge')).toBe(HELD_MAX)
})

test('whoever floods pushes out what it brought itself, before and after', () => {
  const held = new HeldFrames()
  fill(held, 'flood', HELD_MAX)
  fill(held, 'friend', 40)
  fill(held, 'flood', HELD_MAX)
  expect(held.size).toBe(HELD_MAX)
  expect(countOf(held, 'friend')).toBe(40)
})

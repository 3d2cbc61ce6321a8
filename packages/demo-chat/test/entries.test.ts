import { describe, expect, it } from 'vitest'
import { continues, startsDay, type Entry } from '../src/entries.ts'

function said(at: string, more: Partial<Extract<Entry, { kind: 'message' }>> = {}): Entry {
  const message = { kind: 'message', from: 'ana', name: 'Ana', text: 'x', verified: true } as const
  return { key: 0, at: new Date(at), ...message, version: '', revision: 0, ...more }
}

const earlier: Entry = {
  key: 1,
  at: new Date('2026-11-30T09:00'),
  kind: 'earlier',
  by: 'ben',
  byName: 'Ben',
  isAsked: true,
  messages: [],
}

describe('entries beside each other', () => {
  it('go on in the same breath from one sender, within two minutes', () => {
    const first = said('2026-11-29T12:00')
    expect(continues(first, said('2026-11-29T12:01'))).toBe(true)
    expect(continues(first, said('2026-11-29T12:02'))).toBe(false)
    expect(continues(first, said('2026-11-29T12:01', { from: 'ben' }))).toBe(false)
    expect(continues(undefined, first)).toBe(false)
  })

  it('say so when a day begins between them, and do not go on over it', () => {
    const [late, early] = [said('2026-11-29T23:59:30'), said('2026-11-30T00:00:10')]
    expect(startsDay(late, early)).toBe(true)
    expect(continues(late, early)).toBe(false)
    expect(startsDay(late, said('2026-11-29T23:59:50'))).toBe(false)
    expect(startsDay(undefined, early)).toBe(false)
    // What was handed on of before stands above all, whenever it came.
    expect(startsDay(earlier, late)).toBe(false)
  })
})

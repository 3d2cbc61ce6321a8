import type { ActionOptions, ActionReceipt } from '@conclave/node'
import { describe, expect, it } from 'vitest'
import { Earlier } from '../src/earlier.ts'
import { Entries, type Content, type MessageEntry } from '../src/entries.ts'
import { receiptOf } from '../src/receipts.ts'
import type { Room } from '../src/room.ts'

type Listener = (event: CustomEvent<ActionReceipt<unknown>>) => void

/** Two members whose actions reach each other, with what each was sent. */
class Wire {
  readonly sent: { from: string; to: unknown; data: unknown; bytes: number }[] = []
  readonly #members = new Map<string, { listener: Listener; check: ActionOptions<unknown>['check'] }>()

  room(self: string): Room {
    const makeAction = (_name: string, { check }: ActionOptions<never> = {}) => ({
      send: async (data: unknown, { to }: { to?: string } = {}) => {
        this.sent.push({ from: self, to, data, bytes: JSON.stringify(data).length })
        if (to !== undefined) this.deliver(self, to, data)
        return { reached: 1 }
      },
      addEventListener: (_type: 'receive', listener: Listener) => {
        this.#members.set(self, { listener, check })
      },
    })
    return { self, makeAction } as unknown as Room
  }

  /** As a room does: what does not have the form is dropped. */
  deliver(from: string, to: string, data: unknown): void {
    const receiver = this.#members.get(to)
    if (receiver?.check?.(data) !== true) return
    receiver.listener(new CustomEvent('receive', { detail: { from, name: `${from} by name`, data } }))
  }
}

const said: MessageEntry = {
  kind: 'message',
  from: 'Cleo',
  name: 'Cleo',
  text: '',
  verified: true,
  version: '',
  revision: 0,
}

function member(wire: Wire, self: string, contents: readonly Content[] = []) {
  const entries = new Entries()
  for (const content of contents) entries.add(content)
  return { entries, earlier: new Earlier(wire.room(self), entries, () => {}) }
}

function says(...texts: string[]): Content[] {
  return texts.map((text) => ({ ...said, text }))
}

const admitted: Content = { kind: 'notice', change: 'admitted', peer: 'Ben', name: 'Ben' }

/** The texts that were handed on to somebody, by whom. */
function handedOn({ list }: Entries): { by: string; isAsked: boolean; texts: string[] }[] {
  return list.flatMap((entry) =>
    entry.kind === 'earlier'
      ? [{ by: entry.by, isAsked: entry.isAsked, texts: entry.messages.map(({ text }) => text) }]
      : [],
  )
}

describe('what was said before', () => {
  it('is handed on only when the member that was asked says yes, up to where the newcomer came in', async () => {
    const wire = new Wire()
    const ada = member(wire, 'Ada', [...says('one', 'two'), admitted, ...says('three')])
    const ben = member(wire, 'Ben')
    await ben.earlier.ask('Ada', 'Ada')
    expect(ada.earlier.requests).toMatchObject([{ peer: 'Ben' }])
    expect(handedOn(ben.entries)).toEqual([])
    await ada.earlier.answer('Ben', true)
    expect(ada.earlier.requests).toEqual([])
    expect(handedOn(ben.entries)).toEqual([{ by: 'Ada', isAsked: true, texts: ['one', 'two'] }])
    // Before everything else, and nothing of it as a message of its own.
    expect(ben.entries.list.map(({ kind }) => kind)).toEqual(['earlier', 'notice'])
    expect(wire.sent.every(({ to }) => to !== undefined)).toBe(true)
  })

  it('ends where what the newcomer has begins, also when it only comes back', async () => {
    const wire = new Wire()
    const ada = member(wire, 'Ada', says('one', 'two', 'three'))
    const ben = member(wire, 'Ben', says('three'))
    await ben.earlier.ask('Ada', 'Ada')
    expect(ada.earlier.requests).toMatchObject([{ before: receiptOf('Cleo', 'three') }])
    await ada.earlier.answer('Ben', true)
    expect(handedOn(ben.entries)).toMatchObject([{ texts: ['one', 'two'] }])
  })

  it('stays where it is when the member says no, or has nothing', async () => {
    const wire = new Wire()
    const ada = member(wire, 'Ada', says('one'))
    const cleo = member(wire, 'Cleo')
    const ben = member(wire, 'Ben')
    await ben.earlier.ask('Ada', 'Ada')
    await ada.earlier.answer('Ben', false)
    await ben.earlier.ask('Cleo', 'Cleo')
    await cleo.earlier.answer('Ben', true)
    expect(ben.entries.list).toMatchObject([
      { change: 'asked', peer: 'Ada' },
      { change: 'nothing', peer: 'Ada' },
      { change: 'asked', peer: 'Cleo' },
      { change: 'nothing', peer: 'Cleo' },
    ])
  })

  it('leaves out what was not verified, not sent, or itself handed on', async () => {
    const wire = new Wire()
    const ada = member(wire, 'Ada', [
      { ...said, text: 'forged', verified: false },
      { ...said, text: 'failed', delivery: { kind: 'failed', why: '' } },
      { ...said, text: 'sent', delivery: { kind: 'sent', to: 1, arrivedAt: [] } },
    ])
    const ben = member(wire, 'Ben')
    const message = { from: 'Cleo', name: 'Cleo', text: 'hearsay', at: 0 }
    wire.deliver('Cleo', 'Ada', { kind: 'messages', messages: [message] })
    await ada.earlier.handOn('Ben')
    expect(handedOn(ben.entries)).toEqual([{ by: 'Ada', isAsked: false, texts: ['sent'] }])
  })

  it('is the last 50 messages and 256 kB at most, in parts that an action takes', async () => {
    const wire = new Wire()
    const many = member(wire, 'Ada', says(...Array.from({ length: 60 }, (_, index) => `${index}`)))
    const long = member(wire, 'Cleo', says(...Array.from({ length: 30 }, () => 'x'.repeat(16_000))))
    const ben = member(wire, 'Ben')
    await many.earlier.handOn('Ben')
    await long.earlier.handOn('Ben')
    const [short, bulky] = handedOn(ben.entries).toReversed()
    expect(short?.texts).toEqual(Array.from({ length: 50 }, (_, index) => `${index + 10}`))
    expect(bulky?.texts).toHaveLength(15)
    expect(Math.max(...wire.sent.map(({ bytes }) => bytes))).toBeLessThan(40 * 1024)
  })

  it('is bounded also where others hand on more, and refused where it has not the form', () => {
    const wire = new Wire()
    const ben = member(wire, 'Ben')
    const message = { from: 'Cleo', name: 'Cleo', text: 'x', at: 0 }
    const messages = Array.from({ length: 50 }, () => message)
    for (let i = 0; i < 3; i++) wire.deliver('Mallory', 'Ben', { kind: 'messages', messages })
    for (let i = 0; i < 9; i++) wire.deliver(`Mallory${i}`, 'Ben', { kind: 'messages', messages })
    expect(handedOn(ben.entries).map(({ texts }) => texts.length)).toEqual([50, 50, 50, 50])
    const before = ben.entries.list
    for (const wrong of [
      null,
      { kind: 'messages' },
      { kind: 'messages', messages: [...messages, message] },
      { kind: 'messages', messages: [{ ...message, from: '\u202Egnp' }] },
      { kind: 'messages', messages: [{ ...message, at: 1e300 }] },
      { kind: 'messages', messages: [{ ...message, text: 'x'.repeat(20_000) }] },
      { kind: 'messages', messages: [{ ...message, name: 7 }] },
      { kind: 'ask', before: 'x'.repeat(9) },
    ])
      wire.deliver('Mallory', 'Ben', wrong)
    expect(ben.entries.list).toBe(before)
    expect(ben.earlier.requests).toEqual([])
  })
})

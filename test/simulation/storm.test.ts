/** A room larger than those that beat, and a crowd at its door. `storm.ts` does the same for a thousand. */
import { expect, test } from 'vitest'
import { Crowd, type Phase } from './crowd.ts'

const MEMBERS = 70
const NEWCOMERS = 20

test(`a room of ${MEMBERS} lets in ${NEWCOMERS} within 4 s, over a network that loses and delays`, () => {
  const crowd = new Crowd(1, { loss: 0.02, duplication: 0, latencyMs: [50, 200] })
  const last = (): Phase => crowd.phases.at(-1) as Phase
  crowd.comeBack(MEMBERS, 20_000)
  // A knock and some ten contributors each: hardly anybody asks for keys that it would not take.
  expect(last().sent.get('request')?.messages).toBeLessThan(13 * MEMBERS)
  crowd.idle(20_000)
  crowd.idle(20_000)
  // Two frames a beat, the interval jittered by a quarter: those who beat, and makers of slots.
  const beats = last().sent.get('heartbeat') ?? { messages: 0, bytes: 0 }
  expect(beats.messages).toBeLessThan(2 * 4 * MEMBERS)
  // Duties and a turn: slots that were in dispute at first are not shown for ever.
  expect(beats.bytes / beats.messages).toBeLessThan(325)
  crowd.storm(NEWCOMERS, 4_000)
  expect(last().virtualMs).toBeLessThan(15_000)
  // One admission each is usual: all agree who introduces whom.
  expect(last().sent.get('operations')?.messages).toBeLessThan(1.25 * NEWCOMERS)
  const [first, , , fourth] = crowd.peers
  if (first === undefined || fourth === undefined) throw new Error('nobody is there')
  crowd.talk([first, fourth])
  crowd.exclude(first, [fourth])
  expect(last().virtualMs).toBeLessThan(15_000)
})

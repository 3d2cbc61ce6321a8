/** Streams: whatever the network and a member inside do to packets and lists, a verdict is never wrong (SPEC T9–T11). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nobleSuite, nobleVerify } from '../src/crypto/noble-suite.ts'
import { isRejection, type Rejection } from '../src/errors.ts'
import type { PeerId } from '../src/ids.ts'
import {
  INTERVAL_PACKETS_MAX,
  LISTED_PACKETS_MAX,
  LISTED_SPAN_MAX,
  PENDING_PER_PEER_MAX,
} from '../src/limits.ts'
import {
  LIST_FRAME,
  openPacket,
  PACKET_FRAME,
  parseFrame,
  sealFrame,
  sealPacket,
} from '../src/traffic/frame.ts'
import { decodeList, encodeList, packetHash, type StreamKey, StreamSender } from '../src/traffic/stream.ts'
import { type Packet, StreamReceiver, type Verdict } from '../src/traffic/stream-receiver.ts'
import { bytes, group, operationId, peer, signer } from './support.ts'

// The same cases on every run; who looks for others changes the seed.
fc.configureGlobal({ seed: 1998 })

const GROUP = group()
const [ALICE, MALLORY] = [signer(1), signer(2)]
const KEY: StreamKey = { reference: { version: operationId(1), revision: 2 }, tek: bytes(32, 9) }
const NEXT: StreamKey = { reference: { version: operationId(2), revision: 0 }, tek: bytes(32, 10) }
const TIMING = { streamMs: 300, verdictMs: 2_000 }
const NEIGHBOUR = peer(1)

function senderOf(who = ALICE, seed = 1): StreamSender {
  return new StreamSender({ group: GROUP, signer: who, salt: bytes(16, seed), timing: TIMING })
}

/** An embedder, and what it was told: `told` by content, verdicts by packet; whatever was refused, by its code. */
class Listener {
  readonly told = new Map<string, Packet>()
  readonly verdicts = new Map<string, Verdict>()
  readonly refused: string[] = []
  isMember: (peer: PeerId) => boolean = () => true
  readonly receiver = new StreamReceiver({
    group: GROUP,
    timing: TIMING,
    tekOf: ({ version, revision }) =>
      [KEY, NEXT].find(({ reference: r }) => r.version === version && r.revision === revision)?.tek,
    isMember: (one) => this.isMember(one),
  })

  hear(frame: Uint8Array, now = 0, from = NEIGHBOUR): string | Packet {
    this.expire(now)
    const what = this.receiver.receive(frame, { from, now })
    if (isRejection(what)) {
      this.refused.push(what.rejected)
      return what.rejected
    }
    if (what.kind === 'packet') {
      // Nothing is told twice.
      expect(this.told.has(what.id)).toBe(false)
      this.told.set(what.id, what)
      if (what.isVerified) this.verdicts.set(what.id, 'verified')
      return what
    }
    const { publicKey, message, signature } = what.claim
    if (!nobleVerify(publicKey, message, signature)) return 'bad-signature'
    this.#learn(this.receiver.take(what))
    return 'taken'
  }

  expire(now: number): void {
    this.#learn(this.receiver.expire(now))
  }

  #learn(judged: ReturnType<StreamReceiver['take']>): void {
    for (const { id, verdict } of judged) {
      // A verdict is the last word, and on something that was told.
      expect(this.told.has(id) && !this.verdicts.has(id)).toBe(true)
      this.verdicts.set(id, verdict)
    }
  }

  verdictOn(content: Uint8Array): Verdict | undefined {
    const packet = [...this.told.values()].find((one) => one.content.join() === content.join())
    return packet && this.verdicts.get(packet.id)
  }
}

function only(frames: readonly Uint8Array[]): Uint8Array {
  expect(frames).toHaveLength(1)
  return frames[0] ?? new Uint8Array()
}

function signed(sender: StreamSender, now = 300, key = KEY): Uint8Array {
  const list = sender.sign(key, now)
  if (list === undefined) throw new Error('nothing to sign')
  return list
}

/** A packet that names Alice, made by somebody else who holds the TEK. */
function forged(counter: number, content: Uint8Array, key = KEY, seed = 1): Uint8Array {
  const session = { salt: bytes(16, seed), counter }
  return sealPacket(GROUP, { ...key, session, signer: { ...ALICE, sign: () => bytes(64) } }, content)
}

describe('a stream', () => {
  test('is told at once, and verified by one signature for all its packets', () => {
    const [sender, listener] = [senderOf(), new Listener()]
    const frames = [1, 2, 3].map((i) => only(sender.packet(bytes(50, i), KEY, i)))
    for (const frame of frames) expect(listener.hear(frame)).toMatchObject({ isVerified: false })
    expect(sender.nextDeadline).toBe(301)
    expect(listener.hear(signed(sender))).toBe('taken')
    expect([...listener.verdicts.values()]).toEqual(['verified', 'verified', 'verified'])
    expect([...listener.told.values()].map(({ content }) => content)).toEqual(
      [1, 2, 3].map((i) => bytes(50, i)),
    )
  })

  test('goes on under another key, and the list may be under yet another', () => {
    const [sender, listener] = [senderOf(), new Listener()]
    listener.hear(only(sender.packet(bytes(5, 1), KEY, 0)))
    listener.hear(only(sender.packet(bytes(5, 2), NEXT, 0)))
    listener.hear(signed(sender, 300, NEXT))
    expect([listener.verdictOn(bytes(5, 1)), listener.verdictOn(bytes(5, 2))]).toEqual([
      'verified',
      'verified',
    ])
  })

  test('is verified though two lists in a row are lost, also at its end', () => {
    const [sender, listener] = [senderOf(), new Listener()]
    listener.hear(only(sender.packet(bytes(5), KEY, 0)))
    const lists: Uint8Array[] = []
    for (let due = sender.nextDeadline; due !== undefined; due = sender.nextDeadline)
      lists.push(signed(sender, due))
    expect(lists).toHaveLength(3)
    expect(listener.hear(lists[2] ?? bytes(1), 900)).toBe('taken')
    expect(listener.verdictOn(bytes(5))).toBe('verified')
    expect(sender.sign(KEY, 1_200)).toBeUndefined()
  })

  test('is verified at once where the list came first', () => {
    const [sender, listener] = [senderOf(), new Listener()]
    const packet = only(sender.packet(bytes(5), KEY, 0))
    listener.hear(signed(sender))
    expect(listener.hear(packet)).toMatchObject({ isVerified: true })
    expect(listener.hear(packet)).toBe('replayed')
  })

  test('stays unverified when no list comes in time', () => {
    const [sender, listener] = [senderOf(), new Listener()]
    listener.hear(only(sender.packet(bytes(5), KEY, 0)), 100)
    expect(listener.receiver.nextDeadline).toBe(2_100)
    listener.expire(2_099)
    expect(listener.verdicts.size).toBe(0)
    listener.expire(2_100)
    expect(listener.verdictOn(bytes(5))).toBe('unverified')
    expect(listener.receiver.nextDeadline).toBeUndefined()
  })

  test('is signed early when an interval is full, and so a list stays below its bound', () => {
    const sender = senderOf()
    const frames = Array.from({ length: 4 * INTERVAL_PACKETS_MAX }, () => sender.packet(bytes(5), KEY, 0))
    const lists = frames.flatMap(([, list]) => list ?? [])
    expect(lists).toHaveLength(4)
    const listener = new Listener()
    for (const frame of frames.flat()) listener.hear(frame)
    expect([...listener.verdicts.values()].filter((verdict) => verdict === 'verified')).toHaveLength(
      4 * INTERVAL_PACKETS_MAX,
    )
  })

  test('an embedder that wants no packet before its verdict holds it by its id', () => {
    const [sender, listener] = [senderOf(), new Listener()]
    const file: Uint8Array[] = []
    const held = new Map<string, Uint8Array>()
    const hear = (frame: Uint8Array): void => {
      const what = listener.receiver.receive(frame, { from: NEIGHBOUR, now: 0 })
      if (isRejection(what)) return
      if (what.kind === 'packet') held.set(what.id, what.content)
      else
        for (const { id, verdict } of listener.receiver.take(what)) {
          if (verdict === 'verified') file.push(held.get(id) ?? bytes(0))
          held.delete(id)
        }
    }
    for (const i of [1, 2]) hear(only(sender.packet(bytes(5, i), KEY, 0)))
    expect(file).toEqual([])
    hear(signed(sender))
    expect(file).toEqual([bytes(5, 1), bytes(5, 2)])
  })

  test('says what is wrong with a packet or a salt', () => {
    const sender = senderOf()
    expect(() => sender.packet(bytes(0), KEY, 0)).toThrow('1 to')
    expect(() => sender.packet(bytes(64 * 1024), KEY, 0)).toThrow('Split')
    expect(only(sender.packet(bytes(64 * 1024 - 107), KEY, 0))).toHaveLength(64 * 1024)
    expect(() => new StreamSender({ group: GROUP, signer: ALICE, salt: bytes(8), timing: TIMING })).toThrow(
      '16',
    )
  })
})

describe('a member that forges', () => {
  test('is told apart from the one it names, whether its packet comes before or after the true one', () => {
    for (const isFirst of [true, false]) {
      const [sender, listener] = [senderOf(), new Listener()]
      const both = [forged(0, bytes(9, 66)), only(sender.packet(bytes(9, 1), KEY, 0))]
      for (const frame of isFirst ? both : both.reverse()) listener.hear(frame)
      listener.hear(signed(sender))
      expect([listener.verdictOn(bytes(9, 66)), listener.verdictOn(bytes(9, 1))]).toEqual([
        'disowned',
        'verified',
      ])
    }
  })

  test('is refused at once where the list came first', () => {
    const [sender, listener] = [senderOf(), new Listener()]
    sender.packet(bytes(9, 1), KEY, 0)
    listener.hear(signed(sender))
    expect(listener.hear(forged(0, bytes(9, 66)))).toBe('bad-signature')
    expect(listener.told.size).toBe(0)
  })

  test('verifies nothing of another one by a list of its own, nor by one it cannot sign', () => {
    const [sender, listener] = [senderOf(), new Listener()]
    const [packet, fake] = [only(sender.packet(bytes(9, 1), KEY, 0)), forged(1, bytes(9, 66))]
    const list = encodeList({
      first: 0,
      last: 1,
      hashes: [packet, fake].map((f) => packetHash(GROUP, f)).sort(order),
    })
    const session = { salt: bytes(16), counter: 2 }
    listener.hear(packet)
    listener.hear(fake)
    const own = sealFrame(GROUP, { ...KEY, type: LIST_FRAME, session, signer: MALLORY }, list)
    expect(listener.hear(own)).toBe('taken')
    const posing = { ...MALLORY, publicKey: ALICE.publicKey }
    const posed = sealFrame(GROUP, { ...KEY, type: LIST_FRAME, session, signer: posing }, list)
    expect(listener.hear(posed)).toBe('bad-signature')
    expect(listener.verdicts.size).toBe(0)
    // Nor does a list of Alice's about another stream, although it is truly hers.
    const other = senderOf(ALICE, 7)
    other.packet(bytes(9, 1), KEY, 0)
    expect(listener.hear(signed(other))).toBe('taken')
    expect(listener.verdicts.size).toBe(0)
  })

  test('cannot move a true packet to another stream, version, counter or kind of frame', () => {
    const [sender, listener] = [senderOf(), new Listener()]
    const packet = only(sender.packet(bytes(9, 1), KEY, 0))
    const parsed = parseFrame(packet, PACKET_FRAME) as Exclude<ReturnType<typeof parseFrame>, Rejection>
    const opened = openPacket(GROUP, parsed, KEY.tek) as { content: Uint8Array }
    // All that it can do is to seal the same content anew.
    const moved = [
      forged(0, opened.content, NEXT),
      forged(0, opened.content, KEY, 7),
      forged(5, opened.content),
    ]
    for (const frame of moved) listener.hear(frame)
    listener.hear(signed(sender))
    listener.expire(10_000)
    expect([...listener.verdicts.values()].sort()).toEqual(['disowned', 'unverified', 'unverified'])
    for (const [at, value] of [
      [0, LIST_FRAME],
      [1, 255],
      [36, 1],
      [40, 255],
      [58, 1],
    ] as const) {
      const bent = packet.slice()
      bent[at] = value
      expect(listener.hear(bent)).toMatch(/^(?:undecryptable|not-ready|malformed)$/)
    }
  })

  test('fills its own allowance, not that of others', () => {
    const [sender, listener] = [senderOf(), new Listener()]
    const flood = Array.from({ length: PENDING_PER_PEER_MAX + 10 }, (_, i) => forged(i, bytes(1, i)))
    for (const frame of flood) listener.hear(frame, 0, peer(66))
    expect(listener.told.size).toBe(PENDING_PER_PEER_MAX)
    expect(new Set(listener.refused)).toEqual(new Set(['rate-limited']))
    listener.hear(only(sender.packet(bytes(9, 1), KEY, 0)))
    listener.hear(signed(sender))
    expect(listener.verdictOn(bytes(9, 1))).toBe('verified')
    listener.expire(3_000)
    expect(listener.hear(forged(5_000, bytes(9)), 3_000, peer(66))).toMatchObject({ kind: 'packet' })
  })

  test('that is out is heard no more', () => {
    const [sender, listener] = [senderOf(), new Listener()]
    listener.hear(only(sender.packet(bytes(9), KEY, 0)))
    listener.isMember = () => false
    expect(listener.hear(signed(sender))).toBe('not-a-member')
    expect(listener.hear(only(sender.packet(bytes(9, 2), KEY, 0)))).toBe('not-a-member')
  })
})

describe('lists', () => {
  test('that are huge, empty, out of order or of impossible ranges are refused', () => {
    const most = LISTED_PACKETS_MAX
    expect(refused(0, LISTED_SPAN_MAX - 1, hashes(most))).toBe(false)
    expect(refused(0, LISTED_SPAN_MAX - 1, hashes(most + 1))).toBe('too-long')
    expect(refused(0, LISTED_SPAN_MAX, hashes(2))).toBe('too-long')
    expect(refused(0, 2 ** 48 - 1, hashes(2))).toBe('too-long')
    expect(refused(5, 4, hashes(1))).toBe('malformed')
    expect(refused(0, 0, hashes(2))).toBe('malformed')
    expect(refused(0, 0, [])).toBe('malformed')
    expect(refused(0, 9, hashes(3).reverse())).toBe('malformed')
    expect(refused(0, 9, [bytes(32), bytes(32)])).toBe('malformed')
  })

  test('come back as they were, and no bytes at all make the decoder throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(40), fc.nat(1_000), (noise, count, first) => {
        const list = { first, last: first + count, hashes: hashes(count + 1) }
        expect(decodeList(encodeList(list))).toEqual(list)
        const read = decodeList(noise)
        if (!isRejection(read)) expect(encodeList(read)).toEqual(noise)
      }),
    )
  })
})

type Fate = {
  readonly lost: boolean
  readonly copies: number
  readonly delay: number
  readonly forge: boolean
}

test('whatever is lost, doubled, reordered and forged: each verdict is true, and comes for all that a list told of', () => {
  const fates: fc.Arbitrary<Fate> = fc.record({
    lost: fc.integer({ min: 0, max: 9 }).map((n) => n < 3),
    copies: fc.integer({ min: 1, max: 3 }),
    delay: fc.nat(400),
    forge: fc.integer({ min: 0, max: 9 }).map((n) => n < 2),
  })
  fc.assert(
    fc.property(fc.array(fates, { minLength: 20, maxLength: 60 }), (all) => {
      const [sender, listener] = [senderOf(), new Listener()]
      const line: { at: number; frame: Uint8Array }[] = []
      const lists: number[] = []
      const put = (at: number, frame: Uint8Array, fate: Fate): void => {
        for (let i = 0; i < (fate.lost ? 0 : fate.copies); i++)
          line.push({ at: at + fate.delay * (i + 1) * 0.4, frame })
      }
      const pass = (until: number, fate: Fate): void => {
        for (let due = sender.nextDeadline; due !== undefined && due <= until; due = sender.nextDeadline) {
          put(due, signed(sender, due), fate)
          if (!fate.lost) lists.push(due)
        }
      }
      for (const [i, fate] of all.entries()) {
        pass(i * 70, fate)
        put(i * 70, only(sender.packet(Uint8Array.of(1, i), KEY, i * 70)), fate)
        if (fate.forge) put(i * 70, forged(i, Uint8Array.of(66, i)), { ...fate, lost: false })
      }
      pass(Infinity, { lost: false, copies: 1, delay: 0, forge: false })
      for (const { at, frame } of line.sort((a, b) => a.at - b.at)) listener.hear(frame, at)
      listener.expire(1e6)
      for (const { id, content } of listener.told.values()) {
        const verdict = listener.verdicts.get(id)
        if (content[0] === 66) expect(verdict).not.toBe('verified')
        else expect(verdict).not.toBe('disowned')
        const sentAt = (content[1] ?? 0) * 70
        const isListed = lists.some((due) => due > sentAt && due <= sentAt + 600)
        if (content[0] === 1 && isListed) expect(verdict).toBe('verified')
      }
      for (const [i, { lost }] of all.entries()) {
        const isTold = [...listener.told.values()].some(({ content }) => content.join() === `1,${i}`)
        if (!lost) expect(isTold).toBe(true)
      }
    }),
    { numRuns: 25 },
  )
})

function order(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

function hashes(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => nobleSuite.hash(Uint8Array.of(i >> 8, i & 255))).sort(order)
}

function refused(first: number, last: number, all: Uint8Array[]): unknown {
  const list = decodeList(encodeList({ first, last, hashes: all }))
  return isRejection(list) && list.rejected
}

import { multiaddr } from '@multiformats/multiaddr'
import { TypedEventEmitter } from 'main-event'
import { memory } from '@libp2p/memory'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DirectStreams, ROOM_PROTOCOL } from '../src/direct-streams.ts'
import { encodeFrame } from '../src/framing.ts'
import { hostOfNode } from '../src/host.ts'
import { topicHash } from '../src/topics.ts'
import { cleanUpWebRtc } from '../src/webrtc-cleanup.ts'
import { Cleanup, joinRoom, startPeer, text, topicsNamed, until } from './support.ts'
import type { TestPeer, TestRoom } from './support.ts'
import type { Connection, Stream } from '@libp2p/interface'

const topics = topicsNamed('f')
const hash = topicHash(topics.room) ?? new Uint8Array()
const cleanup = new Cleanup()
let victim: TestPeer
let heard: TestRoom
let attacker: TestPeer
let connection: Connection

/** Memory connections are direct ones too, and need no relay. */
beforeAll(async () => {
  victim = await cleanup.peer([], { transports: [memory()], listen: ['/memory/victim'] })
  heard = joinRoom(victim, topics, ({ bytes }) => (bytes[0] === 0xbad % 256 ? 'reject' : 'accept'))
})

beforeEach(async () => {
  heard.heard.length = 0
  attacker = await startPeer([], { transports: [memory()] })
  connection = await attacker.node.libp2p.dial(multiaddr(`/memory/victim/p2p/${victim.peer}`))
})

afterEach(async () => await attacker.stop())

afterAll(async () => {
  await cleanup.run()
  await cleanUpWebRtc()
})

async function open(): Promise<Stream> {
  return await connection.newStream(ROOM_PROTOCOL)
}

/** The victim still hears a well-behaved stream. */
async function expectAlive(): Promise<void> {
  const stream = await open()
  stream.send(encodeFrame({ room: hash, message: text('still here') }))
  await until('a good frame', () => heard.texts('direct').includes('still here'))
}

function lengthOnly(length: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, length)
  return bytes
}

describe('a stream is cut, and the next one served, after', () => {
  test.each([
    ['a frame longer than the longest', lengthOnly(64 * 1024 + 33)],
    ['a frame of four gigabytes', lengthOnly(0xffffffff)],
    ['a frame without a message', lengthOnly(32)],
    ['an empty frame', lengthOnly(0)],
    ['junk', crypto.getRandomValues(new Uint8Array(5_000)).fill(0xff, 0, 1)],
    ['a message the room rejects', encodeFrame({ room: hash, message: Uint8Array.of(0xbad % 256) })],
  ])('%s', async (_name, bytes) => {
    const stream = await open()
    stream.send(bytes)
    // At once: an unfinished frame would be cut too, but after ten seconds.
    await until('the cut', () => stream.status !== 'open', 3_000)
    await expectAlive()
  })
})

test('a frame that ends in the middle is dropped', async () => {
  const stream = await open()
  stream.send(encodeFrame({ room: hash, message: text('never complete') }).subarray(0, 40))
  await stream.close()
  await expectAlive()
  expect(heard.heard).toHaveLength(1)
})

test('a frame in many pieces arrives whole, and frames in one piece arrive apart', async () => {
  const stream = await open()
  for (const byte of encodeFrame({ room: hash, message: text('piecewise') })) stream.send(Uint8Array.of(byte))
  const pair = [text('one'), text('two')].map((message) => encodeFrame({ room: hash, message }))
  stream.send(Buffer.concat(pair))
  await until('all three', () => heard.heard.length === 3)
  expect(heard.texts('direct')).toEqual(['piecewise', 'one', 'two'])
})

test('a frame for a room nobody joined is ignored', async () => {
  const stream = await open()
  stream.send(encodeFrame({ room: new Uint8Array(32), message: text('elsewhere') }))
  stream.send(encodeFrame({ room: hash, message: text('here') }))
  await until('the second', () => heard.texts().includes('here'))
  expect(heard.texts()).toEqual(['here'])
  expect(stream.status).toBe('open')
})

test('a fifth stream at once is refused', async () => {
  const streams = await Promise.all([open(), open(), open(), open()])
  const fifth = await connection.newStream(ROOM_PROTOCOL, { maxOutboundStreams: 10 }).catch(() => undefined)
  if (fifth?.status === 'open') fifth.send(encodeFrame({ room: hash, message: text('fifth') }))
  await until('the cut', () => fifth?.status !== 'open')
  streams[0]?.send(encodeFrame({ room: hash, message: text('first') }))
  await until('the first', () => heard.texts().includes('first'))
  expect(heard.texts()).not.toContain('fifth')
})

test('a peer that reads too slowly is cut, and its sender told', async () => {
  const sent: number[] = []
  const aborted: Error[] = []
  // A stream that takes everything and never drains.
  const stalled = Object.assign(new TypedEventEmitter(), {
    status: 'open',
    send: (bytes: Uint8Array) => sent.push(bytes.length) < 0,
    onDrain: async () => await new Promise<void>(() => undefined),
    abort: (reason: Error) => aborted.push(reason),
  })
  const to = { status: 'open', remotePeer: 'slow', newStream: async () => stalled } as unknown as Connection
  const streams = new DirectStreams({ host: hostOfNode(attacker.node.libp2p), onFrame: async () => 'ignore' })
  const message = new Uint8Array(64 * 1024)
  for (let i = 0; i < 15; i++) void streams.send(to, { room: hash, message })
  await until('all are waiting', () => sent.length === 15)
  expect(aborted).toEqual([])
  expect(await streams.send(to, { room: hash, message })).toBe(false)
  await until('the cut', () => aborted.length === 1)
  expect(sent).toHaveLength(15)
})

test('frames too long for anyone are the sender’s own mistake', async () => {
  const tooLong = new Uint8Array(64 * 1024 + 1)
  await expect(heard.room.send(attacker.peer, tooLong)).rejects.toMatchObject({ code: 'frame-size' })
  await expect(heard.room.broadcast('room', tooLong)).rejects.toMatchObject({ code: 'frame-size' })
})

import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, test } from 'vitest'
import { ROOM_PROTOCOL } from '../src/direct-streams.ts'
import { encodeFrame } from '../src/framing.ts'
import { topicHash } from '../src/topics.ts'
import { cleanUpWebRtc } from '../src/webrtc-cleanup.ts'
import { Cleanup, joinRoom, reserved, text, topicsNamed, until } from './support.ts'
import type { TestRoom } from './support.ts'
import type { Connection, Stream } from '@libp2p/interface'

const cleanup = new Cleanup()
const topics = topicsNamed('e')
const hash = topicHash(topics.room) ?? new Uint8Array()

afterEach(async () => {
  await cleanup.run()
  await cleanUpWebRtc()
})

/** Somebody outside the room opens a circuit to a member and sends it bytes. */
async function attack(bytes: Uint8Array): Promise<{ victim: TestRoom; stream: Stream; circuit: Connection }> {
  const relay = await cleanup.relay()
  const peer = await cleanup.peer(relay.multiaddrs())
  const victim = {
    ...peer,
    ...joinRoom(peer, topics, ({ bytes: [first] }) => (first === 0xff ? 'reject' : 'accept')),
  }
  const attacker = await cleanup.peer(relay.multiaddrs())
  await reserved(peer)
  const address = multiaddr(`${relay.multiaddrs()[0]}/p2p-circuit/p2p/${peer.peer}`)
  const circuit = await attacker.node.libp2p.dial(address)
  const stream = await circuit.newStream(ROOM_PROTOCOL, { runOnLimitedConnection: true })
  stream.send(bytes)
  return { victim, stream, circuit }
}

describe('of what comes over a circuit', () => {
  test.each([
    ['junk', crypto.getRandomValues(new Uint8Array(5_000)).fill(0xff, 0, 1)],
    ['a frame longer than the longest', Uint8Array.of(0, 1, 0, 33)],
    ['what the room rejects', encodeFrame({ room: hash, message: Uint8Array.of(0xff) })],
  ])('%s costs the stream', async (_name, bytes) => {
    const { victim, stream, circuit } = await attack(bytes)
    await until('the cut', () => stream.status !== 'open', 3_000)
    const next = await circuit.newStream(ROOM_PROTOCOL, { runOnLimitedConnection: true })
    next.send(encodeFrame({ room: hash, message: text('still here') }))
    await until('a good frame', () => victim.texts('direct').includes('still here'))
  })

  test('a fifth stream at once is refused', async () => {
    const { victim, circuit } = await attack(encodeFrame({ room: hash, message: text('first') }))
    const options = { runOnLimitedConnection: true, maxOutboundStreams: 10 }
    const open = async (): Promise<Stream> => await circuit.newStream(ROOM_PROTOCOL, options)
    const streams = await Promise.allSettled([open(), open(), open(), open()])
    const more = streams.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    await until('the cut', () => more.filter(({ status }) => status === 'open').length <= 3)
    expect(victim.texts('direct')).toEqual(['first'])
  })
})

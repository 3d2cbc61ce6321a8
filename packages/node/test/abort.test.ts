/** What waits and is given up: on the way into a room, for keys, for another room, for last words. */
import { afterEach, expect, test } from 'vitest'
import { Conclave, createIdentity, createRoom, joinRoom } from '../src/index.ts'
import { hostOfNode } from '../src/host.ts'
import { createPeerNode } from '../src/libp2p-options.ts'
import { LEAVE_FLUSH_MS } from '../src/limits.ts'
import { until } from './support.ts'
import type { Room } from '../src/index.ts'

/** Nobody listens there. */
const relays = ['/ip4/127.0.0.1/tcp/9/ws/p2p/12D3KooWBhPRm2S3FUuzqKeGRoFJKh3ES5LwDwERYTrREp6xaRGg']
const options = { relays, webRtc: false }
const reason = new Error('no patience')
const rooms: Room[] = []

afterEach(async () => {
  for (const room of rooms.splice(0)) await room.close()
})

async function founded(): Promise<Room> {
  const room = await createRoom({ ...options, name: 'Ada' })
  rooms.push(room)
  await until('the keys', () => room.state.version)
  return room
}

/** On its way into a room where nobody is. */
async function waiting(): Promise<Room> {
  const room = await joinRoom({ ...options, name: 'Ben' }, (await founded()).invite())
  rooms.push(room)
  return room
}

test('a message that waits for its key is taken back, and others are not', async () => {
  const room = await waiting()
  const [one, two] = [new AbortController(), new AbortController()]
  const given = [one, two, two].map(({ signal }, index) => room.send(`text ${index}`, { signal }))
  const fates = Promise.allSettled(given)
  two.abort(reason)
  await expect(given[1]).rejects.toBe(reason)
  await expect(given[2]).rejects.toBe(reason)
  // Closing the room is what ends the wait of the first.
  await room.close()
  expect((await fates)[0]).toEqual({ status: 'fulfilled', value: { reached: 0 } })
  await expect(room.send('late', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('a message that has its key is sent, whatever becomes of the signal', async () => {
  const room = await founded()
  const controller = new AbortController()
  const sent = room.send('alone', { signal: controller.signal })
  controller.abort(reason)
  expect(await sent).toEqual({ reached: 0 })
})

test('a merger with a room that does not answer is given up, and this room goes on', async () => {
  const [ours, theirs] = [await founded(), await founded()]
  const invite = theirs.invite()
  await theirs.close()
  const controller = new AbortController()
  const merged = ours.merge(invite, { signal: controller.signal })
  const refused = expect(merged).rejects.toBe(reason)
  setTimeout(() => controller.abort(reason), 50)
  await refused
  expect(ours.state.status).toBe('joined')
  expect(await ours.send('still here')).toEqual({ reached: 0 })
})

test('rooms of a node that is there already: the way in, and the room, end with the signal, and the node goes on', async () => {
  const { seed, publicKey } = await createIdentity()
  const { libp2p, topics, relays: relayPeers } = await createPeerNode({ seed, webRtc: false })
  const conclave = new Conclave({ host: hostOfNode(libp2p), seed, publicKey, topics, relayPeers }, {})
  await conclave.start()
  await expect(conclave.join('lobby', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  const entering = new AbortController()
  const entered = conclave.join('lobby', { signal: entering.signal })
  entering.abort(reason)
  await expect(entered).rejects.toBe(reason)

  const staying = new AbortController()
  const room = await conclave.join('lobby', { signal: staying.signal })
  staying.abort(reason)
  expect(room.state.status).toBe('closed')
  await room.close()

  // And who leaves without patience is out at once.
  const left = await conclave.create()
  await until('the keys', () => left.state.version)
  const leaving = new AbortController()
  const begun = performance.now()
  const gone = left.leave({ signal: leaving.signal })
  leaving.abort(reason)
  await gone
  expect(performance.now() - begun).toBeLessThan(LEAVE_FLUSH_MS)
  expect(left.state.status).toBe('left')
  expect(libp2p.status).toBe('started')
  await conclave.stop()
  await libp2p.stop()
})

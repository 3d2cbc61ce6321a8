/** Connections to a relay that are given up are closed, whichever side gives them up and however far they have come. */
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { createPeerNode } from '../src/libp2p-options.ts'
import { Cleanup, randomSeed, until } from './support.ts'

const cleanup = new Cleanup()
const RELAY = '12D3KooWBhPRm2S3FUuzqKeGRoFJKh3ES5LwDwERYTrREp6xaRGg'

afterEach(async () => await cleanup.run())

/** What looks like a relay and does no more than `answer` the request for a WebSocket. */
async function fakeRelay(
  answer: (request: string) => string,
): Promise<{ address: string; socket: Promise<Socket> }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (request: Buffer) => socket.write(answer(request.toString())))
    cleanup.add(async () => void socket.destroy())
  })
  const socket = once(server, 'connection').then(([first]: Socket[]) => {
    if (first === undefined) throw new Error('no connection')
    return first
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanup.add(async () => void server.close())
  const at = server.address()
  const port = typeof at === 'object' ? at?.port : undefined
  return { address: `/ip4/127.0.0.1/tcp/${port}/ws/p2p/${RELAY}`, socket }
}

/** A WebSocket, on which nothing is said. */
function upgrade(request: string): string {
  const [, key = ''] = /sec-websocket-key: (\S+)/i.exec(request) ?? []
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

async function node(seed = randomSeed()) {
  const { libp2p } = await createPeerNode({ seed, webRtc: false })
  cleanup.add(async () => await libp2p.stop())
  return libp2p
}

test.each([
  { what: 'answers nothing', answer: () => '', messages: 1 },
  { what: 'opens and says nothing', answer: upgrade, messages: 2 },
])('a dial of a relay that $what is given up, and nothing stays open', async ({ answer, messages }) => {
  const { address, socket } = await fakeRelay(answer)
  const libp2p = await node()
  const controller = new AbortController()
  const dialled = libp2p.dial(multiaddr(address), { signal: controller.signal })
  const failed = expect(dialled).rejects.toThrow()
  const relay = await socket
  let heard = 0
  relay.on('data', () => heard++)
  await until('the dial has come so far', () => heard === messages)
  controller.abort()
  await failed
  await until('the relay is told that it is over', () => heard > messages || relay.readableEnded, 2_000)
})

test('a relay closes the older of two connections of one peer, and the peer notices', async () => {
  const relay = await cleanup.relay()
  const [address = ''] = relay.multiaddrs()
  const seed = randomSeed()
  const [first, second] = [await node(seed), await node(seed)]
  await first.dial(multiaddr(address))
  expect(first.getConnections()).toHaveLength(1)
  await second.dial(multiaddr(address))
  await until('the older one ends', () => first.getConnections().length === 0, 2_000)
  expect(second.getConnections()).toHaveLength(1)
})

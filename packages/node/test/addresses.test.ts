import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { announcedAddresses, usableAddresses } from '../src/addresses.ts'
import { isRoomTopic, roomTopic, topicHash } from '../src/topics.ts'

const PEER = '12D3KooWQbZgGfdjaRkFNoNNA4vnJVgvNUvbX8MYpfTrRcukFA1L'
const OTHER = '12D3KooWM5ZabiMcXP9YAGzKHMduQ4k6TiaFrLEiPMwHqaNR54au'
const RELAYED = `/ip4/192.0.2.1/tcp/4001/ws/p2p/${OTHER}/p2p-circuit/webrtc/p2p/${PEER}`

test.each([
  ['through a relay', RELAYED],
  ['its own WebSocket', `/dns4/peer.example/tcp/443/wss/p2p/${PEER}`],
  ['memory', `/memory/a/p2p/${PEER}`],
])('an announced address is usable: %s', (_name, address) => {
  expect(usableAddresses(PEER, [address]).map(String)).toEqual([address])
})

test.each([
  ['of another peer', `/dns4/peer.example/tcp/443/wss/p2p/${OTHER}`],
  ['without a peer', '/dns4/peer.example/tcp/443/wss'],
  ['a circuit, which is limited', `/ip4/192.0.2.1/tcp/4001/ws/p2p/${OTHER}/p2p-circuit/p2p/${PEER}`],
  [
    'through two relays',
    `/ip4/192.0.2.1/tcp/1/ws/p2p/${OTHER}/p2p-circuit/p2p/${OTHER}/p2p-circuit/webrtc/p2p/${PEER}`,
  ],
  ['behind which any number can be', `/dnsaddr/peer.example/p2p/${PEER}`],
  ['of no host', `/p2p/${PEER}`],
  ['no address', 'http://peer.example'],
  ['empty', ''],
  ['too long', `/dns4/${'a'.repeat(600)}/tcp/443/wss/p2p/${PEER}`],
])('an announced address is left out: %s', (_name, address) => {
  expect(usableAddresses(PEER, [address])).toEqual([])
})

test('of many announced addresses four are looked at', () => {
  const many = Array.from({ length: 100 }, (_, i) => `/ip4/192.0.2.${i}/tcp/1/ws/p2p/${PEER}`)
  expect(usableAddresses(PEER, many)).toHaveLength(4)
})

test('own addresses are announced with the peer id, those through a relay first', () => {
  const own = [`/memory/a`, RELAYED, `/ip4/192.0.2.1/tcp/4001/ws/p2p/${OTHER}/p2p-circuit/p2p/${PEER}`]
  expect(
    announcedAddresses(
      PEER,
      own.map((text) => multiaddr(text)),
    ),
  ).toEqual([RELAYED, `/memory/a/p2p/${PEER}`])
})

test('a topic name has one shape, and its hash comes back', () => {
  const name = roomTopic('lobby', `0a${'f'.repeat(62)}`)
  expect(isRoomTopic(name)).toBe(true)
  expect(topicHash(name)?.subarray(0, 2)).toEqual(Uint8Array.of(0x0a, 0xff))
  expect(topicHash(`${name}/`)).toBeUndefined()
  expect(isRoomTopic(`${name}\n`)).toBe(false)
})

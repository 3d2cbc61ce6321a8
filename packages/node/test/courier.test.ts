import { expect, test } from 'vitest'
import { Courier } from '../src/courier.ts'
import { FRAME_BYTES_MAX, LOBBY_DETOUR } from '../src/limits.ts'
import type { Channel } from '../src/room-network.ts'

const PEER = 'somebody'
const RELAY = 'the bridge'

/** A network with three neighbours, and with a way to peers or none. */
function courier({ hasWay = false } = {}) {
  const clock = { ms: 0 }
  const network = {
    sent: 0,
    said: 0,
    isRelay: (peer: string) => peer === RELAY,
    send: async () => {
      network.sent += 1
      return await Promise.resolve(hasWay)
    },
    broadcast: async () => {
      network.said += 1
      return await Promise.resolve(3)
    },
  }
  return { clock, network, courier: new Courier(network, () => clock.ms) }
}

function frame(channel: Channel): { channel: Channel; bytes: Uint8Array } {
  return { channel, bytes: new Uint8Array(FRAME_BYTES_MAX) }
}

test('what has a way takes no other, however much it is', async () => {
  const { courier: ours, network } = courier({ hasWay: true })
  for (let i = 0; i < 20; i++) expect(await ours.bring(PEER, frame('lobby'))).toBe(1)
  expect([network.said, ours.dropped]).toEqual([0, 0])
})

test('without a way the lobby takes a few frames, then as much as time allows, and the rest is dropped', async () => {
  const { courier: ours, network, clock } = courier()
  const reached: number[] = []
  for (let i = 0; i < 6; i++) reached.push(await ours.bring(PEER, frame('lobby')))
  expect(reached).toEqual([3, 3, 3, 3, 0, 0])
  clock.ms += (FRAME_BYTES_MAX / LOBBY_DETOUR.bytesPerSecond) * 1_000
  expect(await ours.bring(PEER, frame('lobby'))).toBe(3)
  expect(await ours.bring(PEER, frame('lobby'))).toBe(0)
  expect([network.said, ours.dropped]).toEqual([5, 3])
})

test('what a user says to one member is never dropped', async () => {
  const { courier: ours } = courier()
  for (let i = 0; i < 20; i++) expect(await ours.bring(PEER, frame('room'))).toBe(3)
  expect(ours.dropped).toBe(0)
})

test('nothing is sent to the relay, and nobody is troubled with it', async () => {
  const { courier: ours, network } = courier()
  expect(await ours.bring(RELAY, frame('lobby'))).toBe(0)
  expect([network.sent, network.said, ours.dropped]).toEqual([0, 0, 0])
})

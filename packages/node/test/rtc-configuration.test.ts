import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PeerConnection } from 'node-datachannel'
import type { DataChannel } from 'node-datachannel'
import { afterAll, expect, test } from 'vitest'
import { rtcConfigurationOf } from '../src/rtc-configuration.ts'
import { cleanUpWebRtc, markWebRtcUsed } from '../src/webrtc-cleanup.ts'
import { until } from './support.ts'

markWebRtcUsed()
const opened: PeerConnection[] = []

afterAll(async () => {
  for (const connection of opened) connection.close()
  await cleanUpWebRtc()
})

/** A channel that only a listener of its own knows. */
function forgottenChannel(
  connection: PeerConnection,
  label: string,
): { object: WeakRef<DataChannel>; isClosed: () => boolean } {
  const channel = connection.createDataChannel(label)
  let isClosed = false
  channel.onClosed(() => (isClosed = true))
  return { object: new WeakRef(channel), isClosed: () => isClosed }
}

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc()')
  // Native objects are freed in the next turn.
  await setImmediate()
}

/** The native connection inside a configuration. */
function nativeConnection(): PeerConnection {
  const configuration = rtcConfigurationOf()()
  const connection = 'peerConnection' in configuration ? configuration.peerConnection : undefined
  if (!(connection instanceof PeerConnection)) throw new Error('no connection')
  opened.push(connection)
  return connection
}

interface Link {
  ours: PeerConnection
  told: string[]
  /** Hands the answer to our side. */
  answer: () => void
  state: () => string
}

/** A dialler and an answerer that closes the first channel as soon as it has it. */
function link(): Link {
  const [ours, theirs] = [nativeConnection(), nativeConnection()]
  const told: string[] = []
  const candidates: [string, string][] = []
  let sdp = ''
  theirs.onLocalDescription((description) => (sdp = description))
  theirs.onLocalCandidate((...candidate) => candidates.push(candidate))
  theirs.onDataChannel((channel) => {
    channel.onClosed(() => undefined)
    channel.close()
  })
  ours.onLocalCandidate((candidate, mid) => {
    told.push(candidate)
    theirs.addRemoteCandidate(candidate, mid)
  })
  ours.onLocalDescription((description, type) => theirs.setRemoteDescription(description, type))
  const answer = (): void => {
    ours.setRemoteDescription(sdp, 'answer')
    for (const candidate of candidates) ours.addRemoteCandidate(...candidate)
  }
  return { ours, told, answer: () => answer(), state: () => (sdp === '' ? 'offered' : 'answered') }
}

test('the dialler keeps its candidates until it knows the answer', async () => {
  const { ours, told, answer, state } = link()
  ours.createDataChannel('init').onClosed(() => undefined)
  await until('the answer', () => state() === 'answered')
  await until('all are gathered', () => ours.gatheringState() === 'complete')
  expect(told).toEqual([])
  answer()
  expect(told.length).toBeGreaterThan(0)
  await until('the connection', () => ours.state() === 'connected')
})

test('the first channel stays open for the dialler until it closes it itself', async () => {
  const { ours, answer, state } = link()
  const [first, second] = [ours.createDataChannel('init'), ours.createDataChannel('other')]
  const seen: string[] = []
  first.onClosed(() => seen.push('first'))
  second.onClosed(() => seen.push('second'))
  await until('the answer', () => state() === 'answered')
  answer()
  await until('the other channel is closed', () => seen.includes('second'))
  await until('so is the first, natively', () => !first.isOpen())
  expect(seen).toEqual(['second'])
  first.close()
  expect(seen).toEqual(['second', 'first'])
})

test('a channel that nobody knows any more is collected when it is closed, not before', async () => {
  const { ours, answer, state } = link()
  const channel = forgottenChannel(ours, 'other')
  await until('the answer', () => state() === 'answered')
  await collectGarbage()
  expect(channel.object.deref()).toBeDefined()
  answer()
  await until('it is closed', channel.isClosed)
  await collectGarbage()
  expect(channel.object.deref()).toBeUndefined()
})

test('a channel that never opens, since the dial is in vain, goes with its connection', async () => {
  const connection = nativeConnection()
  const channel = forgottenChannel(connection, 'init')
  await until('there is an offer', () => connection.localDescription() !== null)
  connection.close()
  await until('it is closed', channel.isClosed)
  await collectGarbage()
  expect(channel.object.deref()).toBeUndefined()
})

test('servers are none unless given, and credentials reach the native connection', () => {
  expect(rtcConfigurationOf()().iceServers).toEqual([])
  const given = { urls: 'turn:turn.example:3478', username: 'a:b', credential: 'c@d' }
  const make = rtcConfigurationOf({ iceServers: [given], iceTransportPolicy: 'relay' })
  expect(make().iceServers).toEqual([given])
  expect(make().iceServers).not.toBe(make().iceServers)
})

/** A room of real processes over real WebRTC on loopback. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Conference, type Peer } from '../support/conference.ts'
import { until } from '../support/until.ts'

let conference: Conference

beforeEach(async () => {
  conference = await Conference.start()
})

afterEach(async () => {
  await conference.stop()
})

test('five peers meet over WebRTC, a message from each reaches all', async () => {
  const { peers } = await conference.room(5)
  await conference.meshed(peers)
  await conference.converse(peers, 'round one')
})

test('a newcomer reads nothing that was said before its admission', async () => {
  const { peers, invite } = await conference.room(3)
  await conference.converse(peers, 'before')
  const newcomer = conference.spawn({ name: 'newcomer', invite })
  await newcomer.joined()
  await conference.converse([...peers, newcomer], 'after')
  expect(newcomer.heard.filter((text) => text.startsWith('before'))).toEqual([])
})

test('an exclusion is over in two seconds and the rest go on', async () => {
  const { peers } = await conference.room(5)
  const [first, , , , last] = peers as [Peer, Peer, Peer, Peer, Peer]
  const rest = peers.filter((peer) => peer !== last)
  const start = performance.now()
  await first.process.command('exclude', { peers: [last.id], reason: 'enough' })
  await conference.agree(rest)
  await conference.converse(rest, 'among ourselves')
  expect(performance.now() - start).toBeLessThan(2_000)
  const { by, reason } = await last.process.expect('excluded')
  expect([by, reason]).toEqual([first.id, 'enough'])
  expect(last.heard.filter((text) => text.startsWith('among'))).toEqual([])
})

test('the key holder is killed, and the room goes on', async () => {
  const { peers, invite } = await conference.room(4)
  const [founder, second, third, fourth] = peers as [Peer, Peer, Peer, Peer]
  // Whoever founds makes the first keys of its row and announces them.
  founder.process.signal('SIGKILL')
  await conference.converse([second, third, fourth], 'without the key holder')
  const newcomer = conference.spawn({ name: 'newcomer', invite })
  await newcomer.joined()
  await conference.converse([second, third, fourth, newcomer], 'with a newcomer')
  await second.process.command('exclude', { peers: [founder.id, fourth.id], reason: '' })
  await conference.agree([second, third, newcomer])
  await conference.converse([second, third, newcomer], 'under fresh keys')
})

test('the introducer is killed between admitting and handing over the keys; another one takes over', async () => {
  const crash = join(import.meta.dirname, 'crash-in-introduction.ts')
  const { peers, invite } = await conference.room(2)
  const [founder, second] = peers as [Peer, Peer]
  const dying = conference.spawn({ name: 'dying', invite, nodeFlags: ['--import', crash] })
  await dying.joined()
  await conference.agree([founder, second, dying])
  // Who is heard is confirmed, and so ready to introduce.
  await conference.converse([founder, second, dying], 'before')
  // The others must not be quicker than the one that is to die: they sleep until it has spoken.
  for (const peer of [founder, second]) peer.process.signal('SIGSTOP')
  const newcomer = conference.spawn({ name: 'newcomer', invite })
  await until(() => dying.process.hasEnded, { what: 'the introducer dies' })
  for (const peer of [founder, second]) peer.process.signal('SIGCONT')
  await newcomer.joined()
  await conference.converse([founder, second, newcomer], 'in spite of it all')
})

test('the excluder is killed right after its change, and the change stands', async () => {
  const crash = join(import.meta.dirname, 'crash-after-exclusion.ts')
  const { peers, invite } = await conference.room(4)
  const dying = conference.spawn({ name: 'dying', invite, nodeFlags: ['--import', crash] })
  await dying.joined()
  await conference.agree([...peers, dying])
  // Who is heard is confirmed, and so may exclude.
  await conference.converse([...peers, dying], 'before')
  const [first, second, third, last] = peers as [Peer, Peer, Peer, Peer]
  void dying.process.ask('exclude', { peers: [last.id], reason: '' }).catch(() => undefined)
  await until(() => dying.process.hasEnded, { what: 'the excluder dies' })
  const rest = [first, second, third]
  await until(async () => (await second.state())['members'] === 4, { what: 'the change arrives' })
  await conference.converse(rest, 'the change stands')
  await last.process.expect('excluded')
  expect(last.heard.filter((text) => text.startsWith('the change stands'))).toEqual([])
})

test('chat goes on while the relay is down, and a newcomer joins when it is back', async () => {
  const { peers, invite } = await conference.room(3)
  await conference.meshed(peers)
  const address = conference.relayAddress
  conference.relay.signal('SIGKILL')
  await until(() => conference.relay.hasEnded, { what: 'the relay dies' })
  await conference.converse(peers, 'without a relay')
  await conference.restartRelay()
  expect(conference.relayAddress).toBe(address)
  const newcomer = conference.spawn({ name: 'newcomer', invite })
  await newcomer.joined()
  await conference.converse([...peers, newcomer], 'all together')
})

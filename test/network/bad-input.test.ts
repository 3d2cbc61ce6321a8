/** What people type wrong and what hostile peers send: a clear sentence, nothing changed, everybody alive. */
import { createServer, type Server } from 'node:net'
import { decodeInvite, nobleSuite } from '@conclave/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliProcess } from '../../scripts/cli-process.ts'
import { encodeInvite } from '../../packages/protocol/src/group/invite.ts'
import { Conference, type Peer } from '../support/conference.ts'
import { Spy } from '../support/spy.ts'
import { until } from '../support/until.ts'

let conference: Conference
const toStop: { stop(): Promise<void> }[] = []

beforeEach(async () => {
  conference = await Conference.start()
})

afterEach(async () => {
  await Promise.all(toStop.splice(0).map(async (one) => await one.stop()))
  await conference.stop()
})

/** The one error that ends a peer which was started in vain. */
async function failureOf(args: string[]): Promise<string> {
  const peer = new CliProcess(['peer', ...args])
  toStop.push(peer)
  const { code, message } = await peer.expect('error')
  await until(() => peer.hasEnded, { what: 'it ends' })
  return `${String(code)}: ${String(message)}`
}

test('an invite that is damaged, forged or for another group is refused before anything is sent', async () => {
  const [one, other] = [conference.spawn({ name: 'one' }), conference.spawn({ name: 'other' })]
  await Promise.all([one.joined(), other.joined()])
  const [invite, foreign] = await Promise.all([conference.invite(one), conference.invite(other)])
  const damaged = `${invite.slice(0, 60)}${invite[60] === 'A' ? 'B' : 'A'}${invite.slice(61)}`
  expect(await failureOf([damaged])).toBe(
    'bad-invite: This invite is damaged. Copy the whole link again, or ask for a new one.',
  )
  const { grant, seed } = decodeInvite(foreign, nobleSuite, 0)
  const mixed = encodeInvite({ ...decodeInvite(invite, nobleSuite, 0), grant, seed })
  expect(await failureOf([`conclave:#${mixed}`])).toBe(
    'bad-invite: This invite is forged, or made for another room. Ask a member for a new one.',
  )
  expect(await failureOf([invite, '--room', 'lounge'])).toBe(
    'two-rooms: Give an invite or --room, not both: an invite names its room itself.',
  )
  expect((await one.state())['members']).toBe(1)
})

test('an invite that has expired or is used up is refused with the reason', async () => {
  const { peers } = await conference.room(2)
  const [first] = peers as [Peer, Peer]
  const expiring = String((await first.process.command('invite', { ttl: 1 }))['url'])
  const second = Math.floor(Date.now() / 1_000)
  await until(() => Date.now() / 1_000 > second + 2, { what: 'the invite expires' })
  expect(await failureOf([expiring])).toBe(
    'expired-invite: This invite has expired. Ask a member of the room for a new one.',
  )
  const single = String((await first.process.command('invite', { uses: 1 }))['url'])
  await conference.spawn({ name: 'third', invite: single }).joined()
  const late = conference.spawn({ name: 'late', invite: single })
  const { message } = await late.process.expect('error', { code: 'invite-revoked' })
  expect(message).toBe(
    'This invite does not count any more, or is for another room. Ask a member for a new one.',
  )
  expect((await late.state())['status']).not.toBe('joined')
  expect((await first.state())['members']).toBe(3)
})

test('a relay that does not answer is said to, and the peer waits for it', async () => {
  const silent = await listenSilently()
  toStop.push({ stop: async () => void silent.close() })
  const { port } = silent.address() as { port: number }
  const peerId = conference.relayAddress.split('/p2p/')[1] ?? ''
  const peer = new CliProcess(['peer', '--relay', `/ip4/127.0.0.1/tcp/${port}/ws/p2p/${peerId}`])
  toStop.push(peer)
  const { message } = await peer.expect('error', { code: 'relay-unreachable' })
  expect(message).toContain('does not answer; check its address and that it runs. Trying again.')
  expect((await peer.ask('state'))['ok']).toBe(true)
  expect(await failureOf(['--relay', 'relay.example'])).toContain(
    'relay-address: relay.example is not a relay',
  )
})

/** Takes connections and never says a word. */
async function listenSilently(): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

test('a JSON command that is wrong gets a reply that names the field, and the process goes on', async () => {
  const peer = conference.spawn({ name: 'peer' })
  await peer.joined()
  const before = await peer.state()
  const complaints = [
    await peer.process.ask('send', { text: 7 }),
    await peer.process.ask('send'),
    await peer.process.ask('exclude', { peers: 'everybody' }),
    await peer.process.ask('exclude', { peers: ['12D3KooWnobody'] }),
    await peer.process.ask('invite', { ttl: -1 }),
    await peer.process.ask('dance'),
    await peer.process.ask('transition'),
    await peer.process.ask('transition', { to: 'square' }),
    await peer.process.ask('transition', { to: 'centralized-flat', manager: 7 }),
    await peer.process.ask('transition', { to: 'centralized-flat', manager: '12D3KooWnobody' }),
    await peer.process.ask('transition', { to: 'distributed-flat' }),
    await peer.process.ask('send', { text: 'x'.repeat(16_385) }),
  ].map(
    ({ ok, code, message }) =>
      `${String(ok)} ${String(code)}: ${String(message).replace(/(known are send, ).*/, '$1…')}`,
  )
  expect(complaints).toEqual([
    'false bad-field: "text" is missing or not text.',
    'false bad-field: "text" is missing or not text.',
    'false bad-field: "peers" is missing or not a list of texts.',
    'false not-a-member: 12D3KooWnobody is not a member of this room. See "members" for who is.',
    'false bad-field: "ttl" is not a whole number of 0 or more.',
    'false unknown-command: "command" is "dance"; known are send, …',
    'false bad-field: "to" is missing: name a scheme.',
    'false bad-field: "to" is none of distributed-flat, centralized-flat, centralized-tree.',
    'false bad-field: "manager" is missing or not text.',
    'false not-a-member: 12D3KooWnobody is not a member of this room. See "members" for who is.',
    'false nothing-to-do: The room is distributed-flat already.',
    'false bad-text: The message has 16385 bytes, at most 16384 fit. Split it, or send a file.',
  ])
  const replied = until(() => peer.process.replies.find(({ code }) => code === 'bad-json'), {
    what: 'a reply',
  })
  peer.process.write('{"command":')
  expect((await replied)['message']).toBe('The line is not JSON; write one object a line.')
  expect(await peer.state()).toMatchObject({ version: before['version'], members: 1 })
})

test('frames that are too long, cut, mis-signed or for an unknown version change nothing', async () => {
  const { peers, invite } = await conference.room(3)
  const spy = await Spy.on(invite)
  toStop.push(spy)
  await spy.enter(invite)
  await conference.converse(peers, 'before')
  const before = await conference.agree(peers, 20_000, 4)
  const gossip = (): Spy['recorded'] => spy.recorded.filter(({ path }) => path !== 'direct')
  const frames = await until(() => gossip().length >= 6 && gossip().slice(-20), { what: 'gossip to spoil' })
  let taken = 0
  for (const { bytes, path } of frames) {
    const channel = path === 'lobby' ? 'lobby' : 'room'
    for (const bad of spoilt(bytes)) taken += await spy.network.broadcast(channel, bad)
    for (const peer of peers) await spy.network.send(peer.id, bytes.slice(0, bytes.length / 2))
  }
  await conference.converse(peers, 'after')
  expect(await conference.agree(peers, 20_000, 4)).toMatchObject({
    version: before['version'],
    heads: before['heads'],
  })
})

/** A frame cut short, with a flipped bit, with bytes behind it, under a version nobody made, and much too long. */
function spoilt(bytes: Uint8Array): Uint8Array[] {
  const flipped = bytes.slice()
  flipped[flipped.length - 40] = (flipped.at(-40) ?? 0) ^ 1
  const unknown = bytes.slice()
  unknown.fill(7, 1, 33)
  const longer = new Uint8Array(bytes.length + 3)
  longer.set(bytes)
  const longest = new Uint8Array(64 * 1024)
  longest.set(bytes)
  return [bytes.slice(0, 30), bytes.slice(0, -1), flipped, unknown, longer, longest]
}

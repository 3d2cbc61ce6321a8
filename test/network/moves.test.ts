/** Rooms that go on in another group, by real processes. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliProcess } from '../../scripts/cli-process.ts'
import { Conference, type Peer } from '../support/conference.ts'

let conference: Conference

beforeEach(async () => {
  conference = await Conference.start()
})

afterEach(async () => {
  await conference.stop()
})

test('a room is split: both parts talk, neither hears the other', async () => {
  const { peers } = await conference.room(5)
  const [creator, second, third, ...rest] = peers as [Peer, Peer, Peer, ...Peer[]]
  const off = [creator, second, third]
  const refused = await second.process.ask('split', { keep: [third.id] })
  expect(refused).toMatchObject({ ok: false, code: 'not-entitled' })
  const stayed = await creator.state()
  const { room } = await creator.process.command('split', { keep: [second.id, third.id] })
  for (const peer of off) expect((await peer.process.expect('moved'))['room']).toBe(room)
  await conference.agree(off)
  await conference.agree(rest)
  await conference.converse(off, 'over here')
  await conference.converse(rest, 'over there')
  for (const peer of off) expect(peer.heard.filter((text) => text.startsWith('over there'))).toEqual([])
  for (const peer of rest) expect(peer.heard.filter((text) => text.startsWith('over here'))).toEqual([])
  expect((await rest[0]?.state())?.['version']).not.toBe(stayed['version'])
})

test('two rooms become one, also when both creators bring theirs into the other at the same moment', async () => {
  const { peers: ones, invite } = await conference.room(2)
  const { peers: others, invite: second } = await conference.room(3)
  const [one, other, member] = [ones[0], others[0], others[1]] as [Peer, Peer, Peer]
  expect(await member.process.ask('merge', { invite })).toMatchObject({ ok: false, code: 'not-entitled' })
  // A piece of an invite is no open room's name.
  for (const damaged of ['no-invite#x', invite.slice(-200)]) {
    const refusal = await other.process.ask('merge', { invite: damaged })
    expect(refusal).toMatchObject({ ok: false, code: 'bad-invite' })
  }
  const replies = await Promise.all([
    one.process.ask('merge', { invite: second }),
    other.process.ask('merge', { invite }),
  ])
  const refused = replies.filter(({ ok }) => ok !== true)
  expect(refused).toMatchObject([{ code: 'not-let-in' }])
  const [hosts, guests] = replies[0]['ok'] === true ? [others, ones] : [ones, others]
  const { room } = await (hosts[0] as Peer).joined()
  for (const guest of guests) expect((await guest.process.expect('moved'))['room']).toBe(room)
  await conference.agree([...ones, ...others])
  await conference.converse([...ones, ...others], 'all together')
})

test('nobody is lost who comes in while a merger is under way, nor when the other room moves on itself', async () => {
  const target = conference.spawn({ name: 'target' })
  const host = conference.spawn({ name: 'host', flags: ['--admit', 'ask'] })
  await Promise.all([target, host].map(async (peer) => await peer.joined()))
  const { peers, invite } = await conference.room(2)
  const [creator] = peers as [Peer]
  const merged = creator.process.ask('merge', { invite: await conference.invite(host) })
  const { peer } = await host.process.expect('knock')
  const late = conference.spawn({ name: 'late', invite })
  await late.joined()
  await host.process.command('admit', { peer })
  const onward = await host.process.ask('merge', { invite: await conference.invite(target) })
  expect(onward).toMatchObject({ ok: true })
  // Whichever way it went: where it was refused their own room goes on.
  const all = [...peers, late]
  const hasMoved = (await merged)['ok'] === true
  const together = hasMoved ? [target, host, ...all] : all
  await conference.agree(together)
  await conference.converse(together, 'nobody is lost')
})

test('two moderators bring their room into another one at the same moment: both are there with all others', async () => {
  const host = conference.spawn({ name: 'host' })
  await host.joined()
  const names = ['first', 'second']
  const flags = (await Promise.all(names.map(identityOf))).flatMap((peer) => ['--moderator', peer])
  const first = conference.spawn({ name: 'first', flags, isKept: true })
  await first.joined()
  const invite = await conference.invite(first)
  const second = conference.spawn({ name: 'second', invite, isKept: true })
  const member = conference.spawn({ name: 'member', invite })
  await Promise.all([second, member].map(async (peer) => await peer.joined()))
  await conference.agree([first, second, member])
  const target = await conference.invite(host)
  const moderators = [first, second]
  const replies = await Promise.all(
    moderators.map(async ({ process }) => await process.ask('merge', { invite: target })),
  )
  // Who comes too late is told so, if it is too late: they may also decide the same thing at once.
  for (const { ok, code } of replies) expect(ok === true ? 'gone-on' : code).toBe('gone-on')
  const all = [host, first, second, member]
  await conference.agree(all)
  await conference.converse(all, 'all of us')
})

/** The peer id of a kept peer of that name, before it is started. */
async function identityOf(name: string): Promise<string> {
  const program = new CliProcess(['identity', '--identity', conference.directory(`${name}.identity`)])
  return String((await program.expect('identity'))['peer'])
}

test('a merger that the other room does not allow is refused, and both rooms go on', async () => {
  const host = conference.spawn({ name: 'host', flags: ['--admit', 'moderators'] })
  await host.joined()
  const { peers: guests } = await conference.room(2)
  const [creator] = guests as [Peer]
  const invite = await conference.invite(host)
  const refused = await creator.process.ask('merge', { invite })
  expect(refused).toMatchObject({ ok: false, code: 'not-entitled' })
  expect(refused['message']).toMatch(/moderators/)
  await conference.converse(guests, 'as before')
  expect(creator.process.seen('moved')).toEqual([])
})

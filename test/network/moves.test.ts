/** Rooms that go on in another group, by real processes. */
import { afterEach, beforeEach, expect, test } from 'vitest'
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

test('two rooms become one: the members of one go on in the other, at an invite', async () => {
  const { peers: hosts } = await conference.room(2)
  const { peers: guests } = await conference.room(3)
  const [host, creator, second] = [hosts[0], guests[0], guests[1]] as [Peer, Peer, Peer]
  const invite = await conference.invite(host)
  expect(await second.process.ask('merge', { invite })).toMatchObject({ ok: false, code: 'not-entitled' })
  expect(await creator.process.ask('merge', { invite: 'no-invite#x' })).toMatchObject({
    ok: false,
    code: 'bad-invite',
  })
  await creator.process.command('merge', { invite })
  const { room } = await host.joined()
  for (const guest of guests) expect((await guest.process.expect('moved'))['room']).toBe(room)
  await conference.agree([...hosts, ...guests])
  await conference.converse([...hosts, ...guests], 'all together')
})

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

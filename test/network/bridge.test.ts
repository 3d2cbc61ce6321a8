/** Every direct path is blocked and only the relay's bridge is left: all that one can do in a room still works. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Conference, type Peer } from '../support/conference.ts'
import { Stopwatch } from '../support/stopwatch.ts'
import { until } from '../support/until.ts'

const BLOCKED = ['--ice-transport-policy', 'relay']

let conference: Conference

beforeEach(async () => {
  conference = await Conference.start()
})

afterEach(async () => {
  await conference.stop()
})

/** Somebody who comes by an invite about which a member is asked first, and the member's answer. */
async function knock(at: Peer, name: string, answer: 'admit' | 'deny'): Promise<Peer> {
  const { url } = await at.process.command('invite', { admit: 'ask' })
  const newcomer = conference.spawn({ name, invite: String(url), flags: BLOCKED })
  const { peer } = await at.process.expect('knock', { name })
  await at.process.command(answer, { peer })
  return newcomer
}

test('through the bridge alone: join, talk, knock, refresh, revoke, come back, leave, exclude, split', async () => {
  const { peers, invite } = await conference.room(4, BLOCKED, { isKept: true })
  const [first, second, third, fourth] = peers as [Peer, Peer, Peer, Peer]
  const watch = new Stopwatch()
  await conference.converse(peers, 'by the bridge')
  watch.lap('chat')

  const admitted = await knock(second, 'admitted', 'admit')
  await admitted.joined()
  watch.lap('knock, admit')
  const denied = await knock(third, 'denied', 'deny')
  await denied.process.expect('error', { code: 'denied' })
  await conference.agree([...peers, admitted])
  watch.lap('deny')

  const { version } = await first.state()
  await third.process.command('refresh')
  await until(async () => (await first.state())['version'] !== version, { what: 'a new generation' })
  await conference.agree([...peers, admitted])
  await conference.converse([...peers, admitted], 'under fresh keys')
  watch.lap('refresh')
  await first.process.command('revoke', { url: invite })
  const late = conference.spawn({ name: 'late', invite, flags: BLOCKED })
  await late.process.expect('error', { code: 'invite-revoked' })
  watch.lap('revoke')

  await fourth.process.crash()
  await conference.converse([first, second, third, admitted], 'four of five')
  const back = conference.again(fourth, BLOCKED)
  await back.joined()
  expect(back.id).toBe(fourth.id)
  const five = [first, second, third, back, admitted]
  await conference.converse(five, 'all five')
  watch.lap('kill, come back')

  await admitted.process.command('leave')
  await conference.agree([first, second, third, back])
  watch.lap('leave')
  await first.process.command('exclude', { peers: [third.id], reason: '' })
  await third.process.expect('excluded')
  await conference.agree([first, second, back])
  await conference.converse([first, second, back], 'three left')
  watch.lap('exclude')

  const { room } = await first.process.command('split', { keep: [back.id] })
  for (const peer of [first, back]) expect((await peer.process.expect('moved'))['room']).toBe(room)
  await conference.agree([first, back])
  await conference.converse([first, back], 'in a room of our own')
  watch.lap('split')
  console.log(`by the bridge, ms: ${watch.toString()}`)

  const ways = conference.peers.flatMap(({ process }) => process.seen('transport').map(({ via }) => via))
  expect(new Set(ways)).toEqual(new Set(['bridge']))
})

test('through the bridge alone: two vote one out, and the creator destroys the room', async () => {
  const first = conference.spawn({ name: 'first', flags: [...BLOCKED, '--exclude', 'quorum:2'] })
  await first.joined()
  const invite = await conference.invite(first)
  const others = ['second', 'third'].map((name) => conference.spawn({ name, invite, flags: BLOCKED }))
  const [second, third] = others as [Peer, Peer]
  for (const peer of others) await peer.joined()
  await conference.agree([first, second, third])
  const watch = new Stopwatch()
  for (const peer of [first, second]) {
    await until(async () => (await peer.process.ask('vote', { peer: third.id }))['ok'], {
      what: `${peer.name} is confirmed and votes`,
    })
  }
  await third.process.expect('excluded')
  await conference.agree([first, second])
  watch.lap('vote')
  await first.process.command('destroy')
  await second.process.expect('destroyed', { by: first.id })
  watch.lap('destroy')
  console.log(`by the bridge, ms: ${watch.toString()}`)
})

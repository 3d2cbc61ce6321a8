/** Policies over the JSON form, by real processes: who is let in, on whose word, and what ends it. */
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

async function knockOf(at: Peer, name: string): Promise<string> {
  return String((await at.process.expect('knock', { name }))['peer'])
}

async function refusal(at: Peer, command: string, fields: Record<string, unknown>): Promise<unknown> {
  return (await at.process.ask(command, fields))['code']
}

test('a room that asks: any member admits or denies who knocks, and a revoked invite lets nobody knock', async () => {
  const first = conference.spawn({ name: 'first', flags: ['--admit', 'ask'] })
  await first.joined()
  const url = await conference.invite(first)
  const second = conference.spawn({ name: 'second', invite: url })
  await second.process.expect('error', { code: 'asked' })
  const knocker = await knockOf(first, 'second')
  await first.process.command('admit', { peer: knocker })
  await second.joined(10_000)
  expect(second.id).toBe(knocker)
  await conference.agree([first, second])
  expect(await first.state()).toMatchObject({ policy: { admit: 'ask', exclude: 'member' } })

  const third = conference.spawn({ name: 'third', invite: url })
  // Both hear it; the second one answers, which ends it for the first.
  const peer = await knockOf(first, 'third')
  await knockOf(second, 'third')
  await second.process.command('deny', { peer })
  await third.process.expect('error', { code: 'denied' })
  await until(async () => (await refusal(first, 'admit', { peer })) === 'no-knock', {
    what: 'the knock ends',
  })

  await second.process.command('revoke', { url })
  const fourth = conference.spawn({ name: 'fourth', invite: url })
  await fourth.process.expect('error', { code: 'invite-revoked' })
  expect(first.process.seen('knock').map(({ name }) => name)).toEqual(['second', 'third'])
  expect(await refusal(first, 'deny', { peer: 7 })).toBe('bad-field')
  expect(await refusal(first, 'invite', { admit: 'never' })).toBe('bad-field')
  expect(await refusal(first, 'invite', { ttl: Number.MAX_SAFE_INTEGER })).toBe('bad-invite-options')
  await conference.converse([first, second], 'in the end')
})

test('moderators let in, two votes exclude, and the creator destroys the room for everybody', async () => {
  const flags = ['--admit', 'moderators', '--exclude', 'quorum:2']
  const first = conference.spawn({ name: 'first', flags })
  await first.joined()
  const url = await conference.invite(first)
  // The exclusion of who came by the first one ends that.
  const unused = await conference.invite(first)
  const others = ['second', 'third', 'fourth'].map((name) =>
    conference.spawn({ name, invite: url, isKept: name === 'second' }),
  )
  const [second, third, fourth] = others as [Peer, Peer, Peer]
  for (const peer of others) await peer.joined(10_000)
  await conference.agree([first, ...others])
  const policy = { admit: 'moderators', exclude: 'quorum', quorum: 2, moderators: [first.id], silence: 0 }
  expect(await second.state()).toMatchObject({ policy })
  expect(await refusal(second, 'invite', {})).toBe('not-entitled')
  expect(await refusal(second, 'exclude', { peers: [fourth.id] })).toBe('not-entitled')
  expect(await refusal(second, 'vote', { peer: second.id })).toBe('not-yourself')
  expect(await refusal(second, 'vote', {})).toBe('bad-field')

  await second.process.command('vote', { peer: fourth.id })
  await third.process.expect('vote', { peer: fourth.id, by: second.id, byName: 'second', votes: 1 })
  expect((await third.members()).find(({ peer }) => peer === fourth.id)?.votes).toBe(1)
  await third.process.command('vote', { peer: fourth.id })
  await fourth.process.expect('excluded', { by: third.id, reason: 'voted out by other members' })
  await conference.agree([first, second, third])

  expect(await refusal(third, 'destroy', {})).toBe('not-entitled')
  await first.process.command('destroy')
  for (const peer of [first, second, third]) await peer.process.expect('destroyed', { by: first.id })
  expect(await second.state()).toMatchObject({ status: 'destroyed' })
  expect(await refusal(second, 'send', { text: 'still here?' })).toBe('destroyed')
  // Whoever comes now is told by a signature, not let in.
  const late = conference.spawn({ name: 'late', invite: unused })
  await late.process.expect('destroyed', { by: first.id })
  const all = [first, second, third, late]
  await until(() => all.every(({ process }) => process.hasEnded), { what: 'all processes end', ms: 20_000 })
  const again = conference.again(second)
  await again.process.expect('destroyed', { by: first.id })
})

test('flags that make no policy are refused with a sentence', async () => {
  const wrong = [
    ['--exclude', 'quorum'],
    ['--exclude', 'quorum:1'],
    ['--silence', 'long'],
    ['--moderator', '12D3Nobody'],
  ]
  for (const flags of wrong) {
    const peer = conference.spawn({ name: 'wrong', flags })
    await peer.process.expect('error', { code: 'bad-policy' })
  }
})

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
  await conference.converse([first, second], 'in the end')
})

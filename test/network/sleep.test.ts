/** A member that slept longer than its keys are kept: it is missed, wakes, is keyed again, and has missed nobody. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Conference, type Peer } from '../support/conference.ts'
import { Stopwatch } from '../support/stopwatch.ts'
import { until } from '../support/until.ts'
import { SLEEP_MS } from './short-lives.ts'

const nodeFlags = ['--import', join(import.meta.dirname, 'short-lives.ts')]

let conference: Conference

beforeEach(async () => {
  conference = await Conference.start()
})

afterEach(async () => {
  await conference.stop()
})

/** Whom it called offline. */
function missed({ process }: Peer): unknown[] {
  return process.seen('member').flatMap(({ change, name }) => (change === 'offline' ? [name] : []))
}

test('who slept past all patience is missed, comes back by itself, and takes nobody else for gone', async () => {
  const { peers } = await conference.room(3, [], { nodeFlags })
  await conference.meshed(peers)
  const [first, sleeper, excluded] = peers as [Peer, Peer, Peer]
  sleeper.process.signal('SIGSTOP')
  const asleepAt = performance.now()
  await first.process.command('exclude', { peers: [excluded.id], reason: '' })
  await conference.agree([first], 20_000, 2)
  await first.process.expect('member', { peer: sleeper.id, change: 'offline' })
  await until(() => performance.now() - asleepAt > SLEEP_MS, { what: 'it has slept' })
  sleeper.process.signal('SIGCONT')
  const watch = new Stopwatch()
  const awake = [first, sleeper]
  await watch.time('agreed', async () => await conference.agree(awake))
  // What is said while connections are made anew may be lost, as chat may be.
  await watch.time('connected', async () => await conference.meshed(awake))
  await watch.time('chat', async () => await conference.converse(awake, 'good morning'))
  expect([missed(first), missed(sleeper)]).toEqual([[sleeper.name], []])
  console.log(`after a long sleep, ms: ${watch.toString()}`)
})

/** A line that is slower than what is said: what keeps the room together does not wait behind it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Conference, type Peer } from '../support/conference.ts'
import { until } from '../support/until.ts'

/** Far more than the buffers of streams and sockets hold, in messages as long as there can be. */
const PAGES = 240

let conference: Conference

beforeEach(async () => {
  conference = await Conference.start()
})

afterEach(async () => {
  await conference.stop()
})

test('an exclusion overtakes the chat that waits for a slow line, and the chat arrives all the same', async () => {
  const { peers } = await conference.room(3)
  await conference.meshed(peers)
  const [speaker, listener, excluded] = peers as [Peer, Peer, Peer]
  // A connection carries gossip a moment after it opens; until then what is said takes the bridge, as far as its budget goes.
  await until(async () => (await speaker.process.command('send', { text: 'test' }))['reached'] === 3, {
    what: 'the speaker reaches both others and the bridge',
  })
  // Nobody reads what the speaker writes.
  const deaf = [conference.relay, listener.process, excluded.process]
  for (const process of deaf) process.signal('SIGSTOP')
  // Who is told that a page is sent: what the lines' own buffers took, however much that is here.
  let sent = 0
  const said = Array.from({ length: PAGES }, async (_, i) => {
    await speaker.say(`${i}`.padEnd(16_384, '.'))
    sent += 1
  })
  await speaker.process.command('exclude', { peers: [excluded.id], reason: '' })
  const before = sent
  for (const process of deaf) process.signal('SIGCONT')

  const start = performance.now()
  await listener.process.expect('member', { peer: excluded.id, change: 'excluded' })
  const early = listener.heard.length
  await Promise.all([...said, listener.hears(`${PAGES - 1}`.padEnd(16_384, '.'))])
  // Pages that come by several paths may be a little ahead of it; those that waited in the queue are behind it.
  expect(early).toBeLessThan((before + PAGES) / 2)
  expect(new Set(listener.heard).size).toBe(PAGES + 1)
  const took = Math.round(performance.now() - start)
  console.log(
    `congestion: the exclusion came after ${early} of ${PAGES} pages (${before} were sent before it), the last after ${took} ms`,
  )
})

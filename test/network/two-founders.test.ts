/** Two rooms of one name, founded apart at two relays, when somebody connects to both. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Conference, type Peer, type PeerSpec, type RelaySite } from '../support/conference.ts'

/** Five heartbeats. */
const ONE_ROOM_MS = 25_000
const OPEN = ['--room', 'harbour']

let conference: Conference

beforeEach(async () => {
  conference = await Conference.start({ relays: 2 })
})

afterEach(async () => {
  await conference.stop()
})

/** Members of the open room at these relays, one after the other. */
async function room(
  names: readonly string[],
  relays: readonly RelaySite[],
  { isKept = false }: Pick<PeerSpec, 'isKept'> = {},
): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const name of names) {
    const peer = conference.spawn({ name, relays, isKept, flags: OPEN })
    await peer.joined()
    peers.push(peer)
  }
  await conference.agree(peers)
  return peers
}

test('rooms of three and two at two relays become one within 5 heartbeats', async () => {
  const [one, two] = conference.relays as [RelaySite, RelaySite]
  const [three, pair] = await Promise.all([room(['Ada', 'Ben', 'Cleo'], [one]), room(['Dan', 'Eve'], [two])])
  const [a] = three
  const [d] = pair
  if (a === undefined || d === undefined) throw new Error('Somebody is missing.')
  expect((await a.state())['version']).not.toBe((await d.state())['version'])
  const joint = conference.spawn({ name: 'joint', flags: OPEN })
  await joint.joined()
  const start = performance.now()
  const all = [...three, ...pair, joint]
  await conference.agree(all, ONE_ROOM_MS)
  const took = performance.now() - start
  await conference.converse(all, 'one room')
  console.log(`two founders: one room ${Math.round(took)} ms after somebody came in who reaches both relays`)
})

test('a member that comes back at both relays takes its room along, and has the new room on its disk', async () => {
  const [one, two] = conference.relays as [RelaySite, RelaySite]
  const [three, [dan, eve]] = await Promise.all([
    room(['Ada', 'Ben', 'Cleo'], [one]),
    room(['Dan', 'Eve'], [two], { isKept: true }),
  ])
  if (dan === undefined || eve === undefined) throw new Error('Somebody is missing.')
  await eve.process.stop()
  const both = [...OPEN, '--relay', one.address, '--relay', two.address]
  const back = conference.again(eve, both)
  await back.joined()
  const start = performance.now()
  await conference.agree([...three, dan, back], ONE_ROOM_MS)
  console.log(
    `two founders: one room ${Math.round(performance.now() - start)} ms after a member came back at both relays`,
  )
  await back.process.stop()
  const again = conference.again(eve, both)
  await again.joined()
  await conference.agree([...three, dan, again], ONE_ROOM_MS)
  await conference.converse([...three, dan, again], 'one room')
})

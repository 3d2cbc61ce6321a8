/** A room of eight processes over WebRTC, through the death and the sleep of any of them, of two at once, of the relay. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Conference, type Peer } from '../support/conference.ts'
import { Stopwatch } from '../support/stopwatch.ts'
import { until } from '../support/until.ts'

/** Longer than others wait for a ping's answer before they hang up on somebody: ten seconds until the ping, five for it. */
const SLEEP_MS = 17_000

let conference: Conference
/** Everybody who is in the room and awake. Each test leaves eight of them behind. */
let peers: Peer[]
const watch = new Stopwatch()

beforeAll(async () => {
  conference = await Conference.start()
  const room = await conference.room(8, [], { isKept: true })
  peers = room.peers
  await conference.meshed(peers)
})

afterEach(() => {
  expect(wrongVerdicts()).toEqual([])
})

afterAll(async () => {
  console.log(`eight peers, ms: ${watch.toString()}`)
  await conference.stop()
})

/** What anybody said of anybody's presence that is not so: in seventy seconds of silence nobody counts as gone. */
function wrongVerdicts(): unknown[] {
  return conference.peers.flatMap(({ name, process }) =>
    process
      .seen('member')
      .filter(({ change }) => change === 'offline')
      .map((event) => ({ by: name, ...event })),
  )
}

function without(...gone: Peer[]): Peer[] {
  return peers.filter((peer) => !gone.includes(peer))
}

/** Starts them again as who they were, and waits until they are back. */
async function comeBack(...gone: Peer[]): Promise<void> {
  const back = gone.map((peer) => conference.again(peer))
  await Promise.all(back.map(async (peer) => await peer.joined()))
  peers = [...without(...gone), ...back]
  await conference.meshed(peers)
}

test('the founder, who holds the first keys, is killed, and comes back', async () => {
  const [founder] = peers as [Peer]
  await founder.process.crash()
  await watch.time(
    'founder killed: chat',
    async () => await conference.converse(without(founder), 'no founder'),
  )
  await watch.time('back', async () => await comeBack(founder))
  await conference.agree(peers)
  await conference.converse(peers, 'the founder is back')
})

test('an introducer is killed with somebody else while its newcomer comes in', async () => {
  const [, , introducer, other, inviter] = peers as [Peer, Peer, Peer, Peer, Peer]
  const { url } = await inviter.process.command('invite', { admit: 'ask' })
  const newcomer = conference.spawn({ name: 'newcomer', invite: String(url) })
  const { peer } = await introducer.process.expect('knock', { name: 'newcomer' })
  const left = [...without(introducer, other), newcomer]
  await watch.time('introducer and another killed: newcomer in, chat', async () => {
    await introducer.process.command('admit', { peer })
    await Promise.all([introducer.process.crash(), other.process.crash()])
    await newcomer.joined()
    await conference.agree(left, 20_000, 9)
    await conference.converse(left, 'two fewer and one more')
  })
  await inviter.process.command('exclude', { peers: [newcomer.id], reason: '' })
  await newcomer.process.expect('excluded')
  await watch.time('both back', async () => await comeBack(introducer, other))
  await conference.agree(peers)
  await conference.converse(peers, 'the two are back')
})

test('two are stopped and the relay killed meanwhile: the rest chat and exclude; when all go on, all know all', async () => {
  const [first, second, third, excluder, excluded] = peers as [Peer, Peer, Peer, Peer, Peer]
  const asleep = [second, third]
  const stoppedAt = performance.now()
  for (const { process } of asleep) process.signal('SIGSTOP')
  await conference.relay.crash()
  await watch.time('two stopped and no relay: chat', async () => {
    await conference.converse(without(...asleep), 'without the sleepers')
  })
  await watch.time('exclusion', async () => {
    await excluder.process.command('exclude', { peers: [excluded.id], reason: '' })
    await conference.agree(without(...asleep, excluded), 20_000, 7)
  })
  peers = without(excluded)
  const invite = await conference.invite(first)
  await conference.restartRelay()
  const newcomer = conference.spawn({ name: 'late', invite, isKept: true })
  await watch.time('relay back: newcomer in', async () => await newcomer.joined())
  peers = [...peers, newcomer]
  await conference.converse(without(...asleep), 'with a newcomer')
  await until(() => performance.now() - stoppedAt > SLEEP_MS, { what: 'others hang up on the sleepers' })
  for (const { process } of asleep) process.signal('SIGCONT')
  await watch.time('both go on: agreed', async () => await conference.agree(peers))
  // What is said while connections are made anew may be lost, as chat may be.
  await watch.time('connected', async () => await conference.meshed(peers))
  await watch.time('chat', async () => await conference.converse(peers, 'awake again'))
})

test('the relay is stopped for a while: chat and exclusions go on, and who came too early comes in', async () => {
  const [first, , , excluder, excluded] = peers as [Peer, Peer, Peer, Peer, Peer]
  const invite = await conference.invite(first)
  conference.relay.signal('SIGSTOP')
  const newcomer = conference.spawn({ name: 'early', invite, isKept: true })
  await excluder.process.command('exclude', { peers: [excluded.id], reason: '' })
  peers = without(excluded)
  await watch.time('relay stopped: exclusion', async () => await conference.agree(peers))
  await conference.converse(peers, 'the relay sleeps')
  conference.relay.signal('SIGCONT')
  await watch.time('relay goes on: newcomer in', async () => await newcomer.joined())
  peers = [...peers, newcomer]
  await conference.agree(peers)
  await conference.converse(peers, 'the relay is awake')
})

test('all eight are killed and started again: the roster is as it was, the version is new, and they talk', async () => {
  const before = await conference.agree(peers)
  const roster = (await peers[0]?.members())?.map(({ peer }) => peer).sort()
  await Promise.all(peers.map(async ({ process }) => await process.crash()))
  await watch.time('all killed: back', async () => await comeBack(...peers))
  const after = await conference.agree(peers)
  expect(after['version']).not.toBe(before['version'])
  for (const peer of peers) {
    expect((await peer.members()).map((member) => member.peer).sort()).toEqual(roster)
  }
  await watch.time('chat', async () => await conference.converse(peers, 'after the blackout'))
})

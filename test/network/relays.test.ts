/** A room that meets at several relays, of which some members reach only one. */
import { decodeInvite, nobleSuite } from '@conclave/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { encodeInvite } from '../../packages/protocol/src/group/invite.ts'
import { Conference, type Peer, type RelaySite } from '../support/conference.ts'

let conference: Conference

beforeEach(async () => {
  conference = await Conference.start({ relays: 2 })
})

afterEach(async () => {
  await conference.stop()
})

/** The invite for somebody whom only one relay answers: where the others should be nobody listens. */
function reachingOnly(reached: RelaySite, invite: string): string {
  const addresses = conference.relays.map(({ address }) =>
    address === reached.address ? address : address.replace(/\/tcp\/\d+\//, '/tcp/9/'),
  )
  return `conclave:#${encodeInvite({ ...decodeInvite(invite, nobleSuite, 0), relays: addresses })}`
}

async function enter(name: string, invite: string, flags: string[] = []): Promise<Peer> {
  const peer = conference.spawn({ name, invite, flags })
  await peer.joined()
  return peer
}

for (const [how, flags] of [
  ['over WebRTC', []],
  ['through bridges alone', ['--ice-transport-policy', 'relay']],
] as const) {
  test(`two relays with disjoint clients are one room, ${how}`, async () => {
    const [one, two] = conference.relays as [RelaySite, RelaySite]
    const joint = conference.spawn({ name: 'joint', flags: [...flags] })
    await joint.joined()
    const invite = await conference.invite(joint)
    const start = performance.now()
    const first = await enter('first', reachingOnly(one, invite), [...flags])
    const second = await enter('second', reachingOnly(two, invite), [...flags])
    const peers = [joint, first, second]
    await conference.agree(peers)
    await conference.converse(peers, 'across')
    // A member of one side lets somebody in at the other, and excludes somebody there.
    const third = await enter('third', reachingOnly(two, await conference.invite(first)), [...flags])
    await conference.agree([...peers, third])
    await first.process.command('exclude', { peers: [second.id], reason: '' })
    await second.process.expect('excluded')
    await conference.agree([joint, first, third])
    await conference.converse([joint, first, third], 'three of us')
    console.log(`two relays, ${how}: all within ${Math.round(performance.now() - start)} ms`)
  })
}

test('of three relays two die one after the other: the room goes on, and people come in by those that are left', async () => {
  await conference.stop()
  conference = await Conference.start({ relays: 3 })
  const [one, two, three] = conference.relays as [RelaySite, RelaySite, RelaySite]
  const { peers, invite } = await conference.room(3)
  await conference.meshed(peers)
  await one.process.crash()
  await conference.converse(peers, 'with two relays')
  const byTwo = await enter('by the second', reachingOnly(two, invite))
  // Whose only relay dies before it has a direct connection is cut off, and nothing can help it.
  await conference.meshed([...peers, byTwo])
  await two.process.crash()
  const start = performance.now()
  await conference.converse([...peers, byTwo], 'with one relay')
  const byThree = await enter('by the third', reachingOnly(three, invite))
  const all = [...peers, byTwo, byThree]
  await conference.converse(all, 'all together')
  expect(byThree.heard.filter((text) => text.startsWith('with one relay'))).toEqual([])
  console.log(`a relay lost: chat and a newcomer within ${Math.round(performance.now() - start)} ms`)
})

test('whoever has three relays already comes into a room at a fourth, and brings a room of three there', async () => {
  await conference.stop()
  conference = await Conference.start({ relays: 4 })
  const own = conference.relays.slice(0, 3)
  const host = conference.spawn({ name: 'host', relays: conference.relays.slice(3) })
  const creator = conference.spawn({ name: 'creator', relays: own })
  await Promise.all([host, creator].map(async (peer) => await peer.joined()))
  const invite = await conference.invite(host)
  const flags = own.flatMap(({ address }) => ['--relay', address])
  const [guest, member] = await Promise.all([
    enter('guest', invite, flags),
    enter('member', await conference.invite(creator)),
  ])
  await creator.process.command('merge', { invite })
  const all = [host, guest, creator, member]
  await conference.agree(all)
  // An invite names the room's relay, whatever else who makes it is connected to.
  const late = await enter('late', await conference.invite(guest))
  await conference.converse([...all, late], 'at the fourth')
})

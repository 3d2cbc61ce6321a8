/** Who is silent for too long is excluded, where the policy says so, and by nobody who was not listening (SPEC E9). */
import { expect, test } from 'vitest'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

/** Longer than the 70 s after which a member counts as offline. */
const SILENCE = 90

function exclusionsBy(peer: SimPeer): number {
  return peer.stored.filter(
    ({ author, body }) => author === peer.id && body.kind === 'change' && body.targets.length > 0,
  ).length
}

function isIn(at: SimPeer, peer: SimPeer): boolean {
  return at.state.members.some((member) => member.peer === peer.id)
}

test('who crashed is excluded once it was silent for so long, by one of the others', () => {
  const room = new Room(5, 1, { silence: SILENCE })
  const [x, ...others] = room.peers.toReversed() as [SimPeer, ...SimPeer[]]
  x.crash()
  room.world.run((SILENCE - 10) * 1_000)
  expect(others.every((peer) => isIn(peer, x))).toBe(true)
  room.world.until(() => !others.some((peer) => isIn(peer, x)), 30_000, 'it is excluded')
  expect(others.map(exclusionsBy).reduce((sum, count) => sum + count, 0)).toBe(1)
  room.agree(others)
  x.restart()
  room.world.until(() => x.state.status === 'excluded', 30_000, 'it hears of it')
  expect(x.seen.at(-1)).toMatchObject({
    event: 'excluded',
    reason: `silent for more than ${SILENCE} seconds`,
  })
})

test('who just restarted, slept, or was cut off gives no verdict', () => {
  const room = new Room(4, 2, { silence: SILENCE })
  const [restarted, sleeper, lonely, x] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  x.crash()
  lonely.compartment = 1
  sleeper.sleep()
  room.world.run((SILENCE - 20) * 1_000)
  restarted.crash()
  restarted.restart()
  sleeper.wake()
  room.world.run(30_000)
  expect([isIn(restarted, x), isIn(sleeper, x)]).toEqual([true, true])
  room.world.until(() => !isIn(restarted, x), 90_000, 'they have listened for long enough')
  // It has heard nobody all the time, and so cannot tell.
  expect(exclusionsBy(lonely)).toBe(0)
})

test('nobody is excluded for a silence that others were not there to hear', () => {
  const room = new Room(3, 3, { silence: SILENCE })
  const [first, second, x] = room.peers as [SimPeer, SimPeer, SimPeer]
  x.crash()
  for (let i = 0; i < 3; i++) {
    room.world.run((SILENCE - 30) * 1_000)
    for (const peer of [first, second]) {
      peer.crash()
      room.world.run(5_000)
      peer.restart()
      room.world.until(() => peer.isJoined, 30_000, 'it is back')
    }
  }
  expect([isIn(first, x), isIn(second, x)]).toEqual([true, true])
  x.restart()
  // All three came back just now, and have to hear from each other before they speak.
  room.world.run(5_000)
  room.agree(room.peers)
})

test('only moderators exclude for it where they alone may, and where votes decide all who hear nothing vote', () => {
  const moderated = new Room(5, 4, { silence: SILENCE, exclude: 'moderators', moderators: [1] })
  const voting = new Room(5, 5, { silence: SILENCE, exclude: 'quorum', quorum: 3 })
  for (const room of [moderated, voting]) {
    const x = room.peer(4)
    x.crash()
    const others = room.peers.slice(0, 4)
    room.world.until(() => !others.some((peer) => isIn(peer, x)), 120_000, 'it is excluded')
    room.agree(others)
  }
  expect(moderated.peers.map(exclusionsBy)).toEqual([0, 1, 0, 0, 0])
  expect(voting.peer(0).stored.filter(({ body }) => body.kind === 'vote').length).toBe(3)
})

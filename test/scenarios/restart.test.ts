import { expect, test } from 'vitest'
import { type SimPeer, World } from '../simulation/world.ts'

function room(count: number): { world: World; peers: SimPeer[] } {
  const world = new World(7)
  const peers = Array.from({ length: count }, (_, i) => world.peer(`p${i}`))
  for (const [i, peer] of peers.entries()) {
    peer.start(i === 0 ? { kind: 'found' } : { kind: 'join' })
    world.until(() => peer.state.status === 'joined', 10_000, `${peer.label} joins`)
  }
  world.run(10_000)
  return { world, peers }
}

function restart(peer: SimPeer): void {
  peer.crash()
  peer.restart()
}

function converse(world: World, peers: readonly SimPeer[], occasion: string): void {
  for (const peer of peers) peer.say(`${occasion} ${peer.label}`)
  const hears = (peer: SimPeer): boolean =>
    peers.every((other) => other === peer || peer.texts.includes(`${occasion} ${other.label}`))
  world.until(() => peers.every(hears), 30_000, occasion)
}

test('a member that restarts is keyed again by any other', () => {
  const { world, peers } = room(3)
  const [, second] = peers
  if (second) restart(second)
  world.until(() => second?.state.status === 'joined', 5_000, 'it is back')
  converse(world, peers, 'again')
  expect(new Set(peers.map(({ state }) => state.members.length))).toEqual(new Set([3]))
})

test('the only member of a room restarts and others can still join', () => {
  const { world, peers } = room(1)
  const [founder] = peers as [SimPeer]
  restart(founder)
  world.until(() => founder.state.status === 'joined', 5_000, 'it is back')
  const newcomer = world.peer('newcomer')
  newcomer.start({ kind: 'join' })
  world.until(() => newcomer.state.status === 'joined', 10_000, 'a newcomer joins')
  converse(world, [founder, newcomer], 'hello')
})

test('all members restart at once: one of them makes new keys, membership stays', () => {
  const { world, peers } = room(4)
  const heads = peers[0]?.state.heads
  for (const peer of peers) restart(peer)
  world.until(() => peers.every(({ state }) => state.status === 'joined'), 30_000, 'all are back')
  converse(world, peers, 'hello again')
  expect(peers.map(({ state }) => state.members.length)).toEqual([4, 4, 4, 4])
  expect(peers[0]?.state.heads).not.toEqual(heads)
})

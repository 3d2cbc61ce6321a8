import { expect, test } from 'vitest'
import type { Output } from '@conclave/protocol'
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

test('some restart while others go on: those key them again, and nobody makes new keys', () => {
  const { world, peers } = room(5)
  const { version } = peers[0]?.state ?? {}
  for (const peer of peers.slice(2)) restart(peer)
  world.until(() => peers.every(({ state }) => state.status === 'joined'), 5_000, 'all are back')
  converse(world, peers, 'here again')
  expect(peers.map(({ state }) => state.version)).toEqual(peers.map(() => version))
})

test('a member comes back from an old copy of its disk: what it had forgotten, its own exclusion too, it learns again', () => {
  const { world, peers } = room(5)
  const [a, b, restored, x, y] = peers as [SimPeer, SimPeer, SimPeer, SimPeer, SimPeer]
  const copy = restored.stored.slice()
  restored.exclude([x])
  world.run(5_000)
  a.exclude([y])
  world.run(5_000)
  const heads = a.state.heads
  restored.crash()
  restored.stored.splice(0, Infinity, ...copy)
  restored.restart()
  expect(restored.state.members.length).toBe(5)
  world.until(() => restored.state.status === 'joined', 10_000, 'it is back')
  world.run(15_000)
  converse(world, [a, b, restored], 'as before')
  expect(restored.state.members.length).toBe(3)
  expect(a.state.heads).toEqual(heads)
  expect(world.suite.nonceReuses).toBe(0)
})

test('all come back, from copies of different age: the newest is what all know', () => {
  const { world, peers } = room(4)
  const [a, b, c, x] = peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  const copy = b.stored.slice()
  a.exclude([x])
  world.run(5_000)
  for (const peer of [a, b, c]) peer.crash()
  for (const peer of [b, c]) peer.stored.splice(0, Infinity, ...copy)
  for (const peer of [b, c, a]) peer.restart()
  world.until(() => [a, b, c].every(({ state }) => state.status === 'joined'), 30_000, 'all are back')
  converse(world, [a, b, c], 'as before')
  expect([a, b, c].map(({ state }) => state.members.length)).toEqual([3, 3, 3])
  expect(world.suite.nonceReuses).toBe(0)
})

test('two processes run as one member: both are heard, no nonce is used twice, and the room goes on', () => {
  const { world, peers } = room(4)
  const [a, b, c, original] = peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  const double = world.peer('double', original.signer)
  double.stored.push(...original.stored)
  double.restart()
  world.until(() => double.state.status === 'joined', 10_000, 'it is in')
  world.run(15_000)
  original.say('I am here')
  double.say('me too')
  world.run(1_000)
  expect(a.texts).toEqual(expect.arrayContaining(['I am here', 'me too']))
  // Both act on the roster at once, as one member could not.
  original.exclude([c])
  double.exclude([b])
  world.until(() => [b, c].every(({ state }) => state.status === 'excluded'), 10_000, 'both exclusions count')
  world.until(() => a.state.version !== undefined && a.state.members.length === 2, 10_000, 'it goes on')
  const newcomer = world.peer('newcomer')
  newcomer.start({ kind: 'join' })
  const isWithA = (): boolean =>
    newcomer.state.status === 'joined' && newcomer.state.version === a.state.version
  world.until(isWithA, 10_000, 'a newcomer joins')
  converse(world, [a, newcomer], 'hello')
  expect(world.suite.nonceReuses).toBe(0)
})

test('a member that lost its disk is told that it is one, and makes new keys when nobody has any', () => {
  const { world, peers } = room(2)
  const [a, b] = peers as [SimPeer, SimPeer]
  for (const peer of peers) peer.crash()
  b.stored.length = 0
  a.restart()
  b.restart()
  world.until(() => peers.every(({ state }) => state.status === 'joined'), 20_000, 'both are back')
  converse(world, peers, 'as before')
})

test('a frame under keys that nobody has any more does not keep one from asking for others', () => {
  const { world, peers } = room(4)
  const [a, b, c, out] = peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  const said = new Map<SimPeer, Output>()
  world.onStep = (peer, outputs): void => {
    for (const output of outputs)
      if (output.kind === 'broadcast' && output.about === 'chat') said.set(peer, output)
  }
  a.say('long ago')
  const old = said.get(a)
  a.exclude([out])
  world.run(130_000)
  c.crash()
  for (const peer of [a, b]) peer.decide({ kind: 'refresh' })
  const versions = [a, b].map(({ state }) => state.version)
  for (const peer of [a, b]) peer.say(`under the keys of ${peer.label}`)
  world.run(2_000)
  // Of two refreshes one is taken. The other one's keys are not what a member is given that comes back.
  const author = a.state.version === versions[0] ? b : a
  const recent = said.get(author)
  c.restart()
  world.until(() => c.isJoined, 5_000, 'it is back')
  if (!old || !recent) throw new Error('nothing was said')
  for (const output of [old, recent]) {
    world.carryOut(author, output)
    world.run(1_000)
  }
  expect(c.texts).toContain(`under the keys of ${author.label}`)
})

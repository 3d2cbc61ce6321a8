import { expect, test } from 'vitest'
import { type SimPeer, World } from '../simulation/world.ts'

/** A room of `count` members that agree. */
function room(count: number, seed = 1): { world: World; peers: SimPeer[] } {
  const world = new World(seed)
  const peers = Array.from({ length: count }, (_, i) => world.peer(`p${i}`))
  for (const [i, peer] of peers.entries()) {
    peer.start(i === 0 ? { kind: 'found' } : { kind: 'join' })
    world.until(() => peer.state.status === 'joined', 10_000, `${peer.label} joins`)
  }
  world.run(10_000)
  return { world, peers }
}

function agree(peers: readonly SimPeer[]): boolean {
  const states = peers.map(({ state }) => `${state.version} ${state.revision} ${state.heads.join()}`)
  return new Set(states).size === 1 && peers.every(({ state }) => state.version !== undefined)
}

test('five peers join and hear each other', () => {
  const { world, peers } = room(5)
  expect(agree(peers)).toBe(true)
  for (const peer of peers) peer.say(`hello from ${peer.label}`)
  world.run(1_000)
  for (const peer of peers) expect(peer.texts.length).toBe(4)
})

test('an excluded member reads nothing more, the rest go on', () => {
  const { world, peers } = room(5)
  const [a, b, x, ...rest] = peers as [SimPeer, SimPeer, SimPeer, ...SimPeer[]]
  a.exclude([x], 'enough')
  world.run(500)
  expect(x.state.status).toBe('excluded')
  const members = [a, b, ...rest]
  expect(agree(members)).toBe(true)
  b.say('secret')
  world.run(500)
  expect(x.texts).not.toContain('secret')
  for (const peer of [a, ...rest]) expect(peer.texts).toContain('secret')
})

test('two members exclude two others at once; one seal, one version', () => {
  const { world, peers } = room(6)
  const [a, b, x, y, ...rest] = peers as [SimPeer, SimPeer, SimPeer, SimPeer, ...SimPeer[]]
  a.exclude([x])
  b.exclude([y])
  world.run(5_000)
  expect(agree([a, b, ...rest])).toBe(true)
  expect(a.state.members.length).toBe(4)
})

test('a leaver is taken off, and told apart from an excluded one', () => {
  const { world, peers } = room(4)
  const [a, b, c, d] = peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  d.leave()
  world.run(5_000)
  expect(agree([a, b, c])).toBe(true)
  expect(a.state.members.length).toBe(3)
  expect(a.seen.some((n) => n.event === 'member' && n.change === 'left' && n.peer === d.id)).toBe(true)
})

test('thirty peers join', () => {
  const { world, peers } = room(30)
  world.run(10_000)
  expect(agree(peers)).toBe(true)
})

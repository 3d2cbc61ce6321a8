import { expect, test } from 'vitest'
import { SlotTable } from '../../packages/protocol/src/group/slots.ts'
import { slotDisagreements } from '../simulation/checkers.ts'
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

test('of several who come at once few make the same slot (SPEC H5)', () => {
  // Six rooms, since it is up to who hears of whom how soon; each has fewer than 512 slots.
  const twice = [1, 3].flatMap((count) => [1, 2, 3].map((seed) => madeTwice(room(count, seed))))
  expect(twice.reduce((a, b) => a + b)).toBeLessThan(130)
})

test('who comes again without its log makes no slot that somebody has who came later (SPEC H5)', () => {
  const { world, peers } = room(4)
  const [first, second, ...others] = peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  second.crash()
  const again = world.peer('again', second.signer)
  again.start({ kind: 'join' })
  for (let passed = 0; passed < 5_000; passed += 100) {
    world.run(100)
    expect(slotDisagreements([first, again, ...others])).toEqual([])
  }
  expect(again.member.unsafeInsideForTests.keys.at(-1)?.slots.size).toBe(128)
})

/** How many slots more are made than there are while five join at once. */
function madeTwice({ world }: { world: World }): number {
  world.faults = { loss: 0, duplication: 0, latencyMs: [50, 200] }
  for (let i = 0; i < 5; i++) world.peer(`n${i}`).start({ kind: 'join' })
  const made = new Set<string>()
  for (let passed = 0; passed < 4_000; passed += 100) {
    world.run(100)
    const keys = world.peers.flatMap(({ member }) => member.unsafeInsideForTests.keys)
    for (const { slots } of keys) for (const [slot, { creator }] of slots) made.add(`${slot} by ${creator}`)
  }
  for (const { member, state } of world.peers) {
    const current = member.unsafeInsideForTests.keys.find(({ version }) => version === state.version)
    expect(current?.slots.size).toBe(128)
  }
  return made.size - new SlotTable(world.group).union(world.peers.map(({ id }) => id)).size
}

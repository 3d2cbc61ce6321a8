import { expect, test } from 'vitest'
import { type Genesis, groupOf } from '../../packages/protocol/src/group/genesis.ts'
import { OPEN_POLICY } from '../../packages/protocol/src/group/policy.ts'
import { SlotTable } from '../../packages/protocol/src/group/slots.ts'
import type { Slot } from '../../packages/protocol/src/ids.ts'
import type { FastSuite } from '../simulation/fast-suite.ts'
import { type SimPeer, World } from '../simulation/world.ts'

/** Few slots, so that one member's do not reach everybody. */
function smallTable(): World {
  return new World(6, { group: (suite) => groupOf(genesisFor(suite), new Uint8Array(32).fill(3), suite) })
}

function genesisFor(suite: FastSuite): Genesis {
  return {
    nonce: new Uint8Array(16).fill(2),
    idSpace: { symbols: 3, radix: 2 },
    suite: suite.number,
    policy: OPEN_POLICY,
    name: 'small',
  }
}

/** Two members of whom the one cannot reach everybody when it excludes the other, though a member it reaches can. */
function pairThatLeavesOut(world: World, peers: readonly SimPeer[]): { author: SimPeer; gone: SimPeer } {
  const table = new SlotTable(world.group)
  const slotsOf = ({ id }: SimPeer): Slot[] => [...table.of(id)]
  for (const author of peers) {
    for (const gone of peers) {
      const clean = (peer: SimPeer): Slot[] => slotsOf(peer).filter((slot) => !table.of(gone.id).has(slot))
      const usable = clean(author)
      const rest = peers.filter((peer) => peer !== author && peer !== gone)
      const reached = rest.filter((peer) => clean(peer).some((slot) => usable.includes(slot)))
      const leftOut = rest.filter((peer) => !reached.includes(peer))
      const canBeRelayed = (peer: SimPeer): boolean =>
        clean(peer).some((slot) => reached.some((other) => table.of(other.id).has(slot)))
      if (author !== gone && leftOut.length > 0 && leftOut.every(canBeRelayed)) return { author, gone }
    }
  }
  throw new Error('everybody reaches everybody')
}

test('a key relay reaches members that the author of a change could not', () => {
  const world = smallTable()
  const peers = Array.from({ length: 8 }, (_, i) => world.peer(`p${i}`))
  for (const [i, peer] of peers.entries()) {
    peer.start(i === 0 ? { kind: 'found' } : { kind: 'join' })
    world.until(() => peer.state.status === 'joined', 10_000, `${peer.label} joins`)
  }
  world.run(15_000)
  const relayed: Uint8Array[] = []
  const replies = world.traffic.get('reply')?.messages ?? 0
  const carryOut = world.carryOut.bind(world)
  world.carryOut = (peer, output) => {
    if (output.kind === 'broadcast' && output.about === 'relay') relayed.push(output.bytes)
    carryOut(peer, output)
  }
  const { author, gone } = pairThatLeavesOut(world, peers)
  const members = peers.filter((peer) => peer !== gone)
  author.exclude([gone])
  world.until(
    () => new Set(members.map(({ state }) => state.version)).size === 1 && author.state.members.length === 7,
    5_000,
    'all agree',
  )
  expect(relayed.length).toBeGreaterThan(0)
  // Nobody had to ask.
  expect((world.traffic.get('reply')?.messages ?? 0) - replies).toBe(0)
})

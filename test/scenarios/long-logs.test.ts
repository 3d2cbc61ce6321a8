/** Logs of many pages (SPEC L19). */
import { expect, test } from 'vitest'
import { whyApart } from '../simulation/checkers.ts'
import { admissionsOf, logOf } from '../simulation/crowd.ts'
import { type SimPeer, World } from '../simulation/world.ts'

/** Members that are on the roster and never turn up. */
function absent(world: World, count: number, name: string): SimPeer[] {
  const peers = Array.from({ length: count }, (_, i) => world.peer(`${name}${i}`))
  for (const peer of peers) peer.alive = false
  return peers
}

test('after a partition two sides come together that share many pages of the log, and each know many others', () => {
  const world = new World(1)
  const peers = Array.from({ length: 4 }, (_, i) => world.peer(`p${i}`))
  const shared = logOf(world, [...peers, ...absent(world, 300, 'all')])
  const sides = [peers.slice(0, 2), peers.slice(2)]
  for (const [i, side] of sides.entries()) {
    const own = admissionsOf(world, { after: shared, by: side, peers: absent(world, 150, `side${i}-`) })
    for (const peer of side) {
      peer.alive = false
      peer.stored.push(...shared, ...own)
      peer.restart()
    }
  }
  world.until(() => whyApart(peers) === undefined, 60_000, 'they agree')
  for (const { state } of peers) expect(state.members.length).toBe(4 + 300 + 2 * 150)
})

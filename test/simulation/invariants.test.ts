/** The invariants by name, each over the same random histories; what they have in common runs once. */
import { isRejection, type PeerId } from '@conclave/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { History, type Outcome } from './history.ts'
import { Random } from './random.ts'
import { type SimPeer, World } from './world.ts'

const HISTORIES = 20

describe(`in ${HISTORIES} histories`, () => {
  let outcomes: Outcome[] = []

  beforeAll(() => {
    outcomes = Array.from({ length: HISTORIES }, (_, i) => new History(1 + i).run())
  })

  function wrong(what: RegExp): string[] {
    return outcomes.flatMap(({ wrong: all }) => all.filter((line) => what.test(line)))
  }

  test('I1 secrecy: nobody outside its sender’s view reads a frame', () => {
    expect(outcomes.reduce((sum, { checked }) => sum + checked, 0)).toBeGreaterThan(500)
    expect(wrong(/^I1.*alone$/)).toEqual([])
  })

  test('I2 coalitions: nor do all of them together', () => {
    expect(wrong(/^I1.*together$/)).toEqual([])
  })

  test('I3 progress: all who remain come to one version and hear each other', () => {
    expect(wrong(/^I3/)).toEqual([])
  })

  test('I4 agreement: one reference is one key', () => {
    expect(wrong(/^I4/)).toEqual([])
  })

  test('I5 order-free: any order of delivery gives one roster', () => {
    expect(wrong(/^I5/)).toEqual([])
  })

  test('I6 uniqueness: no key and nonce serve twice', () => {
    expect(wrong(/^I6/)).toEqual([])
  })

  test('I7 bounds: nothing grows beyond its cap, and quiet rooms are quiet', () => {
    expect(wrong(/^I7/)).toEqual([])
  })

  test('I8 cause: whoever is in or out is so by a signed operation', () => {
    expect(wrong(/^I8/)).toEqual([])
  })
})

/** Cut short, bits flipped, or lengthened. */
function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const how = random.below(3)
  if (how === 0) return bytes.slice(0, random.below(bytes.length))
  if (how === 1) return Uint8Array.of(...bytes, random.below(256))
  const at = random.below(bytes.length)
  return bytes.map((byte, i) => (i === at ? byte ^ (1 << random.below(8)) : byte))
}

test('I10 no crash: damaged, replayed and misdirected frames are refused with a reason, and the room goes on', () => {
  const world = new World(10)
  const random = new Random(10)
  const seen: Uint8Array[] = []
  world.filter = ({ bytes }) => seen.push(bytes) > 0
  const peers = Array.from({ length: 4 }, (_, i) => world.peer(`p${i}`))
  for (const [i, peer] of peers.entries()) {
    peer.start(i === 0 ? { kind: 'found' } : { kind: 'join' })
    world.until(() => peer.isJoined, 10_000, `${peer.label} joins`)
  }
  for (let round = 0; round < 3_000; round++) {
    const bytes = random.pick(seen)
    const peer = random.pick(peers)
    if (bytes === undefined || peer === undefined) continue
    throwAt(peer, random.chance(0.7) ? damaged(bytes, random) : bytes, random.pick(peers)?.id)
    if (random.chance(0.1)) world.run(random.below(500))
  }
  world.run(10_000)
  peers[0]?.say('still here')
  world.run(1_000)
  for (const peer of peers.slice(1)) expect(peer.texts).toContain('still here')
})

function throwAt(peer: SimPeer, bytes: Uint8Array, from: PeerId | undefined): void {
  const screened = peer.member.screen({ bytes, from: from ?? peer.id }, 0)
  if (isRejection(screened)) expect(screened.detail).not.toBe('')
  peer.receive(bytes, from ?? peer.id)
}

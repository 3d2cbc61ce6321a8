import type { OperationId, PeerId } from '@conclave/protocol'
import { expect, test } from 'vitest'
import { Archive, type Haul } from '../simulation/archive.ts'
import { Coalition } from '../simulation/attacker.ts'
import { type SimPeer, World } from '../simulation/world.ts'

/** What a member holds at this moment, as somebody who takes its memory would find it. */
function memoryOf(peer: SimPeer): Map<OperationId, Haul> {
  const memory = new Map<OperationId, Haul>()
  for (const keys of peer.member.unsafeInsideForTests.keys) {
    memory.set(keys.version, {
      chain: keys.chain.slice(),
      ...(keys.secret && { secret: keys.secret.slice() }),
      teks: new Map([...keys.heldTeks].map(([revision, tek]) => [revision, tek.slice()])),
      keks: new Map([...keys.slots].map(([slot, { kek }]) => [slot, [kek.slice()]])),
    })
  }
  return memory
}

test('I9 forward secrecy: the memory of a running member opens nothing under keys replaced two minutes ago', () => {
  const world = new World(21)
  const archive = new Archive(world)
  const peers = Array.from({ length: 4 }, (_, i) => world.peer(`p${i}`))
  for (const [i, peer] of peers.entries()) {
    peer.start(i === 0 ? { kind: 'found' } : { kind: 'join' })
    world.until(() => peer.state.status === 'joined', 10_000, `${peer.label} joins`)
  }
  world.run(10_000)
  const [a, b, , x] = peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  a.say('under the first version')
  world.run(1_000)
  a.exclude([x])
  world.run(5_000)
  a.say('under revision 0')
  world.run(1_000)
  const newcomer = world.peer('newcomer')
  newcomer.start({ kind: 'join' })
  world.until(() => newcomer.state.status === 'joined', 10_000, 'a newcomer joins')
  world.run(125_000)
  const chats = archive.sent.filter(({ about }) => about === 'chat')
  b.say('now')
  world.run(1_000)
  const now = archive.sent.filter(({ about }) => about === 'chat').at(-1)

  const memory = memoryOf(b)
  const thief = new Coalition(
    { world, operations: archive.operations, relayed: archive.relayed, haulOf: (_peer: PeerId) => memory },
    [b.id],
  )
  expect(chats.length).toBe(2)
  expect(chats.filter(({ frame }) => thief.reads(frame))).toEqual([])
  // It is the member's memory all right: what is said now it reads.
  expect(now && thief.reads(now.frame)).toBe(true)
})

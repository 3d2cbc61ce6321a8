/** What is found in a member's memory by somebody who breaks in once, and what follows from it. */
import type { OperationId, PeerId } from '@conclave/protocol'
import type { Archive, Haul } from '../simulation/archive.ts'
import { Coalition } from '../simulation/attacker.ts'
import type { SimPeer } from '../simulation/world.ts'

/** What a member holds at this moment, as somebody who takes its memory would find it. */
export function memoryOf(peer: SimPeer): Map<OperationId, Haul> {
  const memory = new Map<OperationId, Haul>()
  for (const keys of peer.member.unsafeInsideForTests.keys) {
    memory.set(keys.version, {
      chain: keys.chain.slice(),
      ...(keys.secret && { secret: keys.secret.slice() }),
      teks: new Map([...keys.heldTeks].map(([revision, tek]) => [revision, tek.slice()])),
      keks: new Map([...keys.slots].map(([slot, { kek }]) => [slot, [kek.slice()]])),
    })
  }
  for (const [generation, path] of peer.member.unsafeInsideForTests.paths) {
    const haul = memory.get(generation) ?? { teks: new Map(), keks: new Map() }
    memory.set(generation, { ...haul, paths: [path] })
  }
  return memory
}

/** Who has that memory, and everything that everybody sent or will send, but breaks in no more. */
export function thiefOf(archive: Archive, owner: PeerId, memory: ReadonlyMap<OperationId, Haul>): Coalition {
  const { world, operations, relayed } = archive
  return new Coalition({ world, operations, relayed, haulOf: () => memory }, [owner])
}

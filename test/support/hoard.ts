/** What one spy on a real network has: every operation and every key its member ever held, for the attacker closure. */
import type { OperationId, PeerId } from '@conclave/protocol'
import type { Haul } from '../simulation/archive.ts'
import type { Hoard } from '../simulation/attacker.ts'
import type { Operation } from '../../packages/protocol/src/log/operation.ts'
import type { Spy } from './spy.ts'

/** Keeps copying what the spy's member holds, from now on, also what it erases later. */
export function hoardOf(spy: Spy): Hoard {
  const haul = new Map<OperationId, Haul>()
  const operations = new Map<OperationId, { operation: Operation }>()
  spy.onStep = () => {
    const { log, keys } = spy.member.unsafeInsideForTests
    for (const { operation } of log.entries) operations.set(operation.id, { operation })
    for (const held of keys) {
      const entry: Haul = haul.get(held.version) ?? { teks: new Map(), keks: new Map() }
      haul.set(held.version, entry)
      entry.chain ??= held.chain.slice()
      if (held.secret) entry.secret ??= held.secret.slice()
      for (const [revision, tek] of held.heldTeks)
        if (!entry.teks.has(revision)) entry.teks.set(revision, tek.slice())
      for (const [slot, { kek }] of held.slots) if (!entry.keks.has(slot)) entry.keks.set(slot, [kek.slice()])
    }
  }
  return { world: { group: spy.group }, operations, haulOf: (_peer: PeerId) => haul }
}

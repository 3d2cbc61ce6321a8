/** Who gives and makes the keys of slots in a generation: their owners, or its manager alone (SPEC K11, V3). */
import type { SlotTable } from '../group/slots.ts'
import type { AdmissionId, PeerId, Slot } from '../ids.ts'
import type { MembershipLog } from '../log/membership-log.ts'
import { managementOf } from '../log/management.ts'
import { admitted, type Entry, isAdmitting } from '../log/roster.ts'

/** Whether members may take keys of a version's slots from a peer. */
export function givesSlots(version: Entry, peer: PeerId): boolean {
  const management = managementOf(version)
  return management === undefined || (management.scheme === 'centralized-flat' && management.manager === peer)
}

/**
 * Whether a peer takes a slot's key: it owns the slot, and so do who gives the key and who made it. The manager of a
 * generation counts as owner of every slot, and nobody else gives or makes any.
 */
export function maySlotPass(
  version: Entry,
  { slot, maker, from, to }: { slot: Slot; maker: AdmissionId; from: PeerId; to: PeerId },
  { log, table }: { log: MembershipLog; table: SlotTable },
): boolean {
  if (!table.of(to).has(slot) || !givesSlots(version, from)) return false
  const management = managementOf(version)
  if (management) return maker === management.admission
  const made = log.get(maker)
  return (
    made !== undefined &&
    isAdmitting(made) &&
    [admitted(made), from].every((peer) => table.of(peer).has(slot))
  )
}

/** IDs of a stand-alone flat table: assigned by its manager, or made from a peer's key (paper §3.3 Join; SPEC N2). */
import type { IdSpace } from '../group/genesis.ts'
import { slotAt, type SlotTable } from '../group/slots.ts'
import type { PeerId, Slot } from '../ids.ts'

/** The slots of one ID: one value in each of its positions. */
export type Row = readonly Slot[]

/** Which positions of the table IDs have here: all by default, fewer where groups are to be merged into one table. */
export interface Part {
  readonly base: number
  readonly width: number
}

/** The row of a number, its least significant symbol in the first position: bit `i` with value `v` is the paper's `i.v`. */
export function assignedRow(id: number, part: Part, radix: number): Row {
  return Array.from({ length: part.width }, (_, i) =>
    slotAt(part.base + i, Math.floor(id / radix ** i) % radix, radix),
  )
}

/** The row that a peer's ID has in every room of this group (SPEC S2), as far as the part goes. */
export function derivedRow(
  peer: PeerId,
  table: SlotTable,
  { part, radix }: { part: Part; radix: number },
): Row {
  const row = [...table.of(peer)].filter((slot) => slot < part.width * radix)
  return moved(row, part.base * radix)
}

/** The same slots at another place of a table. */
export function moved(row: Row, by: number): Row {
  return row.map((slot) => (slot + by) as Slot)
}

/** How many IDs a part has room for. */
export function capacity({ width }: Part, { radix }: IdSpace): number {
  return radix ** width
}

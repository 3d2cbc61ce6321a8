/** Which slots reach everybody in a table, when nobody knows who that is (paper §3.3 Leave; SPEC N3). */
import type { Slot } from '../ids.ts'
import type { Part } from './ids.ts'

export interface Table {
  readonly radix: number
  /** Groups that were merged have a part each. */
  readonly parts: readonly Part[]
  /** Every slot that has a key: nobody's ID has another one. */
  readonly made: Iterable<Slot>
}

/**
 * Of each part a position all of whose slots are usable, since everybody there has one of them; where a slot of every
 * position is tainted, all usable ones, since an ID may have any one of them alone.
 */
export function reachOf({ radix, parts, made }: Table, usable: readonly Slot[]): Slot[] {
  const open = new Set(usable)
  const positions = Map.groupBy(made, (slot) => Math.floor(slot / radix))
  const chosen = parts.flatMap(({ base, width }) => {
    const own = [...positions].filter(([i]) => i >= base && i < base + width).map(([, slots]) => slots)
    const whole = own.filter((slots) => slots.every((slot) => open.has(slot)))
    const [fewest] = whole.sort((a, b) => a.length - b.length)
    return fewest ?? own.flat().filter((slot) => open.has(slot))
  })
  return chosen.sort((a, b) => a - b)
}

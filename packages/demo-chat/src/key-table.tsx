/** The flat table as a picture: a column a symbol of the ID, a cell a slot; the row of one member stands out. */
import type { KeyTable } from '@conclave/node'
import { useMemo, useState } from 'preact/hooks'
import { nameShown } from './person.tsx'
import { PersonPicker } from './person-picker.tsx'
import type { RoomLog } from './room-log.ts'
import { t } from './words/language.ts'

/** Columns a line of the picture, so that it fits beside a conversation. */
const COLUMNS_A_LINE = 32
const CELL = 9
const GAP = 1
const LINE_GAP = 6

interface Cell {
  slot: number
  x: number
  y: number
  /** How many members hold it. */
  holders: number
  kind: 'own' | 'shared' | 'empty'
  isTainted: boolean
}

export function KeyTablePicture({ log }: { log: RoomLog }) {
  const { version, members } = log.state
  const [whose, setWhose] = useState(log.room.self)
  const table = useMemo(() => log.room.records.table, [log.room, version, members])
  const { cells, height } = useMemo(() => cellsOf(table, whose), [table, whose])
  const width = COLUMNS_A_LINE * (CELL + GAP)
  return (
    <figure class="table-picture">
      <label class="inline-label">
        {t.keys.rowOf}
        <PersonPicker people={log.members} picked={whose} onPick={setWhose} />
      </label>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t.keys.tableLabel(table.symbols, table.radix)}
      >
        {cells.map((cell) => (
          <rect
            key={cell.slot}
            class={`cell cell-${cell.kind}${cell.isTainted ? ' cell-tainted' : ''}`}
            x={cell.x}
            y={cell.y}
            width={CELL}
            height={CELL}
            rx={1.5}
          >
            <title>{cellWords(cell, table)}</title>
          </rect>
        ))}
      </svg>
      <ul class="legend">
        <Legend kind="own" text={nameShown(log.nameOf(whose))} />
        <Legend kind="shared" text={t.keys.shared} />
        <Legend kind="empty" text={t.keys.empty} />
        <Legend kind="tainted" text={t.keys.tainted} />
      </ul>
      <figcaption class="muted hint">{t.keys.tableHint}</figcaption>
    </figure>
  )
}

function Legend({ kind, text }: { kind: string; text: string }) {
  return (
    <li>
      <span class={`legend-cell legend-${kind}`} aria-hidden="true" />
      {text}
    </li>
  )
}

function cellWords({ slot, holders, isTainted }: Cell, { radix }: KeyTable): string {
  const where = t.keys.slot(Math.floor(slot / radix) + 1, slot % radix)
  return `${where}: ${t.keys.held(holders)}${isTainted ? `, ${t.keys.tainted}` : ''}`
}

function cellsOf(
  { symbols, radix, rows, tainted }: KeyTable,
  whose: string,
): { cells: Cell[]; height: number } {
  const holders = new Map<number, number>()
  for (const row of rows.values()) {
    row.forEach((symbol, column) => {
      const slot = column * radix + symbol
      holders.set(slot, (holders.get(slot) ?? 0) + 1)
    })
  }
  const own = rows.get(whose) ?? []
  const taint = new Set(tainted)
  const lineHeight = radix * (CELL + GAP) + LINE_GAP
  const cells = Array.from({ length: symbols * radix }, (_, slot) => {
    const column = Math.floor(slot / radix)
    const symbol = slot % radix
    const count = holders.get(slot) ?? 0
    const kind =
      own[column] === symbol ? ('own' as const) : count > 0 ? ('shared' as const) : ('empty' as const)
    return {
      slot,
      x: (column % COLUMNS_A_LINE) * (CELL + GAP),
      y: Math.floor(column / COLUMNS_A_LINE) * lineHeight + symbol * (CELL + GAP),
      holders: count,
      kind,
      isTainted: taint.has(slot),
    }
  })
  return { cells, height: Math.ceil(symbols / COLUMNS_A_LINE) * lineHeight }
}

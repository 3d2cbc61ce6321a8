/** Who makes the keys: everybody, or one member with a table or a tree. */
import type { Scheme } from '@conclave/node'
import { useState } from 'preact/hooks'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { PersonPicker } from './person-picker.tsx'
import type { RoomLog } from './room-log.ts'
import { t } from './words/language.ts'

const SCHEMES = ['distributed-flat', 'centralized-flat', 'centralized-tree'] as const

export function SchemeDialog({ log, onClose }: { log: RoomLog; onClose: () => void }) {
  const { room, members, state } = log
  const [to, setTo] = useState<Scheme>(state.scheme)
  const [manager, setManager] = useState(state.manager ?? room.self)
  const isManaged = to !== 'distributed-flat'
  const isChange = to !== state.scheme || (isManaged && manager !== state.manager)
  return (
    <ConfirmDialog
      {...t.scheme}
      isReady={isChange}
      act={() => room.transition({ to, ...(isManaged && { manager }) })}
      onClose={onClose}
    >
      <fieldset class="picks">
        <legend class="hidden">{t.scheme.title}</legend>
        {SCHEMES.map((scheme) => (
          <label key={scheme} class="check choice">
            <input type="radio" name="scheme" checked={to === scheme} onChange={() => setTo(scheme)} />
            <span class="row-what">
              <span>
                <strong>{t.scheme.names[scheme]}</strong>
                {scheme === state.scheme && <span class="badge">{t.scheme.current}</span>}
              </span>
              <small>{t.scheme.explained[scheme]}</small>
            </span>
          </label>
        ))}
      </fieldset>
      {isManaged && (
        <label>
          {t.scheme.manager}
          <PersonPicker people={members} picked={manager} onPick={setManager} />
        </label>
      )}
    </ConfirmDialog>
  )
}

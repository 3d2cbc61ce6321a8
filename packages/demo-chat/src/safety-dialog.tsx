/** A number that two, or all, compare by another way: if it is the same, nobody has put themselves between them. */
import { useState } from 'preact/hooks'
import { isCompared, markCompared } from './compared.ts'
import { Dialog } from './dialog.tsx'
import { CheckIcon } from './icons.tsx'
import { nameShown } from './person.tsx'
import type { RoomLog } from './room-log.ts'
import { t } from './words/language.ts'

interface SafetyDialogProps {
  log: RoomLog
  /** Absent: for the whole room. */
  peer?: string
  onClose: () => void
}

export function SafetyDialog({ log, peer, onClose }: SafetyDialogProps) {
  const { self } = log.room
  const [compared, setCompared] = useState(peer !== undefined && isCompared(self, peer))
  const toggle = (): void => {
    if (peer === undefined) return
    markCompared(self, peer, !compared)
    setCompared(!compared)
  }
  const number = numberOf(log, peer)
  return (
    <Dialog
      title={peer === undefined ? t.safety.group : t.safety.pair(nameShown(log.nameOf(peer)))}
      onClose={onClose}
    >
      <div class="stack">
        <p>{peer === undefined ? t.safety.groupLead : t.safety.pairLead}</p>
        {number === undefined ? (
          <p class="warning">{t.safety.unavailable}</p>
        ) : (
          <p class="number" data-number={number.replaceAll(/\D/gu, '')}>
            {number}
          </p>
        )}
        {compared && (
          <p>
            <span class="badge badge-compared">
              <CheckIcon />
              {t.members.compared}
            </span>
          </p>
        )}
        <span class="choices">
          {peer !== undefined && number !== undefined && (
            <button type="button" onClick={toggle} aria-pressed={compared}>
              {compared ? t.safety.unmark : t.safety.mark}
            </button>
          )}
          <button type="button" class="primary" autofocus onClick={onClose}>
            {t.button.done}
          </button>
        </span>
      </div>
    </Dialog>
  )
}

/** In groups of five, as they are read aloud. */
function numberOf({ room }: RoomLog, peer: string | undefined): string | undefined {
  try {
    const digits = room.safetyNumber(peer).replaceAll(/\s/gu, '')
    return (digits.match(/.{1,5}/gu) ?? []).join(' ')
  } catch {
    return undefined
  }
}

/** Asking a member for what was said before, and handing it on unasked. */
import { useState } from 'preact/hooks'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { nameShown } from './person.tsx'
import { PersonPicker } from './person-picker.tsx'
import type { RoomLog } from './room-log.ts'
import { t } from './words/language.ts'

interface DialogProps {
  log: RoomLog
  onClose: () => void
}

export function AskEarlierDialog({ log, onClose }: DialogProps) {
  const others = log.othersOnline
  const [whom, setWhom] = useState(others[0]?.peer ?? '')
  return (
    <ConfirmDialog
      {...t.earlier}
      isReady={whom !== ''}
      act={() => log.earlier.ask(whom, log.nameOf(whom))}
      onClose={onClose}
    >
      <label>
        {t.earlier.whom}
        <PersonPicker people={others} picked={whom} onPick={setWhom} />
      </label>
    </ConfirmDialog>
  )
}

interface HandOnDialogProps extends DialogProps {
  peer: string
  name: string
}

export function HandOnDialog({ log, peer, name, onClose }: HandOnDialogProps) {
  return (
    <ConfirmDialog
      title={t.earlier.ownTitle}
      what={t.earlier.own(nameShown(name))}
      action={t.earlier.handOn}
      running={t.earlier.ownRunning}
      act={() => log.earlier.handOn(peer)}
      onClose={onClose}
    />
  )
}

/** Excluding others: whom, what it does, and the reason that everybody will see. */
import { useState } from 'preact/hooks'
import { clampField } from './clamp.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { PickMembers } from './pick-members.tsx'
import type { RoomLog } from './room-log.ts'
import { t } from './words/language.ts'

/** UTF-8 bytes, the protocol's limit. */
const REASON_MAX = 256

interface ExcludeDialogProps {
  log: RoomLog
  peers: readonly string[]
  onClose: () => void
}

export function ExcludeDialog({ log, peers, onClose }: ExcludeDialogProps) {
  const { room } = log
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set(peers))
  const [reason, setReason] = useState('')
  const [isBan, setBan] = useState(false)
  const act = async (): Promise<void> => {
    await room.exclude([...picked], reason.trim())
    if (isBan) for (const peer of picked) await room.ban(peer)
  }
  return (
    <ConfirmDialog
      title={t.exclude.title}
      what={t.exclude.what}
      action={t.exclude.action}
      running={t.exclude.running}
      isDangerous
      isReady={picked.size > 0 && reason.trim() !== ''}
      act={act}
      onClose={onClose}
    >
      <PickMembers
        legend={t.exclude.whom}
        members={log.members.filter(({ peer }) => peer !== room.self)}
        picked={picked}
        onPick={setPicked}
      />
      <label>
        {t.exclude.reason}
        <input
          value={reason}
          required
          autofocus
          autocomplete="off"
          onInput={(event) => setReason(clampField(event.currentTarget, REASON_MAX))}
        />
        <small>{t.exclude.seen}</small>
      </label>
      {room.records.rights.admit && (
        <div class="stack-tight">
          <label class="check">
            <input
              type="checkbox"
              checked={isBan}
              onChange={(event) => setBan(event.currentTarget.checked)}
            />
            {t.exclude.ban}
          </label>
          <small>{t.exclude.banHint}</small>
        </div>
      )}
    </ConfirmDialog>
  )
}

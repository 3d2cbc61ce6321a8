/** What the room's menu offers: each says what it does before it does it. */
import { useState } from 'preact/hooks'
import { clampField } from './clamp.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { nameShown } from './person.tsx'
import { PickMembers } from './pick-members.tsx'
import type { RoomLog } from './room-log.ts'
import type { Room } from './room.ts'
import { t } from './words/language.ts'

/** An invite is shorter; this bounds what is pasted. */
const INVITE_MAX = 16_384

interface DialogProps {
  log: RoomLog
  onClose: () => void
}

/** Leaving the room oneself, which is more than closing the tab. */
export function LeaveDialog({ leave, onClose }: { leave: () => Promise<void>; onClose: () => void }) {
  return <ConfirmDialog {...t.leave} isDangerous cancel={t.leave.stay} act={leave} onClose={onClose} />
}

export function RefreshDialog({ log, onClose }: DialogProps) {
  return <ConfirmDialog {...t.refresh} act={() => log.room.refresh()} onClose={onClose} />
}

export function SplitDialog({ log, onClose }: DialogProps) {
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  return (
    <ConfirmDialog
      {...t.split}
      isReady={picked.size > 0}
      act={() => log.room.split([...picked])}
      onClose={onClose}
    >
      <PickMembers
        legend={t.split.whom}
        members={log.members.filter(({ peer }) => peer !== log.room.self)}
        picked={picked}
        onPick={setPicked}
      />
    </ConfirmDialog>
  )
}

export function MergeDialog({ log, onClose }: DialogProps) {
  const [invite, setInvite] = useState('')
  return (
    <ConfirmDialog
      {...t.merge}
      isReady={invite.trim() !== ''}
      act={() => log.room.merge(invite.trim())}
      onClose={onClose}
    >
      <label>
        {t.merge.invite}
        <input
          value={invite}
          required
          autofocus
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setInvite(clampField(event.currentTarget, INVITE_MAX))}
        />
      </label>
    </ConfirmDialog>
  )
}

export function DestroyDialog({ log, onClose }: DialogProps) {
  const [isSure, setSure] = useState(false)
  return (
    <ConfirmDialog
      {...t.destroy}
      isDangerous
      isReady={isSure}
      act={() => log.room.destroy()}
      onClose={onClose}
    >
      <label class="check">
        <input type="checkbox" checked={isSure} onChange={(event) => setSure(event.currentTarget.checked)} />
        {t.destroy.confirm}
      </label>
    </ConfirmDialog>
  )
}

interface VoteDialogProps extends DialogProps {
  peer: string
  name: string
}

export function VoteDialog({ log, peer, name, onClose }: VoteDialogProps) {
  return (
    <ConfirmDialog
      {...t.vote}
      what={t.vote.what(nameShown(name), quorumOf(log.room))}
      isDangerous
      act={() => log.room.vote(peer)}
      onClose={onClose}
    />
  )
}

function quorumOf(room: Room): number {
  return room.state.policy.quorum
}

/** Excluding somebody else: says what it does, and asks for the reason that everybody will see. */
import { useState } from 'preact/hooks'
import { clampField } from './clamp.ts'
import { Dialog, Problem } from './dialog.tsx'
import { PersonName } from './person.tsx'
import type { Room } from './room.ts'
import { harmlessName } from './text.ts'
import { useTask } from './use-task.ts'

/** UTF-8 bytes, the protocol's limit. */
const REASON_MAX = 256

interface ExcludeDialogProps {
  room: Room
  peer: string
  name: string
  onClose: () => void
}

export function ExcludeDialog({ room, peer, name, onClose }: ExcludeDialogProps) {
  const [reason, setReason] = useState('')
  const task = useTask(() => room.exclude([peer], reason.trim()), onClose)
  const submit = (event: Event): void => {
    event.preventDefault()
    task.run()
  }
  return (
    <Dialog title="Exclude a member" onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <p>
          <PersonName peer={peer} name={name} /> will be removed from the room. New keys are made at once, so
          nothing said afterwards can be read by them. Invite links that they made or used stop working.
        </p>
        <label>
          Reason
          <input
            value={reason}
            required
            autofocus
            autocomplete="off"
            onInput={(event) => setReason(clampField(event.currentTarget, REASON_MAX))}
          />
          <small>Everybody in the room and {harmlessName(name)} will see it.</small>
        </label>
        <Problem text={task.problem} />
        <span class="choices">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button class="primary danger" disabled={task.running || reason.trim() === ''}>
            {task.running ? 'Excluding…' : 'Exclude from the room'}
          </button>
        </span>
      </form>
    </Dialog>
  )
}

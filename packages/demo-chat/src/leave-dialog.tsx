/** Leaving the room oneself, which is more than closing the tab. */
import { Dialog, Problem } from './dialog.tsx'
import { useTask } from './use-task.ts'
import type { Visit } from './visit.ts'

export function LeaveDialog({ visit, onClose }: { visit: Visit; onClose: () => void }) {
  const task = useTask(() => visit.leave(), onClose)
  return (
    <Dialog title="Leave the room?" onClose={onClose}>
      <div class="stack">
        <p>
          You give up your own membership. The others make new keys, and you need an invite to come back. If
          you only want to be away, close the tab: you stay a member and are shown as offline.
        </p>
        <Problem text={task.problem} />
        <span class="choices">
          <button type="button" autofocus onClick={onClose}>
            Stay
          </button>
          <button type="button" class="primary" disabled={task.running} onClick={task.run}>
            {task.running ? 'Leaving…' : 'Leave the room'}
          </button>
        </span>
      </div>
    </Dialog>
  )
}

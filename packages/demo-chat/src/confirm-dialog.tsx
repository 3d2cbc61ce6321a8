/** A question before something that cannot be undone by a click: what it does, and the words for doing it. */
import type { ComponentChildren } from 'preact'
import { Dialog, Problem } from './dialog.tsx'
import { useTask } from './use-task.ts'
import { t } from './words/language.ts'

interface ConfirmDialogProps {
  title: string
  what: string
  action: string
  running: string
  isDangerous?: boolean
  /** Whether all that is asked for was given. */
  isReady?: boolean
  /** The word for not doing it. */
  cancel?: string
  act: () => Promise<unknown>
  onClose: () => void
  children?: ComponentChildren
}

export function ConfirmDialog({ act, onClose, isReady = true, ...props }: ConfirmDialogProps) {
  const task = useTask(async () => {
    await act()
  }, onClose)
  const submit = (event: Event): void => {
    event.preventDefault()
    if (isReady && !task.running) task.run()
  }
  return (
    <Dialog title={props.title} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <p>{props.what}</p>
        {props.children}
        <Problem text={task.problem} />
        <span class="choices">
          <button type="button" onClick={onClose}>
            {props.cancel ?? t.button.cancel}
          </button>
          <button
            class={props.isDangerous ? 'primary danger' : 'primary'}
            disabled={task.running || !isReady}
          >
            {task.running ? props.running : props.action}
          </button>
        </span>
      </form>
    </Dialog>
  )
}

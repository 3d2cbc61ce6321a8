/** A modal question. The browser's own dialog element keeps the focus inside and closes on Escape. */
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { t } from './words/language.ts'

interface DialogProps {
  title: string
  isWide?: boolean
  onClose: () => void
  children: ComponentChildren
}

export function Dialog({ title, isWide = false, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useLayoutEffect(() => {
    const element = dialog.current
    // Whoever opened it gets the focus back when the element is removed only if it was closed first.
    element?.showModal()
    return () => element?.close()
  }, [])
  // Before it closes: the browser tells that it did only when it has time, and the next dialog may stand there by then.
  const onCancel = (event: Event): void => {
    // A choice of files that was cancelled tells so, too.
    if (event.target === dialog.current) onClose()
  }
  return (
    <dialog ref={dialog} class={isWide ? 'wide' : ''} aria-labelledby={titleId} onCancel={onCancel}>
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  )
}

/** A line that something went wrong, announced at once. */
export function Problem({ text, onDismiss }: { text: string | undefined; onDismiss?: () => void }) {
  return (
    <div role="alert" class="problem-place">
      {text !== undefined && (
        <p class="problem">
          <span>{text}</span>
          {onDismiss && (
            <button type="button" class="quiet" onClick={onDismiss}>
              {t.button.dismiss}
            </button>
          )}
        </p>
      )}
    </div>
  )
}

/** What a button opens beside itself: it takes the focus, and closes at Escape and at a click elsewhere. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

/** `first`: selects what gets the focus in it. */
export function usePopover(first: string) {
  const [isOpen, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const opener = useRef<HTMLButtonElement>(null)
  // At once: later it would take the focus from whatever was done meanwhile.
  useLayoutEffect(() => {
    if (!isOpen) return
    root.current?.querySelector<HTMLElement>(first)?.focus()
    const onPointer = (event: Event): void => {
      // Inside of a shadow tree the target is its host, so the path is what counts.
      if (root.current !== null && !event.composedPath().includes(root.current)) setOpen(false)
    }
    document.addEventListener('pointerdown', onPointer)
    return () => document.removeEventListener('pointerdown', onPointer)
  }, [isOpen])
  /** Closes it, and gives the focus back. */
  const close = (): void => {
    setOpen(false)
    opener.current?.focus()
  }
  return { isOpen, setOpen, root, opener, close }
}

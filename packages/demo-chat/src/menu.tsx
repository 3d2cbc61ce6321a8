/** A button that opens a list of actions: arrow keys move in it, Escape and a click elsewhere close it. */
import { Fragment, type ComponentChildren } from 'preact'
import { usePopover } from './popover.ts'

export interface MenuItem {
  label: string
  onChoose: () => void
  isDangerous?: boolean
  /** Whether a line sets it and those after it apart from those before. */
  startsGroup?: boolean
}

interface MenuProps {
  label: string
  items: readonly MenuItem[]
  children: ComponentChildren
}

export function Menu({ label, items, children }: MenuProps) {
  const { isOpen, setOpen, root, opener, close } = usePopover('[role=menuitem]')
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.key === 'Escape') close()
    else if (event.key === 'Tab') setOpen(false)
    else if (step !== undefined) {
      event.preventDefault()
      move(root.current, event.target, step)
    }
  }
  return (
    <div class="menu" ref={root}>
      <button
        ref={opener}
        type="button"
        class="quiet icon-button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={label}
        title={label}
        onClick={() => setOpen(!isOpen)}
      >
        {children}
      </button>
      {isOpen && (
        <div class="menu-list" role="menu" aria-label={label} onKeyDown={onKeyDown}>
          {items.map((item) => (
            <Fragment key={item.label}>
              {item.startsGroup && <hr />}
              <button
                type="button"
                role="menuitem"
                tabIndex={-1}
                class={item.isDangerous ? 'dangerous' : ''}
                onClick={() => {
                  close()
                  item.onChoose()
                }}
              >
                {item.label}
              </button>
            </Fragment>
          ))}
        </div>
      )}
    </div>
  )
}

function itemsIn(root: HTMLElement | null): HTMLElement[] {
  return [...(root?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])]
}

function move(root: HTMLElement | null, from: EventTarget | null, step: number): void {
  const items = itemsIn(root)
  const at = items.findIndex((item) => item === from)
  items[(at + step + items.length) % items.length]?.focus()
}

/** The field to write into. Enter sends, Shift and Enter make a new line; a draft survives being offline. */
import { useEffect, useId, useRef } from 'preact/hooks'
import { SendIcon } from './icons.tsx'

/** The protocol's limit of one chat message. */
const MESSAGE_MAX_BYTES = 16 * 1024
const utf8 = new TextEncoder()

interface ComposerProps {
  draft: string
  /** Whether a message could be sent now. */
  ready: boolean
  onDraft: (draft: string) => void
  onSend: (text: string) => void
}

export function Composer({ draft, ready, onDraft, onSend }: ComposerProps) {
  const hintId = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    // On a phone the focus would push the conversation away with the keyboard.
    if (matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [])
  const excess = utf8.encode(draft).length - MESSAGE_MAX_BYTES
  const sendable = ready && excess <= 0 && draft.trim() !== ''
  const send = (event: Event): void => {
    event.preventDefault()
    if (!sendable) return
    onDraft('')
    onSend(draft.trim())
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter picks a word.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) send(event)
  }
  return (
    <form class="composer" onSubmit={send}>
      <textarea
        ref={field}
        rows={1}
        value={draft}
        aria-label="Message"
        aria-describedby={hintId}
        placeholder="Write a message"
        onInput={(event) => onDraft(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button class="primary send" disabled={!sendable} aria-label="Send" title="Send">
        <SendIcon />
      </button>
      <p id={hintId} class={excess > 0 ? 'warning' : 'hidden'}>
        {excess > 0
          ? `Too long by ${excess} bytes. Shorten it, or send it in parts.`
          : 'Enter sends, Shift and Enter make a new line.'}
      </p>
    </form>
  )
}

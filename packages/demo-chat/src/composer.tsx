/** The field to write into. Enter sends, Shift and Enter make a new line; a draft survives being offline. */
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { EmojiPicker } from './emoji-picker.tsx'
import { ClipIcon, CloseIcon, SendIcon } from './icons.tsx'
import { t } from './words/language.ts'

/** The protocol's limit of one chat message. */
const MESSAGE_MAX_BYTES = 16 * 1024
const utf8 = new TextEncoder()

interface ComposerProps {
  draft: string
  /** What is being replied to, as it will be quoted. */
  quote: string | undefined
  /** Whether a message could be sent now. */
  ready: boolean
  onDraft: (draft: string) => void
  onSend: (text: string) => void
  onNoReply: () => void
  /** Absent where no files can be sent. */
  onFiles: ((files: readonly File[]) => void) | undefined
}

export function Composer({ draft, quote, ready, onDraft, onSend, onNoReply, onFiles }: ComposerProps) {
  const hintId = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    // On a phone the focus would push the conversation away with the keyboard.
    if (quote !== undefined || matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [quote])
  const excess = utf8.encode(draft).length + utf8.encode(quote ?? '').length - MESSAGE_MAX_BYTES
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
    else if (event.key === 'Escape') onNoReply()
  }
  const onPaste = (event: ClipboardEvent): void => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (files.length === 0 || onFiles === undefined) return
    event.preventDefault()
    onFiles(files)
  }
  const insert = (text: string): void => {
    const element = field.current
    const at = element?.selectionStart ?? draft.length
    onDraft(draft.slice(0, at) + text + draft.slice(element?.selectionEnd ?? at))
    element?.focus()
  }
  return (
    <form class="composer" onSubmit={send}>
      {quote !== undefined && <ReplyBar quote={quote} onNoReply={onNoReply} />}
      <EmojiPicker onPick={insert} />
      {onFiles && <AttachButton onFiles={onFiles} />}
      <textarea
        ref={field}
        rows={1}
        value={draft}
        aria-label={t.chat.message}
        aria-describedby={hintId}
        placeholder={t.chat.placeholder}
        onInput={(event) => onDraft(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <button class="primary send" disabled={!sendable} aria-label={t.chat.send} title={t.chat.send}>
        <SendIcon />
      </button>
      <p id={hintId} class={excess > 0 ? 'warning' : 'hidden'}>
        {excess > 0 ? t.chat.tooLong(excess) : t.chat.keys}
      </p>
    </form>
  )
}

function ReplyBar({ quote, onNoReply }: { quote: string; onNoReply: () => void }) {
  return (
    <div class="reply-bar">
      <span class="hidden">{t.chat.replyingTo}</span>
      <span class="reply-quote">{quote}</span>
      <button
        type="button"
        class="quiet icon-button small"
        aria-label={t.chat.noReply}
        title={t.chat.noReply}
        onClick={onNoReply}
      >
        <CloseIcon />
      </button>
    </div>
  )
}

function AttachButton({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const onChange = (): void => {
    const element = input.current
    if (element === null) return
    onFiles([...(element.files ?? [])])
    // Else the same file could not be chosen again.
    element.value = ''
  }
  return (
    <>
      <button
        type="button"
        class="quiet icon-button"
        aria-label={t.chat.attach}
        title={`${t.chat.attach}. ${t.file.limit}`}
        onClick={() => input.current?.click()}
      >
        <ClipIcon />
      </button>
      <input ref={input} type="file" multiple hidden aria-label={t.chat.attach} onChange={onChange} />
    </>
  )
}

/** Text to take along: in a field, with a button that copies it and, where the device can, one that shares it. */
import { useRef, useState } from 'preact/hooks'
import { t } from './words/language.ts'

export function CopyField({ value, label }: { value: string; label: string }) {
  const field = useRef<HTMLInputElement>(null)
  const [said, say] = useState('')
  const copy = async (): Promise<void> => {
    field.current?.select()
    await navigator.clipboard.writeText(value).then(
      () => say(t.button.copied),
      () => say(t.button.copyByHand),
    )
  }
  const share = (): void => {
    // Rejects when the visitor closes the sheet, which is no error.
    navigator.share({ title: 'Conclave', url: value }).catch(() => {})
  }
  return (
    <div class="stack-tight">
      <span class="with-button">
        <input
          ref={field}
          readOnly
          value={value}
          aria-label={label}
          onFocus={() => field.current?.select()}
        />
        <button type="button" class="primary" autofocus onClick={() => void copy()}>
          {t.button.copy}
        </button>
        {'share' in navigator && (
          <button type="button" onClick={share}>
            {t.button.share}
          </button>
        )}
      </span>
      <small role="status">{said}</small>
    </div>
  )
}

/** A few emoji to pick; whoever wants another one has the device's own keyboard for it. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { EmojiIcon } from './icons.tsx'
import { t } from './words/language.ts'

const EMOJI = [
  '😀 😂 🙂 😉 😍 😎 🤔 😅',
  '😢 😭 😡 😱 🥳 😴 🤯 🙄',
  '👍 👎 👏 🙏 💪 👋 🤝 ✌️',
  '❤️ 💔 🔥 ✨ 🎉 ✅ ❌ ❓',
  '☕ 🍕 🍰 🌞 🌧️ 🐱 🐶 🚀',
].flatMap((row) => row.split(' '))

export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const [isOpen, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const opener = useRef<HTMLButtonElement>(null)
  // At once: later it would take the focus from whatever was done meanwhile.
  useLayoutEffect(() => {
    if (!isOpen) return
    root.current?.querySelector<HTMLElement>('.emoji-list button')?.focus()
    const onPointer = (event: Event): void => {
      if (root.current !== null && !event.composedPath().includes(root.current)) setOpen(false)
    }
    document.addEventListener('pointerdown', onPointer)
    return () => document.removeEventListener('pointerdown', onPointer)
  }, [isOpen])
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !isOpen) return
    setOpen(false)
    opener.current?.focus()
  }
  return (
    <div class="menu" ref={root} onKeyDown={onKeyDown}>
      <button
        ref={opener}
        type="button"
        class="quiet icon-button"
        aria-expanded={isOpen}
        aria-label={t.chat.emoji}
        title={t.chat.emoji}
        onClick={() => setOpen(!isOpen)}
      >
        <EmojiIcon />
      </button>
      {isOpen && (
        <div class="menu-list emoji-list" role="group" aria-label={t.chat.emoji}>
          {EMOJI.map((emoji) => (
            <button
              key={emoji}
              type="button"
              onClick={() => {
                setOpen(false)
                onPick(emoji)
              }}
            >
              {emoji}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}

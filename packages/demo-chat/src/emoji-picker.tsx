/** A few emoji to pick; whoever wants another one has the device's own keyboard for it. */
import { EmojiIcon } from './icons.tsx'
import { usePopover } from './popover.ts'
import { t } from './words/language.ts'

const EMOJI = [
  '😀 😂 🙂 😉 😍 😎 🤔 😅',
  '😢 😭 😡 😱 🥳 😴 🤯 🙄',
  '👍 👎 👏 🙏 💪 👋 🤝 ✌️',
  '❤️ 💔 🔥 ✨ 🎉 ✅ ❌ ❓',
  '☕ 🍕 🍰 🌞 🌧️ 🐱 🐶 🚀',
].flatMap((row) => row.split(' '))

export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { isOpen, setOpen, root, opener, close } = usePopover('.emoji-list button')
  const onKeyDown = ({ key }: KeyboardEvent): void => {
    if (key === 'Escape' && isOpen) close()
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

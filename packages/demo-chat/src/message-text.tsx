/** The text of a message, with its links, code and quote. All of it reaches the page as text nodes. */
import { isEmojiAlone, partsOf, type Part } from './markup.ts'
import { harmlessText } from './text.ts'
import { t } from './words/language.ts'

interface MessageTextProps {
  text: string
  /** Shows what was quoted; absent when it is not here. */
  onQuoted: ((quote: string) => (() => void) | undefined) | undefined
}

export function MessageText({ text, onQuoted }: MessageTextProps) {
  const harmless = harmlessText(text)
  return (
    <div class={isEmojiAlone(harmless) ? 'bubble bubble-emoji' : 'bubble'} dir="auto">
      {partsOf(harmless).map((part, index) => (
        <PartShown key={index} part={part} onQuoted={onQuoted} />
      ))}
    </div>
  )
}

function PartShown({ part, onQuoted }: { part: Part; onQuoted: MessageTextProps['onQuoted'] }) {
  switch (part.kind) {
    case 'text':
      return <>{part.text}</>
    case 'code':
      return part.isBlock ? (
        <pre tabIndex={0}>
          <code>{part.text}</code>
        </pre>
      ) : (
        <code>{part.text}</code>
      )
    case 'link':
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow" title={part.href}>
          {part.text}
        </a>
      )
    case 'quote': {
      const show = onQuoted?.(part.text)
      return (
        <blockquote dir="auto">
          {show === undefined ? (
            part.text
          ) : (
            <button type="button" class="inline quoted" title={t.chat.goToQuoted} onClick={show}>
              {part.text}
            </button>
          )}
        </blockquote>
      )
    }
  }
}

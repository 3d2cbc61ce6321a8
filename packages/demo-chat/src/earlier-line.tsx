/** What a member handed on of the time before we came in: set apart, and never as if it were checked. */
import type { Entry } from './entries.ts'
import { dayAndClock } from './format.ts'
import { MessageText } from './message-text.tsx'
import { nameShown, PersonName } from './person.tsx'
import { t } from './words/language.ts'

export function EarlierLine({ entry }: { entry: Extract<Entry, { kind: 'earlier' }> }) {
  const { by, byName, isAsked, messages } = entry
  return (
    <details class="earlier" open={isAsked}>
      <summary>
        {t.earlier.handedOn(messages.length)} <PersonName peer={by} name={byName} />
      </summary>
      <p class="muted hint">{t.earlier.hint(nameShown(byName))}</p>
      <ol>
        {messages.map(({ from, name, text, at }, index) => (
          <li key={index}>
            <PersonName peer={from} name={name} /> <small>{dayAndClock(new Date(at))}</small>
            <MessageText text={text} onQuoted={undefined} />
          </li>
        ))}
      </ol>
    </details>
  )
}

/** One message or notice of the conversation. What others wrote reaches the page as text nodes only. */
import { Disc, PersonName } from './person.tsx'
import type { Delivery, Entry } from './room-log.ts'
import { harmlessName, harmlessText } from './text.ts'

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })

interface EntryLineProps {
  entry: Entry
  own: boolean
  continued: boolean
  goesOn: boolean
  onWriteAgain: (key: number, text: string) => void
}

export function EntryLine({ entry, own, continued, goesOn, onWriteAgain }: EntryLineProps) {
  if (entry.kind === 'notice') {
    const happened = { admitted: 'came in', excluded: 'was excluded', left: 'left' }[entry.change]
    return (
      <p class="notice">
        <PersonName peer={entry.peer} name={entry.name} /> {happened}
      </p>
    )
  }
  const { from, name, text } = entry
  return (
    <article class={`message${own ? ' own' : ''}${continued ? ' continued' : ''}`}>
      {!own && <Disc peer={from} name={name} />}
      <div class="message-body">
        <header class={continued || own ? 'hidden' : 'message-head'}>
          {own ? `You, ${harmlessName(name)}` : <PersonName peer={from} name={name} />}
        </header>
        <p class="bubble" dir="auto">
          {harmlessText(text)}
        </p>
        <Foot entry={entry} quiet={goesOn} onWriteAgain={onWriteAgain} />
      </div>
    </article>
  )
}

interface FootProps {
  entry: Entry & { kind: 'message' }
  /** Whether the next entry says the same time. */
  quiet: boolean
  onWriteAgain: (key: number, text: string) => void
}

function Foot({ entry, quiet, onWriteAgain }: FootProps) {
  const { key, at, text, verified, delivery } = entry
  if (quiet && verified && delivery?.kind !== 'failed') return null
  return (
    <footer class="message-foot">
      {!verified && <strong class="warning">Signature not verified. </strong>}
      <time dateTime={at.toISOString()}>{clock.format(at)}</time>
      {delivery && <DeliveryWord delivery={delivery} onWriteAgain={() => onWriteAgain(key, text)} />}
    </footer>
  )
}

function DeliveryWord({ delivery, onWriteAgain }: { delivery: Delivery; onWriteAgain: () => void }) {
  if (delivery.kind === 'sending') return <span> · sending…</span>
  if (delivery.kind === 'sent') {
    return <span>{delivery.reached === 0 ? ' · reached nobody' : ' · sent'}</span>
  }
  return (
    <span class="warning" role="alert">
      {' '}
      · Not sent. {delivery.why}{' '}
      <button type="button" class="inline" onClick={onWriteAgain}>
        Write again
      </button>
    </span>
  )
}

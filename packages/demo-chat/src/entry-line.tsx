/** One entry of the conversation. What others wrote reaches the page as text nodes only. */
import { EarlierLine } from './earlier-line.tsx'
import type { Delivery, Entry, Message } from './entries.ts'
import { FileLine } from './file-line.tsx'
import { clock } from './format.ts'
import { InfoIcon, ReplyIcon } from './icons.tsx'
import { MessageText } from './message-text.tsx'
import { Disc, PersonName } from './person.tsx'
import { isConfirmed } from './receipts.ts'
import { harmlessName } from './text.ts'
import type { Transfers } from './transfers.ts'
import { t } from './words/language.ts'

/** What can be done with entries. */
export interface EntryActions {
  onWriteAgain: (entry: Message) => void
  onReply: (entry: Message) => void
  onDetails: (entry: Message) => void
  /** Shows what was quoted; undefined when it is not here. */
  onQuoted: (quote: string) => (() => void) | undefined
}

interface EntryLineProps extends EntryActions {
  entry: Entry
  files: Transfers
  self: string
  continued: boolean
  goesOn: boolean
  /** How many others are online: an own message that reached them all says so. */
  others: number
}

export function EntryLine(props: EntryLineProps) {
  const { entry } = props
  switch (entry.kind) {
    case 'notice': {
      return (
        <p class="notice">
          <PersonName peer={entry.peer} name={entry.name} /> {t.chat.happened[entry.change]}
        </p>
      )
    }
    case 'waiting':
      return <p class="notice notice-waiting">{t.chat.waiting}</p>
    case 'earlier':
      return <EarlierLine entry={entry} />
    case 'file':
      return <FileLine entry={entry} self={props.self} files={props.files} />
    case 'message':
      return <MessageLine {...props} entry={entry} />
  }
}

function MessageLine({
  entry,
  self,
  continued,
  goesOn,
  others,
  ...actions
}: EntryLineProps & { entry: Message }) {
  const { key, from, name, text } = entry
  const own = from === self
  return (
    <article
      class={`message${own ? ' own' : ''}${continued ? ' continued' : ''}`}
      data-key={key}
      tabIndex={-1}
    >
      {!own && <Disc peer={from} name={name} />}
      <div class="message-body">
        <header class={continued || own ? 'hidden' : 'message-head'}>
          {own ? t.chat.ownHead(harmlessName(name)) : <PersonName peer={from} name={name} />}
        </header>
        <div class="bubble-row">
          <MessageText text={text} onQuoted={actions.onQuoted} />
          <span class="message-actions">
            <ActionButton label={t.chat.reply} onClick={() => actions.onReply(entry)}>
              <ReplyIcon />
            </ActionButton>
            <ActionButton label={t.chat.details} onClick={() => actions.onDetails(entry)}>
              <InfoIcon />
            </ActionButton>
          </span>
        </div>
        <Foot entry={entry} quiet={goesOn} others={others} onWriteAgain={() => actions.onWriteAgain(entry)} />
      </div>
    </article>
  )
}

function ActionButton(props: { label: string; onClick: () => void; children: preact.ComponentChildren }) {
  return (
    <button
      type="button"
      class="quiet icon-button small"
      aria-label={props.label}
      title={props.label}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  )
}

interface FootProps {
  entry: Message
  /** Whether the next entry says the same time. */
  quiet: boolean
  others: number
  onWriteAgain: () => void
}

function Foot({ entry, quiet, others, onWriteAgain }: FootProps) {
  const { at, verified, delivery } = entry
  if (quiet && verified && (delivery === undefined || delivery.kind === 'sent')) return null
  return (
    <footer class="message-foot">
      {!verified && <strong class="warning">{t.chat.unverified}</strong>}
      <time dateTime={at.toISOString()}>{clock(at)}</time>
      {delivery && <DeliveryWord delivery={delivery} others={others} onWriteAgain={onWriteAgain} />}
    </footer>
  )
}

function sentWords(to: number): string {
  if (to === 0) return t.chat.sentToNobody
  return isConfirmed(to) ? t.chat.unconfirmed : t.chat.sent
}

interface DeliveryWordProps {
  delivery: Delivery
  others: number
  onWriteAgain: () => void
}

function DeliveryWord({ delivery, others, onWriteAgain }: DeliveryWordProps) {
  if (delivery.kind === 'sending') return <span> · {t.chat.sending}</span>
  if (delivery.kind === 'unheard') return <span> · {t.chat.unheard}</span>
  if (delivery.kind === 'sent') {
    const { to, arrivedAt } = delivery
    if (arrivedAt.length === 0) return <span> · {sentWords(to)}</span>
    return (
      <span>
        {' · '}
        {arrivedAt.length >= others ? t.chat.reachedAll : t.chat.reached(arrivedAt.length)}
      </span>
    )
  }
  return (
    <span class="warning" role="alert">
      {` · ${t.chat.notSent} ${delivery.why} `}
      <button type="button" class="inline" onClick={onWriteAgain}>
        {t.chat.writeAgain}
      </button>
    </span>
  )
}

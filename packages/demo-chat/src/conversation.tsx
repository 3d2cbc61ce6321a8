/** The conversation and the field to write into. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Composer } from './composer.tsx'
import { Disc, PersonName } from './person.tsx'
import type { Delivery, Entry, RoomLog } from './room-log.ts'
import { harmlessName, harmlessText } from './text.ts'

/** Within this many pixels of its end the list follows what is added. */
const NEAR_END = 80
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })

export function Conversation({ log }: { log: RoomLog }) {
  const [draft, setDraft] = useState('')
  const { list, follow } = useFollowing(log.entries)
  useUnreadTitle(log.entries)
  const writeAgain = (key: number, text: string): void => {
    log.withdraw(key)
    setDraft(text)
  }
  const send = (text: string): void => {
    follow()
    void log.send(text)
  }
  return (
    <section class="chat" aria-label="Conversation">
      <div class="entries" ref={list} tabIndex={0} role="log" aria-label="Messages" aria-relevant="additions">
        {log.entries.length === 0 && <Emptiness alone={log.members.length <= 1} />}
        {log.entries.map((entry, index) => (
          <EntryLine
            key={entry.key}
            entry={entry}
            own={entry.kind === 'message' && entry.from === log.room.self}
            continued={continues(log.entries[index - 1], entry)}
            onWriteAgain={writeAgain}
          />
        ))}
      </div>
      <Composer draft={draft} ready={log.state.status === 'joined'} onDraft={setDraft} onSend={send} />
    </section>
  )
}

function Emptiness({ alone }: { alone: boolean }) {
  return (
    <p class="emptiness">
      {alone
        ? 'You are the only one here. Send somebody an invite link to start.'
        : 'Nothing was said since you came in. What was said before stays with those who were there.'}
    </p>
  )
}

/** Whether an entry goes on in the same breath, so that its sender need not be named again. */
function continues(before: Entry | undefined, entry: Entry): boolean {
  if (before?.kind !== 'message' || entry.kind !== 'message') return false
  return before.from === entry.from && before.name === entry.name && +entry.at - +before.at < 120_000
}

interface EntryLineProps {
  entry: Entry
  own: boolean
  continued: boolean
  onWriteAgain: (key: number, text: string) => void
}

function EntryLine({ entry, own, continued, onWriteAgain }: EntryLineProps) {
  if (entry.kind === 'notice') {
    const happened = { admitted: 'came in', excluded: 'was excluded', left: 'left' }[entry.change]
    return (
      <p class="notice">
        <PersonName peer={entry.peer} name={entry.name} /> {happened}
      </p>
    )
  }
  const { key, from, name, text, at, verified, delivery } = entry
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
        <footer class="message-foot">
          {!verified && <strong class="warning">Signature not verified. </strong>}
          <time dateTime={at.toISOString()}>{clock.format(at)}</time>
          {delivery && <DeliveryWord delivery={delivery} onWriteAgain={() => onWriteAgain(key, text)} />}
        </footer>
      </div>
    </article>
  )
}

function DeliveryWord({ delivery, onWriteAgain }: { delivery: Delivery; onWriteAgain: () => void }) {
  if (delivery.kind === 'sending') return <span> · sending…</span>
  if (delivery.kind === 'sent') {
    return <span>{delivery.reached === 0 ? ' · reached nobody' : ` · sent to ${delivery.reached}`}</span>
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

/** Keeps the end of the list in view while the reader is there, and leaves it alone while they read further up. */
function useFollowing(entries: readonly Entry[]) {
  const list = useRef<HTMLDivElement>(null)
  const following = useRef(true)
  useEffect(() => {
    const element = list.current
    const onScroll = (): void => {
      if (element === null) return
      following.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END
    }
    element?.addEventListener('scroll', onScroll, { passive: true })
    return () => element?.removeEventListener('scroll', onScroll)
  }, [])
  useLayoutEffect(() => {
    if (following.current) list.current?.scrollTo({ top: list.current.scrollHeight })
  }, [entries])
  const follow = (): void => {
    following.current = true
  }
  return { list, follow }
}

/** Counts in the tab's title what came while the page was hidden. */
function useUnreadTitle(entries: readonly Entry[]): void {
  const seen = useRef(0)
  const last = entries.findLast((entry) => entry.kind === 'message')?.key ?? -1
  useEffect(() => {
    const update = (): void => {
      if (!document.hidden) seen.current = last
      const unread = entries.filter((entry) => entry.kind === 'message' && entry.key > seen.current).length
      document.title = unread === 0 ? 'Conclave' : `(${unread}) Conclave`
    }
    update()
    document.addEventListener('visibilitychange', update)
    return () => document.removeEventListener('visibilitychange', update)
  }, [entries, last])
}

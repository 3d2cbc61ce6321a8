/** The conversation and the field to write into. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Composer } from './composer.tsx'
import { EntryLine } from './entry-line.tsx'
import type { Entry, RoomLog } from './room-log.ts'

/** Within this many pixels of its end the list follows what is added. */
const NEAR_END = 80

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
        {log.entries.length === 0 && <Emptiness log={log} />}
        {log.entries.map((entry, index) => (
          <EntryLine
            key={entry.key}
            entry={entry}
            own={entry.kind === 'message' && entry.from === log.room.self}
            continued={continues(log.entries[index - 1], entry)}
            goesOn={continues(entry, log.entries[index + 1])}
            onWriteAgain={writeAgain}
          />
        ))}
      </div>
      <Composer draft={draft} ready={log.state.status === 'joined'} onDraft={setDraft} onSend={send} />
    </section>
  )
}

function Emptiness({ log }: { log: RoomLog }) {
  return <p class="emptiness">{emptinessWords(log)}</p>
}

function emptinessWords({ state, members }: RoomLog): string {
  if (state.status !== 'joined') return 'The conversation appears here once you are in.'
  if (members.length <= 1) return 'You are the only one here. Send somebody an invite link to start.'
  return 'Nothing was said since you came in. What was said before stays with those who were there.'
}

/** Whether an entry goes on in the same breath, so that sender and time need not be shown again. */
function continues(before: Entry | undefined, entry: Entry | undefined): boolean {
  if (before?.kind !== 'message' || entry?.kind !== 'message') return false
  return before.from === entry.from && before.name === entry.name && +entry.at - +before.at < 120_000
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

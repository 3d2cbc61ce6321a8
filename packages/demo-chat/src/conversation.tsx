/** The conversation and the field to write into. */
import { Fragment, type RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Asking } from './asking.ts'
import { Composer } from './composer.tsx'
import { continues, startsDay, type Entry, type Message } from './entries.ts'
import { EntryLine, type EntryActions } from './entry-line.tsx'
import { day, listInWords } from './format.ts'
import { quoteOf, replyOf } from './markup.ts'
import type { RoomLog } from './room-log.ts'
import { harmlessName, harmlessText } from './text.ts'
import { t } from './words/language.ts'

/** Within this many pixels of its end the list follows what is added. */
const NEAR_END = 80
/** More than these are not named. */
const TYPING_NAMED_MAX = 3

interface ConversationProps {
  log: RoomLog
  onAsk: (asking: Asking) => void
}

export function Conversation({ log, onAsk }: ConversationProps) {
  const [draft, setDraft] = useState('')
  const [quote, setQuote] = useState<string>()
  const { list, follow, isBehind, catchUp } = useFollowing(log.entries)
  useUnreadTitle(list, log.entries)
  const { isDropping, ...dropHandlers } = useDrop((files) => log.sendFiles(files))
  const actions = {
    onDetails: (message: Message) => onAsk({ for: 'details', message }),
    onReply: ({ name, text }: Message) => setQuote(quoteOf(harmlessName(name), harmlessText(text))),
    onWriteAgain: ({ key, text }: Message) => {
      log.withdraw(key)
      setDraft(text)
    },
    onQuoted: (wanted: string) => {
      const key = quotedKey(log.entries, wanted)
      return key === undefined ? undefined : () => showEntry(list.current, key)
    },
  }
  const send = (text: string): void => {
    follow()
    setQuote(undefined)
    void log.send(quote === undefined ? text : replyOf(quote, text))
  }
  return (
    <section class={isDropping ? 'chat dropping' : 'chat'} aria-label={t.chat.label} {...dropHandlers}>
      {isDropping && <p class="drop-hint">{t.chat.drop}</p>}
      <div
        class="entries"
        ref={list}
        tabIndex={0}
        role="log"
        aria-label={t.chat.messages}
        aria-relevant="additions"
      >
        {log.entries.length === 0 && <Emptiness log={log} onAsk={onAsk} />}
        <EntryLines log={log} actions={actions} />
      </div>
      {isBehind && (
        <button type="button" class="newest" onClick={catchUp}>
          {t.chat.newMessages}
        </button>
      )}
      <p class="typing" role="status">
        {typingWords(log)}
      </p>
      <Composer
        draft={draft}
        quote={quote}
        ready={log.state.status === 'joined'}
        onDraft={(next) => {
          setDraft(next)
          log.type(next !== '')
        }}
        onSend={send}
        onNoReply={() => setQuote(undefined)}
        onFiles={(files) => {
          follow()
          log.sendFiles(files)
        }}
      />
    </section>
  )
}

function EntryLines({ log, actions }: { log: RoomLog; actions: EntryActions }) {
  const { self } = log.room
  const others = log.members.filter(({ peer, online }) => online && peer !== self).length
  return (
    <>
      {log.entries.map((entry, index) => (
        <Fragment key={entry.key}>
          {startsDay(log.entries[index - 1], entry) && (
            <p class="notice">
              <time>{day(entry.at)}</time>
            </p>
          )}
          <EntryLine
            entry={entry}
            self={self}
            files={log.files}
            others={others}
            continued={continues(log.entries[index - 1], entry)}
            goesOn={continues(entry, log.entries[index + 1])}
            {...actions}
          />
        </Fragment>
      ))}
    </>
  )
}

/** Files that are dragged here from the desktop. */
function useDrop(onFiles: (files: readonly File[]) => void) {
  const [isDropping, setDropping] = useState(false)
  const onDragOver = (event: DragEvent): void => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    setDropping(true)
  }
  const onDragLeave = (event: DragEvent): void => {
    const { currentTarget, relatedTarget } = event
    const isInside = currentTarget instanceof Node && relatedTarget instanceof Node
    if (!isInside || !currentTarget.contains(relatedTarget)) setDropping(false)
  }
  const onDrop = (event: DragEvent): void => {
    const files = [...(event.dataTransfer?.files ?? [])]
    if (files.length === 0) return
    event.preventDefault()
    setDropping(false)
    onFiles(files)
  }
  return { isDropping, onDragOver, onDragLeave, onDrop }
}

/** Why nothing stands here, and what can be done about it. */
function Emptiness({ log, onAsk }: ConversationProps) {
  const isIn = log.state.status === 'joined'
  const isAlone = log.members.length <= 1
  return (
    <div class="emptiness">
      <p>{emptinessWords(log)}</p>
      {isIn && isAlone && log.room.records.rights.admit && (
        <button type="button" class="primary" onClick={() => onAsk({ for: 'invite' })}>
          {t.invite.make}
        </button>
      )}
      {isIn && log.othersOnline.length > 0 && (
        <button type="button" class="quiet" onClick={() => onAsk({ for: 'earlier' })}>
          {t.menu.earlier}
        </button>
      )}
    </div>
  )
}

function emptinessWords({ state, members }: RoomLog): string {
  if (state.status !== 'joined') return t.chat.emptyOutside
  return members.length <= 1 ? t.chat.emptyAlone : t.chat.empty
}

function typingWords({ typing }: RoomLog): string {
  if (typing.length === 0) return ''
  if (typing.length > TYPING_NAMED_MAX) return t.chat.someTyping
  return t.chat.typing(listInWords(typing.map(({ name }) => harmlessName(name))), typing.length)
}

/** The last message that reads as it is quoted. */
function quotedKey(entries: readonly Entry[], quote: string): number | undefined {
  const found = entries.findLast(
    (entry) =>
      entry.kind === 'message' && quoteOf(harmlessName(entry.name), harmlessText(entry.text)) === quote,
  )
  return found?.key
}

function showEntry(list: HTMLElement | null, key: number): void {
  const element = list?.querySelector<HTMLElement>(`[data-key="${key}"]`)
  element?.scrollIntoView({ block: 'center', behavior: 'smooth' })
  element?.focus({ preventScroll: true })
}

/** Keeps the end of the list in view while the reader is there, and leaves it alone while they read further up. */
function useFollowing(entries: readonly Entry[]) {
  const list = useRef<HTMLDivElement>(null)
  const following = useRef(true)
  const [isBehind, setBehind] = useState(false)
  const last = entries.findLast(({ kind }) => kind === 'message' || kind === 'file')?.key
  useEffect(() => {
    const element = list.current
    const onScroll = (): void => {
      if (element === null) return
      following.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END
      if (following.current) setBehind(false)
    }
    // A picture has its height only once it was read, and what asks for an answer takes room from the list.
    const stay = (): void => {
      if (following.current) element?.scrollTo({ top: element.scrollHeight })
    }
    element?.addEventListener('scroll', onScroll, { passive: true })
    element?.addEventListener('load', stay, { capture: true })
    const resizing = new ResizeObserver(stay)
    if (element !== null) resizing.observe(element)
    return () => {
      element?.removeEventListener('scroll', onScroll)
      element?.removeEventListener('load', stay, { capture: true })
      resizing.disconnect()
    }
  }, [])
  useLayoutEffect(() => {
    if (following.current) list.current?.scrollTo({ top: list.current.scrollHeight })
  }, [entries])
  useEffect(() => setBehind(!following.current), [last])
  const follow = (): void => {
    following.current = true
  }
  const catchUp = (): void => {
    list.current?.scrollTo({ top: list.current.scrollHeight })
    // The button that was pressed is gone then.
    list.current?.focus({ preventScroll: true })
  }
  return { list, follow, isBehind, catchUp }
}

/** Counts in the tab's title what came while the page was hidden, unless the page is somebody else's. */
function useUnreadTitle(list: RefObject<HTMLElement | null>, entries: readonly Entry[]): void {
  const seen = useRef(0)
  const last = entries.findLast((entry) => entry.kind === 'message')?.key ?? -1
  useEffect(() => {
    if (list.current?.getRootNode() !== document) return undefined
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

/**
 * What was said before somebody came in, handed on by a member who was there: when it is asked for, or of that member's own accord;
 * never by itself. It is that member's word, for the signatures of those who said it are bound to keys that the newcomer does not get.
 */
import type { Entries, Entry, Message } from './entries.ts'
import { receiptOf } from './receipts.ts'
import type { Room, RoomAction } from './room.ts'

const ACTION = 'page-earlier'
/** How much is handed on, and taken from one member. */
const MESSAGES_MAX = 50
const BYTES_MAX = 256_000
/** An action takes 40 KiB. */
const PART_BYTES = 36_000
/** How many may hand on something that we did not ask for. */
const UNASKED_MAX = 4
const REQUESTS_MAX = 20
const TEXT_MAX = 16_384
const NAME_MAX = 64
const PEER = /^[A-Za-z0-9]{1,64}$/u
/** The last moment that a date can be. */
const TIME_MAX = 8.64e15

/** Where, when and by whom it was said, as the one who hands it on tells it. */
export interface EarlierMessage {
  from: string
  name: string
  text: string
  /** Milliseconds since 1970. */
  at: number
}

type Said =
  /** `before`: the receipt of the first message that is here already, or nothing. */
  { kind: 'ask'; before: string } | { kind: 'none' } | { kind: 'messages'; messages: EarlierMessage[] }

export class Earlier {
  /** Who asks us. */
  requests: readonly { peer: string; name: string; before: string }[] = []
  readonly #room: Room
  readonly #entries: Entries
  readonly #onChange: () => void
  readonly #action: RoomAction<Said>
  readonly #listening = new AbortController()
  readonly #asked = new Set<string>()

  constructor(room: Room, entries: Entries, onChange: () => void) {
    this.#room = room
    this.#entries = entries
    this.#onChange = onChange
    this.#action = room.makeAction(ACTION, { check: isSaid })
    const { signal } = this.#listening
    this.#action.addEventListener(
      'receive',
      ({ detail: { from, name, data } }) => this.#hear(from, name, data),
      {
        signal,
      },
    )
  }

  /** Asks a member for what was said before. */
  async ask(peer: string, name: string): Promise<void> {
    const first = this.#entries.list.find((entry) => entry.kind === 'message')
    const before = first === undefined ? '' : receiptOf(first.from, first.text)
    await this.#action.send({ kind: 'ask', before }, { to: peer })
    this.#asked.add(peer)
    this.#entries.add({ kind: 'notice', change: 'asked', peer, name })
    this.#onChange()
  }

  /** Answers who asked us. */
  async answer(peer: string, isWilling: boolean): Promise<void> {
    const request = this.requests.find((one) => one.peer === peer)
    this.#endRequest(peer)
    if (isWilling) await this.handOn(peer, request?.before)
    else await this.#action.send({ kind: 'none' }, { to: peer })
  }

  /** Hands on what was said here before that member came in, or before a message that it has. */
  async handOn(peer: string, before = ''): Promise<void> {
    const parts = partsOf(handable(this.#entries.list, peer, before))
    for (const messages of parts) await this.#action.send({ kind: 'messages', messages }, { to: peer })
    if (parts.length === 0) await this.#action.send({ kind: 'none' }, { to: peer })
  }

  /** Whoever is gone asks for nothing. */
  forget(peer: string): void {
    this.#endRequest(peer)
  }

  dispose(): void {
    this.#listening.abort()
  }

  #hear(from: string, name: string, said: Said): void {
    if (from === this.#room.self) return
    if (said.kind === 'ask') {
      this.#endRequest(from)
      this.requests = [...this.requests, { peer: from, name, before: said.before }].slice(-REQUESTS_MAX)
    } else if (said.kind === 'messages') this.#take(from, name, said.messages)
    else if (this.#asked.delete(from))
      this.#entries.add({ kind: 'notice', change: 'nothing', peer: from, name })
    this.#onChange()
  }

  /** Puts it before everything else. */
  #take(by: string, byName: string, more: readonly EarlierMessage[]): void {
    const { list } = this.#entries
    const isAsked = this.#asked.has(by)
    const known = list.find((entry) => entry.kind === 'earlier' && entry.by === by)
    const messages = bounded([...(known?.kind === 'earlier' ? known.messages : []), ...more])
    if (known?.kind === 'earlier') this.#entries.change(known.key, () => ({ ...known, messages }))
    else if (isAsked || list.filter(({ kind }) => kind === 'earlier').length < UNASKED_MAX)
      this.#entries.addFirst({ kind: 'earlier', by, byName, isAsked, messages })
  }

  #endRequest(peer: string): void {
    this.requests = this.requests.filter((one) => one.peer !== peer)
  }
}

/** The last that was said before, as far as it was verified here. */
function handable(entries: readonly Entry[], peer: string, before: string): EarlierMessage[] {
  const known = before === '' ? -1 : entries.findIndex((entry) => isMessage(entry) && isNamed(entry, before))
  const admitted = entries.findLastIndex(
    (entry) => entry.kind === 'notice' && entry.change === 'admitted' && entry.peer === peer,
  )
  const end = [known, admitted].find((index) => index >= 0) ?? entries.length
  const messages = entries
    .slice(0, end)
    .filter(isMessage)
    .filter(({ verified, delivery }) => verified && (delivery === undefined || delivery.kind === 'sent'))
    .map(({ from, name, text, at }) => ({ from, name, text, at: +at }))
  return bounded(messages.toReversed()).toReversed()
}

function isMessage(entry: Entry): entry is Message {
  return entry.kind === 'message'
}

function isNamed({ from, text }: Message, receipt: string): boolean {
  return receiptOf(from, text) === receipt
}

/** The first that are neither too many nor too long. */
function bounded(messages: readonly EarlierMessage[]): EarlierMessage[] {
  let bytes = 0
  return messages.slice(0, MESSAGES_MAX).filter((message) => {
    bytes += bytesOf(message)
    return bytes <= BYTES_MAX
  })
}

/** As much at a time as an action takes. What is too long alone is left out: nothing but control characters is. */
function partsOf(messages: readonly EarlierMessage[]): EarlierMessage[][] {
  const parts: EarlierMessage[][] = []
  let room = 0
  for (const message of messages) {
    const bytes = bytesOf(message)
    if (bytes > PART_BYTES) continue
    if (bytes > room) {
      parts.push([])
      room = PART_BYTES
    }
    parts.at(-1)?.push(message)
    room -= bytes
  }
  return parts
}

const utf8 = new TextEncoder()

function bytesOf(message: EarlierMessage): number {
  return utf8.encode(JSON.stringify(message)).length
}

function isSaid(data: unknown): data is Said {
  if (typeof data !== 'object' || data === null || !('kind' in data)) return false
  if (data.kind === 'none') return true
  if (data.kind === 'ask')
    return 'before' in data && typeof data.before === 'string' && data.before.length <= 8
  return (
    data.kind === 'messages' &&
    'messages' in data &&
    Array.isArray(data.messages) &&
    data.messages.length <= MESSAGES_MAX &&
    data.messages.every(isEarlier)
  )
}

function isEarlier(one: unknown): one is EarlierMessage {
  if (typeof one !== 'object' || one === null) return false
  const { from, name, text, at } = one as Partial<Record<keyof EarlierMessage, unknown>>
  const isSomebody = typeof from === 'string' && PEER.test(from) && typeof name === 'string'
  const isSome = typeof text === 'string' && text.length <= TEXT_MAX
  return (
    isSomebody && name.length <= NAME_MAX && isSome && typeof at === 'number' && at >= 0 && at <= TIME_MAX
  )
}

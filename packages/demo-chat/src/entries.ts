/** What a conversation consists of, and how a list of it changes. */
import type { Transfer } from '@conclave/node'
import type { EarlierMessage } from './earlier.ts'

export type Delivery =
  | { kind: 'sending' }
  /** Nobody was there that could have heard it; it is said again. */
  | { kind: 'unheard' }
  /** `to`: how many others were members then. */
  | { kind: 'sent'; to: number; arrivedAt: readonly string[] }
  | { kind: 'failed'; why: string }

export interface MessageEntry {
  kind: 'message'
  from: string
  name: string
  text: string
  verified: boolean
  /** The key that it was said under. */
  version: string
  revision: number
  /** Of our own. */
  delivery?: Delivery
}

export interface FileEntry {
  kind: 'file'
  from: string
  name: string
  /** Names it in the room, once it is offered. */
  offer: string | undefined
  fileName: string
  size: number
  /** `gone`: it is not offered any more, since we declined it or its sender took it back. */
  state: 'preparing' | 'offered' | 'under-way' | 'done' | 'cancelled' | 'gone' | 'failed'
  /** Why it failed, in words. */
  why?: string | undefined
  /** By peer, how far it has come. */
  progress: Readonly<Record<string, Transfer>>
  /** Where in this page its content is, once it is here. */
  url?: string
  isPicture?: boolean
}

/** What became of a member; or it was asked for what was said before, and has nothing. */
type NoticeChange = 'admitted' | 'excluded' | 'left' | 'split' | 'asked' | 'nothing'

export type Entry = { key: number; at: Date } & (
  | MessageEntry
  | { kind: 'notice'; change: NoticeChange; peer: string; name: string }
  /** What a member handed on of the time before we came in. */
  | { kind: 'earlier'; by: string; byName: string; isAsked: boolean; messages: readonly EarlierMessage[] }
  /** The place of something whose key is on its way. */
  | { kind: 'waiting'; frame: number; version: string }
  | FileEntry
)

export type Message = Extract<Entry, { kind: 'message' }>
export type FileShown = Extract<Entry, { kind: 'file' }>

type Unkeyed<T> = T extends unknown ? Omit<T, 'key' | 'at'> : never
export type Content = Unkeyed<Entry>

/** Older entries are dropped, so that a page left open for weeks stays small. */
const ENTRIES_MAX = 500

export class Entries {
  /** Replaced whenever it changes. */
  list: readonly Entry[] = []
  /** Versions whose next message belongs in a place that was kept for it. */
  readonly #opened: { frame: number; version: string }[] = []
  #nextKey = 0

  add(content: Content): number {
    const key = this.#nextKey++
    this.list = [...this.list, { key, at: new Date(), ...content }].slice(-ENTRIES_MAX)
    return key
  }

  /** What was before everything else. */
  addFirst(content: Content): void {
    this.list = [{ key: this.#nextKey++, at: new Date(), ...content }, ...this.list]
  }

  /** Puts a message into the place that was kept for it, else at the end. */
  addMessage(content: MessageEntry): void {
    const index = this.#opened.findIndex(({ version }) => version === content.version)
    const [place] = index < 0 ? [] : this.#opened.splice(index, 1)
    const kept = this.list.find((entry) => entry.kind === 'waiting' && entry.frame === place?.frame)
    if (kept === undefined) this.add(content)
    else this.change(kept.key, () => ({ key: kept.key, at: kept.at, ...content }))
  }

  /** Keeps a place for what waits for its key, gives it up, or notes that its message comes next. */
  wait(frame: number, version: string, state: 'waiting' | 'opened' | 'gone'): void {
    if (state === 'waiting') this.add({ kind: 'waiting', frame, version })
    else if (state === 'opened') this.#opened.push({ frame, version })
    else this.list = this.list.filter((entry) => entry.kind !== 'waiting' || entry.frame !== frame)
  }

  change(key: number, changed: (entry: Entry) => Entry): void {
    this.list = this.list.map((entry) => (entry.key === key ? changed(entry) : entry))
  }

  remove(key: number): void {
    this.list = this.list.filter((entry) => entry.key !== key)
  }
}

/** Whether an entry goes on in the same breath, so that sender and time need not be shown again. */
export function continues(before: Entry | undefined, entry: Entry | undefined): boolean {
  if (before?.kind !== 'message' || entry?.kind !== 'message' || startsDay(before, entry)) return false
  return before.from === entry.from && before.name === entry.name && +entry.at - +before.at < 120_000
}

/** Whether it is the first of another day than what stands above it, where that is not of before. */
export function startsDay(before: Entry | undefined, { at }: Entry): boolean {
  return before !== undefined && before.kind !== 'earlier' && before.at.toDateString() !== at.toDateString()
}

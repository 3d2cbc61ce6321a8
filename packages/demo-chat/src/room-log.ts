/**
 * What the page remembers of a room: the conversation and the key changes since it went in. The room itself keeps no history.
 */
import type { MemberInfo, RoomEventDetails, RoomState } from '@conclave/node'
import type { Room } from './room.ts'
import { describeError } from './words.ts'

/** Older entries are dropped, so that a page left open for weeks stays small. */
const ENTRIES_MAX = 500
const KEY_CHANGES_MAX = 100
/** A room tells of members and keys by events, but not of every change of its status; this often we look. */
const STATUS_CHECK_MS = 500

export type Delivery =
  { kind: 'sending' } | { kind: 'sent'; reached: number } | { kind: 'failed'; why: string }

export type Entry = { key: number; at: Date } & (
  | { kind: 'message'; from: string; name: string; text: string; verified: boolean; delivery?: Delivery }
  | { kind: 'notice'; change: 'admitted' | 'excluded' | 'left'; peer: string; name: string }
)

export interface KeyChange {
  key: number
  at: Date
  cause: string
  version: string
  revision: number
}

type Unkeyed<T> = T extends unknown ? Omit<T, 'key' | 'at'> : never

export class RoomLog {
  readonly room: Room
  entries: readonly Entry[] = []
  keyChanges: readonly KeyChange[] = []
  members: readonly MemberInfo[]
  state: RoomState
  /** Who excluded us and why, once that happened. */
  excluded: RoomEventDetails['excluded'] | undefined
  /** Who destroyed the room, once that happened. */
  destroyed: RoomEventDetails['destroyed'] | undefined
  /** The last trouble that the room reported, in words. */
  trouble: string | undefined

  readonly #names = new Map<string, string>()
  readonly #onChange: () => void
  readonly #listening = new AbortController()
  readonly #statusCheck: ReturnType<typeof setInterval>
  #nextKey = 0

  constructor(room: Room, onChange: () => void) {
    this.room = room
    this.#onChange = onChange
    this.members = room.members
    this.state = room.state
    this.#rememberNames()
    this.#listen()
    const { version, revision } = this.state
    // How these came about was told before anybody listened.
    if (version !== undefined) this.#addKeyChange({ cause: 'present', version, revision })
    this.#statusCheck = setInterval(() => {
      if (this.room.state.status !== this.state.status) this.#changed()
    }, STATUS_CHECK_MS)
  }

  /** The name a peer goes by, also when it is no member any more. */
  nameOf(peer: string): string {
    return this.#names.get(peer) ?? ''
  }

  async send(text: string): Promise<void> {
    const self = this.room.self
    const delivery: Delivery = { kind: 'sending' }
    const key = this.#add({
      kind: 'message',
      from: self,
      name: this.nameOf(self),
      text,
      verified: true,
      delivery,
    })
    try {
      const { reached } = await this.room.send(text)
      this.#setDelivery(key, { kind: 'sent', reached })
    } catch (error) {
      this.#setDelivery(key, { kind: 'failed', why: describeError(error) })
    }
  }

  /** Takes an own message that could not be sent out of the conversation, to be written again. */
  withdraw(key: number): void {
    this.entries = this.entries.filter((entry) => entry.key !== key)
    this.#changed()
  }

  dismissTrouble(): void {
    this.trouble = undefined
    this.#changed()
  }

  dispose(): void {
    this.#listening.abort()
    clearInterval(this.#statusCheck)
  }

  #listen(): void {
    this.#on('message', (message) => {
      // Our own messages stand there since they were sent.
      if (message.from !== this.room.self) this.#add({ kind: 'message', ...message })
    })
    this.#on('member', ({ peer, name, change }) => {
      if (name !== '') this.#names.set(peer, name)
      if (change === 'online' || change === 'offline') return
      // What the log tells of the time before we came in is no news.
      const news = this.room.state.status === 'joined' && peer !== this.room.self
      if (news) this.#add({ kind: 'notice', change, peer, name })
    })
    this.#on('keys', (change) => this.#addKeyChange(change))
    this.#on('excluded', (detail) => (this.excluded = detail))
    this.#on('destroyed', (detail) => (this.destroyed = detail))
    this.#on('error', (error) => (this.trouble = describeError(error)))
    this.#on('joined', () => (this.trouble = undefined))
    this.#on('transport', () => {})
  }

  #on<K extends keyof RoomEventDetails>(name: K, handle: (detail: RoomEventDetails[K]) => void): void {
    const listener = (event: Event): void => {
      // Every event of a room is a CustomEvent of the detail that its name stands for.
      if (event instanceof CustomEvent) handle(event.detail)
      this.#changed()
    }
    this.room.addEventListener(name, listener, { signal: this.#listening.signal })
  }

  #add(content: Unkeyed<Entry>): number {
    const key = this.#nextKey++
    const entry: Entry = { key, at: new Date(), ...content }
    this.entries = [...this.entries, entry].slice(-ENTRIES_MAX)
    this.#changed()
    return key
  }

  #addKeyChange({ cause, version, revision }: Pick<KeyChange, 'cause' | 'version' | 'revision'>): void {
    const change = { key: this.#nextKey++, at: new Date(), cause, version, revision }
    const last = this.keyChanges.at(-1)
    // How a key came about says more than that it was there.
    const told = last?.cause === 'present' && last.version === version && last.revision === revision
    if (told) this.keyChanges = this.keyChanges.slice(0, -1)
    this.keyChanges = [...this.keyChanges, change].slice(-KEY_CHANGES_MAX)
  }

  #setDelivery(key: number, delivery: Delivery): void {
    this.entries = this.entries.map((entry) => (entry.key === key ? { ...entry, delivery } : entry))
    this.#changed()
  }

  #rememberNames(): void {
    for (const { peer, name } of this.members) if (name !== '') this.#names.set(peer, name)
  }

  #changed(): void {
    this.members = this.room.members
    this.state = this.room.state
    this.#rememberNames()
    this.#onChange()
  }
}

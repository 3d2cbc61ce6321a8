/**
 * What the page remembers of a room: the conversation and the key changes since it went in. The room itself keeps no history.
 */
import type { MemberInfo, RoomDeed, RoomEventDetails, RoomState } from '@conclave/node'
import { Earlier } from './earlier.ts'
import { Entries, type Entry, type Message } from './entries.ts'
import { OwnMessages } from './own-messages.ts'
import { Receipts } from './receipts.ts'
import type { Room } from './room.ts'
import { Transfers } from './transfers.ts'
import { describeError } from './words/errors.ts'

const KEY_CHANGES_MAX = 100
/** A key that is a little late is nothing to show: most are here within a blink. */
const PATIENCE_MS = 1_000
/** How much of the log of members is shown. */
const DEEDS_MAX = 60

export interface KeyChange {
  key: number
  at: Date
  cause: string
  version: string
  revision: number
}

export class RoomLog {
  readonly room: Room
  keyChanges: readonly KeyChange[] = []
  members: readonly MemberInfo[]
  state: RoomState
  /** Who waits to be let in. */
  knocks: readonly { peer: string; name: string }[] = []
  /** Who is writing something. */
  typing: readonly { peer: string; name: string }[] = []
  /** Who excluded us and why, once that happened. */
  excluded: RoomEventDetails['excluded'] | undefined
  /** Who destroyed the room, once that happened. */
  destroyed: RoomEventDetails['destroyed'] | undefined
  /** Whether the room went on as another one since we came in. */
  hasMoved = false
  /** The last trouble that the room reported, in words. */
  trouble: string | undefined
  /** Called for each message of somebody else. */
  onMessage: (message: Pick<Message, 'from' | 'name' | 'text'>) => void = () => {}

  readonly files: Transfers
  readonly earlier: Earlier
  readonly #entries = new Entries()
  readonly #own: OwnMessages
  readonly #receipts: Receipts
  readonly #names = new Map<string, string>()
  readonly #patience = new Map<number, ReturnType<typeof setTimeout>>()
  readonly #onChange: () => void
  readonly #listening = new AbortController()
  #nextKey = 0

  constructor(room: Room, onChange: () => void) {
    this.room = room
    this.#onChange = onChange
    this.members = room.members
    this.state = room.state
    this.files = new Transfers(room, this.#entries, () => this.#changed())
    this.earlier = new Earlier(room, this.#entries, () => this.#changed())
    this.#own = new OwnMessages(room, this.#entries, () => this.#changed())
    this.#receipts = new Receipts(room, (peer, id) => this.#own.arrived(peer, id))
    this.#rememberNames()
    this.#listen()
    const { version, revision } = this.state
    // How these came about was told before anybody listened.
    if (version !== undefined) this.#addKeyChange({ cause: 'present', version, revision })
  }

  /** Others that are there, as far as is known. */
  get othersOnline(): readonly MemberInfo[] {
    return this.members.filter(({ peer, online }) => online !== false && peer !== this.room.self)
  }

  get entries(): readonly Entry[] {
    return this.#entries.list
  }

  /** The last entries of the membership log, the latest first. */
  get deeds(): RoomDeed[] {
    return this.room.records.history(DEEDS_MAX).reverse()
  }

  /** The name a peer goes by, also when it is no member any more. */
  nameOf(peer: string): string {
    return this.#names.get(peer) ?? ''
  }

  async send(text: string): Promise<void> {
    await this.#own.send(text, this.nameOf(this.room.self))
  }

  /** Whether something would be lost if the page went now. */
  get isAtRisk(): boolean {
    return this.#own.areAtRisk || this.files.areUnderWay
  }

  /** Tells the others whether something is being written here. */
  type(isTyping: boolean): void {
    this.room.setTyping(isTyping)
  }

  sendFiles(files: readonly File[]): void {
    this.files.send(files, this.nameOf(this.room.self))
  }

  /** Takes an own message that could not be sent out of the conversation, to be written again. */
  withdraw(key: number): void {
    this.#entries.remove(key)
    this.#changed()
  }

  /** Answers a knock. */
  async answer(peer: string, isWelcome: boolean): Promise<void> {
    await this.#attempt(async () => {
      await (isWelcome ? this.room.admit(peer) : this.room.deny(peer))
      this.#endKnock(peer)
    })
  }

  /** Answers who asks for what was said before. */
  async answerEarlier(peer: string, isWilling: boolean): Promise<void> {
    await this.#attempt(() => this.earlier.answer(peer, isWilling))
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.trouble = describeError(error)
    }
    this.#changed()
  }

  dismissTrouble(): void {
    this.trouble = undefined
    this.#changed()
  }

  dispose(): void {
    this.#listening.abort()
    this.#own.dispose()
    this.#receipts.dispose()
    this.earlier.dispose()
    this.files.dispose()
    for (const timer of this.#patience.values()) clearTimeout(timer)
  }

  #listen(): void {
    this.#on('message', ({ from, name, text, version, revision, verified }) => {
      // Our own messages stand there since they were sent.
      if (from === this.room.self) return
      this.#entries.addMessage({ kind: 'message', from, name, text, version, revision, verified })
      this.#receipts.confirm(from, text)
      this.#stopTyping(from)
      this.onMessage({ from, name, text })
    })
    this.#on('typing', ({ peer, name, typing }) => {
      this.#stopTyping(peer)
      if (typing && peer !== this.room.self) this.typing = [...this.typing, { peer, name }]
    })
    this.#on('file', (offer) => this.files.hear(offer))
    this.#on('transfer', (transfer) => this.files.progress(transfer))
    this.#on('waiting', ({ frame, version, state }) => this.#wait(frame, version, state))
    this.#on('member', ({ peer, name, change }) => {
      if (name !== '') this.#names.set(peer, name)
      if (change === 'online' || change === 'offline') return
      this.#endKnock(peer)
      if (change !== 'admitted') this.earlier.forget(peer)
      // What the log tells of the time before we came in is no news.
      const news = this.room.state.status === 'joined' && peer !== this.room.self
      if (news) {
        const went = change === 'excluded' && this.#hasSplitOff(peer) ? 'split' : change
        this.#entries.add({ kind: 'notice', change: went, peer, name })
      }
    })
    this.#on('knock', (knock) => {
      this.#endKnock(knock.peer)
      this.knocks = [...this.knocks, knock]
    })
    this.#on('keys', (change) => this.#addKeyChange(change))
    this.#on('excluded', (detail) => (this.excluded = detail))
    this.#on('destroyed', (detail) => (this.destroyed = detail))
    this.#on('error', (error) => (this.trouble = describeError(error)))
    this.#on('joined', () => (this.trouble = undefined))
    this.#on('moved', () => {
      this.hasMoved = true
      this.knocks = []
    })
    this.#on('vote', () => {})
    this.#on('transport', () => {})
    this.#on('status', () => {})
  }

  #on<K extends keyof RoomEventDetails>(name: K, handle: (detail: RoomEventDetails[K]) => void): void {
    const listener = (event: Event): void => {
      // Every event of a room is a CustomEvent of the detail that its name stands for.
      if (event instanceof CustomEvent) handle(event.detail)
      this.#changed()
    }
    this.room.addEventListener(name, listener, { signal: this.#listening.signal })
  }

  /** Keeps a place for what waits for its key, once it has waited for a moment. */
  #wait(frame: number, version: string, state: RoomEventDetails['waiting']['state']): void {
    if (state === 'waiting') {
      const show = (): void => {
        this.#patience.delete(frame)
        this.#entries.wait(frame, version, 'waiting')
        this.#changed()
      }
      this.#patience.set(frame, setTimeout(show, PATIENCE_MS))
      return
    }
    clearTimeout(this.#patience.get(frame))
    // What nobody saw wait needs no place: its message is added at the end.
    if (!this.#patience.delete(frame)) this.#entries.wait(frame, version, state)
  }

  /** Whether the last that was done about somebody was to split it off. */
  #hasSplitOff(peer: string): boolean {
    const about = this.room.records
      .history(DEEDS_MAX)
      .findLast(({ peers }) => peers.some((one) => one.peer === peer))
    return about?.kind === 'split'
  }

  #stopTyping(peer: string): void {
    this.typing = this.typing.filter((one) => one.peer !== peer)
  }

  #endKnock(peer: string): void {
    this.knocks = this.knocks.filter((knock) => knock.peer !== peer)
  }

  #addKeyChange({ cause, version, revision }: Pick<KeyChange, 'cause' | 'version' | 'revision'>): void {
    const change = { key: this.#nextKey++, at: new Date(), cause, version, revision }
    const last = this.keyChanges.at(-1)
    // How a key came about says more than that it was there.
    const told = last?.cause === 'present' && last.version === version && last.revision === revision
    if (told) this.keyChanges = this.keyChanges.slice(0, -1)
    this.keyChanges = [...this.keyChanges, change].slice(-KEY_CHANGES_MAX)
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

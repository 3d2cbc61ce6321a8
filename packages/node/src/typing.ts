/** Who is typing: told by an action of our own that is worth nothing later. */
import { TYPING_MS } from './limits.ts'
import type { RoomEventDetails } from './room-api.ts'
import type { Actions } from './action.ts'

const ACTION = ':typing'

export interface TypingInit {
  readonly actions: Actions
  isClear(): boolean
  onTyping(detail: RoomEventDetails['typing']): void
}

interface Typist {
  readonly name: string
  timer: ReturnType<typeof setTimeout>
}

export class Typing {
  readonly #init: TypingInit
  /** Others that are typing. */
  readonly #typists = new Map<string, Typist>()
  /** When we last said that we are. */
  #toldAt: number | undefined
  #ours: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(init: TypingInit) {
    this.#init = init
    init.actions.hearOwn(ACTION, ({ data, from, name }) => {
      if (data === true) this.#begin(from, name)
      else this.ended(from)
    })
  }

  /** Tells the others whether our user types. */
  set(isTyping: boolean): void {
    clearTimeout(this.#ours)
    if (this.#isClosed) return
    if (isTyping) {
      this.#ours = setTimeout(() => this.set(false), TYPING_MS.again)
      const now = performance.now()
      if (this.#toldAt !== undefined && now - this.#toldAt < TYPING_MS.again) return
      this.#toldAt = now
    } else if (this.#toldAt === undefined) return
    else this.#toldAt = undefined
    if (this.#init.isClear()) void this.#init.actions.send(ACTION, isTyping).catch(() => undefined)
  }

  /** Our message is out, which tells the others that we have stopped. */
  said(): void {
    clearTimeout(this.#ours)
    this.#toldAt = undefined
  }

  /** A member has said something, or is gone, or has stopped. */
  ended(peer: string): void {
    const typist = this.#typists.get(peer)
    if (typist === undefined) return
    clearTimeout(typist.timer)
    this.#typists.delete(peer)
    this.#init.onTyping({ peer, name: typist.name, typing: false })
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#ours)
    for (const { timer } of this.#typists.values()) clearTimeout(timer)
    this.#typists.clear()
  }

  #begin(peer: string, name: string): void {
    const known = this.#typists.get(peer)
    clearTimeout(known?.timer)
    const timer = setTimeout(() => this.ended(peer), TYPING_MS.over)
    this.#typists.set(peer, { name, timer })
    if (known === undefined) this.#init.onTyping({ peer, name, typing: true })
  }
}

/** What was said in a room while we were in it, whether or not a component showed it. */
import type { Room } from '../room.ts'

/** Older ones are dropped. */
const MESSAGES_MAX = 500

/** A message of the conversation. */
export interface RoomMessage {
  /** Unlike that of any other message of this room here; for React's `key`. */
  id: number
  /** When it came, or was sent by us: milliseconds since 1970. */
  at: number
  /** Peer id of who said it. Its signature was checked. */
  from: string
  /** The name it goes by; it may be anybody's. */
  name: string
  text: string
  /** Whether we said it. */
  isOwn: boolean
}

export class Messages {
  readonly #room: Room
  readonly #watchers = new Set<() => void>()
  #all: readonly RoomMessage[] = []
  #nextId = 0

  constructor(room: Room) {
    this.#room = room
    room.addEventListener('message', ({ detail }) => this.#add(detail))
  }

  get all(): readonly RoomMessage[] {
    return this.#all
  }

  async send(text: string): Promise<{ reached: number }> {
    const sent = await this.#room.send(text)
    const { self, members } = this.#room
    const name = members.find(({ peer }) => peer === self)?.name ?? ''
    this.#add({ from: self, name, text })
    return sent
  }

  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange)
    return () => void this.#watchers.delete(onChange)
  }

  #add({ from, name, text }: Pick<RoomMessage, 'from' | 'name' | 'text'>): void {
    const isOwn = from === this.#room.self
    const message = { id: this.#nextId++, at: Date.now(), from, name, text, isOwn }
    this.#all = [...this.#all, message].slice(-MESSAGES_MAX)
    for (const onChange of this.#watchers) onChange()
  }
}

/** They live as long as their room, so that a component that comes back finds what it missed. */
const known = new WeakMap<Room, Messages>()

/** The messages of a room, gathered from the first call on. */
export function messagesOf(room: Room): Messages {
  const messages = known.get(room) ?? new Messages(room)
  known.set(room, messages)
  return messages
}

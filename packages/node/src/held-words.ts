/** Tells of frames that wait for a key, so that whoever shows a conversation can keep a place for what they say. */
import type { Inbound, Screened, Waiting } from '@conclave/protocol'
import { HELD_WORDS_MAX, HELD_WORDS_MS } from './limits.ts'
import type { RoomEventDetails } from './room-api.ts'

export type WaitingFrame = RoomEventDetails['waiting']

interface Held {
  readonly frame: number
  readonly version: string
  readonly timer: ReturnType<typeof setTimeout>
}

export class HeldWords {
  readonly #tell: (waiting: WaitingFrame) => void
  readonly #held = new Map<Inbound, Held>()
  #count = 0

  constructor(tell: (waiting: WaitingFrame) => void) {
    this.#tell = tell
  }

  /** A frame is kept until its key comes; one that waits for its sender to become known says nothing to show. */
  wait(inbound: Inbound, { awaits }: Waiting): void {
    if (!('version' in awaits) || this.#held.has(inbound) || this.#held.size >= HELD_WORDS_MAX) return
    const frame = this.#count++
    const { version } = awaits
    const timer = setTimeout(() => this.#end(inbound, 'gone'), HELD_WORDS_MS)
    this.#held.set(inbound, { frame, version, timer })
    this.#tell({ frame, version, state: 'waiting' })
  }

  /** It can be read now, and is what somebody said, or something that members tell each other by themselves. */
  opened(inbound: Inbound, { message }: Screened): void {
    const isWords = message.on === 'room' && message.content.kind === 'chat'
    this.#end(inbound, isWords ? 'opened' : 'gone')
  }

  /** It was looked at again; unless it waits on, nobody will read it. */
  refused(inbound: Inbound): void {
    this.#end(inbound, 'gone')
  }

  clear(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer)
    this.#held.clear()
  }

  #end(inbound: Inbound, state: 'opened' | 'gone'): void {
    const held = this.#held.get(inbound)
    if (held === undefined) return
    clearTimeout(held.timer)
    this.#held.delete(inbound)
    const { frame, version } = held
    this.#tell({ frame, version, state })
  }
}

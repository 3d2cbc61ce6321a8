/** Which counters of which sessions were seen (SPEC T5). Only what a sender signed may move a window. */
import { toString } from 'uint8arrays/to-string'
import type { PeerId } from '../ids.ts'
import { REPLAY_WINDOW, SESSIONS_PER_SENDER_MAX } from '../limits.ts'
import type { Session } from './frame.ts'

interface Window {
  highest: number
  readonly seen: Set<number>
}

export class ReplayWindows {
  /** By sender, then by salt; the salt heard longest ago comes first. */
  readonly #senders = new Map<PeerId, Map<string, Window>>()

  /** Whether a frame of this session may still be taken: not seen, and not too far behind. */
  isFresh(sender: PeerId, session: Session): boolean {
    const window = this.#senders.get(sender)?.get(toString(session.salt, 'base64'))
    if (window === undefined) return true
    return session.counter > window.highest - REPLAY_WINDOW && !window.seen.has(session.counter)
  }

  /** Marks a frame as taken. Call it only for a frame whose signature was checked. */
  mark(sender: PeerId, session: Session): void {
    const salts = this.#senders.get(sender) ?? new Map<string, Window>()
    this.#senders.set(sender, salts)
    const salt = toString(session.salt, 'base64')
    const window = salts.get(salt) ?? { highest: session.counter, seen: new Set<number>() }
    salts.delete(salt)
    salts.set(salt, window)
    window.seen.add(session.counter)
    window.highest = Math.max(window.highest, session.counter)
    // Those at the front are the oldest, but for a few that came late and go a little later.
    for (const counter of window.seen) {
      if (counter > window.highest - REPLAY_WINDOW) break
      window.seen.delete(counter)
    }
    const oldest = salts.keys().next()
    if (salts.size > SESSIONS_PER_SENDER_MAX && !oldest.done) salts.delete(oldest.value)
  }

  /** Forgets senders that are not on the roster any more. */
  keepOnly(members: ReadonlyMap<PeerId, unknown>): void {
    for (const sender of this.#senders.keys()) if (!members.has(sender)) this.#senders.delete(sender)
  }
}

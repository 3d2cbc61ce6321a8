/**
 * Telling a sender that its message is here: pages do so among themselves, a little later and several at once. Command-line peers
 * tell nothing, so what is not confirmed may have arrived all the same.
 */
import type { Room, RoomAction } from './room.ts'

const ACTION = 'page-arrived'
/** Messages of this long are confirmed together. */
const COLLECT_MS = 400
/** In a larger room confirmations would be more than what is said. */
const MEMBERS_MAX = 20
const RECEIPTS_MAX = 100

/** Names a message among those of its sender: the same for both. */
export function receiptOf(from: string, text: string): string {
  let sum = 0
  for (const letter of `${from}\n${text}`) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 4_294_967_291
  return sum.toString(36)
}

/** Whether members tell each other what arrived, in a room of so many others. */
export function isConfirmed(others: number): boolean {
  return others > 0 && others < MEMBERS_MAX
}

export class Receipts {
  readonly #room: Room
  readonly #action: RoomAction<string[]>
  readonly #listening = new AbortController()
  /** What is still to be told, by sender. */
  readonly #due = new Map<string, string[]>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(room: Room, onArrived: (peer: string, id: string) => void) {
    this.#room = room
    this.#action = room.makeAction(ACTION, { ephemeral: true, check: isReceipts })
    const { signal } = this.#listening
    this.#action.addEventListener(
      'receive',
      ({ detail }) => {
        for (const id of detail.data) onArrived(detail.from, id)
      },
      { signal },
    )
  }

  /** A message came. */
  confirm(from: string, text: string): void {
    if (!isConfirmed(this.#room.members.length - 1)) return
    const due = this.#due.get(from) ?? []
    this.#due.set(from, [...due, receiptOf(from, text)].slice(-RECEIPTS_MAX))
    this.#timer ??= setTimeout(() => this.#tell(), COLLECT_MS)
  }

  dispose(): void {
    this.#listening.abort()
    clearTimeout(this.#timer)
  }

  #tell(): void {
    this.#timer = undefined
    // Whoever is out of the room by now has nothing to confirm.
    for (const [to, ids] of this.#due) this.#action.send(ids, { to }).catch(() => {})
    this.#due.clear()
  }
}

function isReceipts(data: unknown): data is string[] {
  return (
    Array.isArray(data) &&
    data.length <= RECEIPTS_MAX &&
    data.every((id) => typeof id === 'string' && id.length <= 8)
  )
}

/**
 * What is said here, until somebody has it. What nobody has is in this page's memory alone: written to a disk, even under a key, since
 * the key would lie beside it, it would still be there after it was said, for whoever takes the disk. So the page says that it has to
 * stay open, and asks before it goes.
 */
import type { Delivery, Entries, Message } from './entries.ts'
import { receiptOf } from './receipts.ts'
import type { Room } from './room.ts'
import { describeError } from './words/errors.ts'

/** What nobody heard is said again so much later: by then gossip has forgotten it, and would not bring it twice. */
const UNHEARD_MS = 5_000

export class OwnMessages {
  readonly #room: Room
  readonly #entries: Entries
  readonly #onChange: () => void
  #repeating: ReturnType<typeof setTimeout> | undefined

  constructor(room: Room, entries: Entries, onChange: () => void) {
    this.#room = room
    this.#entries = entries
    this.#onChange = onChange
  }

  /** Whether something would be lost if the page went now. */
  get areAtRisk(): boolean {
    return this.#entries.list.some(
      (entry) =>
        entry.kind === 'message' &&
        (entry.delivery?.kind === 'sending' || entry.delivery?.kind === 'unheard'),
    )
  }

  /** Never rejects: what became of it stands at the message. */
  async send(text: string, name: string): Promise<void> {
    const { self, state } = this.#room
    const { version = '', revision } = state
    const key = this.#entries.add({
      kind: 'message',
      from: self,
      name,
      text,
      verified: true,
      version,
      revision,
      delivery: { kind: 'sending' },
    })
    this.#onChange()
    // Behind what waits, in the order it was said.
    if (this.#repeating === undefined) await this.#say(key, text)
    else this.#setDelivery(key, { kind: 'unheard' })
  }

  /** Somebody's page tells that it has one of our messages. */
  arrived(peer: string, id: string): void {
    const sent = this.#entries.list.findLast(
      (entry) => isUntoldBy(entry, peer) && receiptOf(this.#room.self, entry.text) === id,
    )
    if (sent?.kind !== 'message') return
    const before = sent.delivery?.kind === 'sent' ? sent.delivery : this.#sent()
    const delivery = { ...before, arrivedAt: [...before.arrivedAt, peer] }
    this.#entries.change(sent.key, (entry) => (entry.kind === 'message' ? { ...entry, delivery } : entry))
    this.#onChange()
  }

  dispose(): void {
    clearTimeout(this.#repeating)
  }

  async #say(key: number, text: string): Promise<void> {
    try {
      const { reached } = await this.#room.send(text)
      const hasOthers = this.#othersOf(this.#room).length > 0
      // A relay takes what is said also when it has nobody to pass it on to.
      const isUnheard = hasOthers && (reached === 0 || !this.#isSomebodyThere())
      this.#setDelivery(key, isUnheard ? { kind: 'unheard' } : this.#sent())
      if (isUnheard) this.#sayAgainSoon()
    } catch (error) {
      this.#setDelivery(key, { kind: 'failed', why: describeError(error) })
    }
  }

  #sayAgainSoon(): void {
    this.#repeating ??= setTimeout(() => {
      this.#repeating = undefined
      if (this.#isSomebodyThere()) void this.#sayUnheard()
      else this.#sayAgainSoon()
    }, UNHEARD_MS)
  }

  /** One after the other, as they were said; the first that nobody hears is not the last. */
  async #sayUnheard(): Promise<void> {
    for (const { key } of this.#entries.list) {
      // It may have arrived meanwhile.
      const entry = this.#entries.list.find((one) => one.key === key)
      if (entry?.kind !== 'message' || entry.delivery?.kind !== 'unheard') continue
      await this.#say(key, entry.text)
      if (this.#repeating !== undefined) return
    }
  }

  #sent(): Extract<Delivery, { kind: 'sent' }> {
    return { kind: 'sent', to: this.#othersOf(this.#room).length, arrivedAt: [] }
  }

  #othersOf({ members, self }: Room): Room['members'] {
    return members.filter(({ peer }) => peer !== self)
  }

  /** As far as is known: in a large room not everybody tells. */
  #isSomebodyThere(): boolean {
    return this.#othersOf(this.#room).some(({ online }) => online !== false)
  }

  #setDelivery(key: number, delivery: Delivery): void {
    const { version = '', revision } = this.#room.state
    // It waited for its key perhaps, and was said under the one that holds now.
    this.#entries.change(key, (entry) =>
      entry.kind === 'message' && !hasArrived(entry) ? { ...entry, version, revision, delivery } : entry,
    )
    this.#onChange()
  }
}

/** One of ours that may have arrived, which that peer has not told yet. */
function isUntoldBy(entry: Entries['list'][number], peer: string): entry is Message {
  if (entry.kind !== 'message') return false
  const { delivery } = entry
  return (
    delivery?.kind === 'unheard' ||
    delivery?.kind === 'sending' ||
    (delivery?.kind === 'sent' && !delivery.arrivedAt.includes(peer))
  )
}

function hasArrived({ delivery }: Message): boolean {
  return delivery?.kind === 'sent' && delivery.arrivedAt.length > 0
}

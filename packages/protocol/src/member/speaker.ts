/** What our user says: sent under a version that covers our view, held while there is none (SPEC K6, T6). */
import { fromString } from 'uint8arrays/from-string'
import { UsageError } from '../errors.ts'
import { CHAT_MAX, OUTBOX_BYTES_MAX, OUTBOX_MAX } from '../limits.ts'
import type { Context } from './context.ts'

export class Speaker {
  readonly #context: Context
  #held: string[] = []
  #bytes = 0

  constructor(context: Context) {
    this.#context = context
  }

  /** How many messages wait for a key. */
  get held(): number {
    return this.#held.length
  }

  /** Takes a message; throws `UsageError` when it is too long or too many wait already. */
  say(text: string): void {
    const bytes = fromString(text, 'utf8').length
    if (bytes === 0) throw new UsageError('bad-text', 'The message is empty. Write something.')
    if (bytes > CHAT_MAX) {
      throw new UsageError(
        'bad-text',
        `The message has ${bytes} bytes, at most ${CHAT_MAX} fit. Split it, or send a file.`,
      )
    }
    if (this.#held.length >= OUTBOX_MAX || this.#bytes + bytes > OUTBOX_BYTES_MAX) {
      throw new UsageError(
        'queue-full',
        `${this.#held.length} messages wait for a key already. Try again when they are gone.`,
      )
    }
    this.#held.push(text)
    this.#bytes += bytes
    this.flush()
  }

  /** Hands over what was held: somebody else is to say it. */
  takeHeld(): string[] {
    const held = this.#held
    this.#held = []
    this.#bytes = 0
    return held
  }

  /** Says what was held, as soon as we may. */
  flush(): void {
    const { current, isReady } = this.#context
    if (!isReady || current === undefined) return
    for (const text of this.takeHeld()) this.#context.broadcast('chat', { kind: 'chat', text }, current)
  }
}

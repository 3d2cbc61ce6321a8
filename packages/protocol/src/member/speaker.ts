/** What our user and its applications say: sent under a version that covers our view, held while there is none (SPEC K6, T6, A1). */
import { fromString } from 'uint8arrays/from-string'
import { UsageError } from '../errors.ts'
import type { PeerId } from '../ids.ts'
import {
  ACTION_MAX,
  ACTION_NAME_MAX,
  ACTION_TARGETS_MAX,
  CHAT_MAX,
  OUTBOX_BYTES_MAX,
  OUTBOX_MAX,
} from '../limits.ts'
import type { KeyReference } from '../traffic/frame.ts'
import type { Action, Said } from '../traffic/room-messages.ts'
import type { Context } from './context.ts'
import type { Loudness } from './output.ts'

/** Something that waits for a key. */
export interface Held {
  readonly said: Said
  readonly about: Loudness
}

export class Speaker {
  readonly #context: Context
  #held: Held[] = []
  #bytes = 0

  constructor(context: Context) {
    this.#context = context
  }

  /** How many messages wait for a key. */
  get held(): number {
    return this.#held.length
  }

  /** Takes a message; throws `UsageError` when it is too long or too many wait already. */
  say(said: Said, about: Loudness): void {
    const bytes = said.kind === 'chat' ? bytesOfText(said.text) : this.#bytesOf(said)
    if (this.#held.length >= OUTBOX_MAX || this.#bytes + bytes > OUTBOX_BYTES_MAX) {
      throw new UsageError(
        'queue-full',
        `${this.#held.length} messages wait for a key already. Try again when they are gone.`,
      )
    }
    this.#held.push({ said, about })
    this.#bytes += bytes
    this.flush()
  }

  /** Takes back a text that waits for a key, the latest of several; whether there was one. */
  takeBack(text: string): boolean {
    const index = this.#held.findLastIndex(({ said }) => said.kind === 'chat' && said.text === text)
    if (index < 0) return false
    this.#held.splice(index, 1)
    this.#bytes -= bytesOfText(text)
    return true
  }

  /** Hands over what was held: somebody else is to say it. */
  takeHeld(): Held[] {
    const held = this.#held
    this.#held = []
    this.#bytes = 0
    return held
  }

  /** Says what was held, as soon as we may. */
  flush(): void {
    const { current, isReady } = this.#context
    if (!isReady || current === undefined) return
    for (const { said, about } of this.takeHeld()) this.#context.broadcast(about, said, current)
  }

  /** Tells what a member said. What is for others is theirs to know (SPEC A2). */
  hear(from: PeerId, reference: KeyReference, said: Said): void {
    const { self } = this.#context
    const name = this.#context.nameOf(from)
    if (said.kind === 'chat') {
      this.#context.notify({ event: 'message', from, name, text: said.text, ...reference })
    } else if (said.to.length === 0 || said.to.includes(self)) {
      this.#context.notify({ event: 'action', from, name, action: said })
    }
  }

  #bytesOf({ name, to, data }: Action): number {
    const { alive } = this.#context.log.roster
    const length = fromString(name, 'utf8').length
    if (length === 0 || length > ACTION_NAME_MAX)
      throw new UsageError('bad-action', `An action has a name of 1 to ${ACTION_NAME_MAX} bytes.`)
    if (to.length > ACTION_TARGETS_MAX)
      throw new UsageError('bad-action', `Name ${ACTION_TARGETS_MAX} members at most, or nobody for all.`)
    if (!to.every((peer) => alive.has(peer)))
      throw new UsageError('not-a-member', 'Name members of this room. See "members" for who is.')
    if (data.length > ACTION_MAX)
      throw new UsageError(
        'bad-action',
        `The data has ${data.length} bytes, at most ${ACTION_MAX} fit. Split it, or send a file.`,
      )
    return data.length
  }
}

function bytesOfText(text: string): number {
  const bytes = fromString(text, 'utf8').length
  if (bytes === 0) throw new UsageError('bad-text', 'The message is empty. Write something.')
  if (bytes > CHAT_MAX) {
    throw new UsageError(
      'bad-text',
      `The message has ${bytes} bytes, at most ${CHAT_MAX} fit. Split it, or send a file.`,
    )
  }
  return bytes
}

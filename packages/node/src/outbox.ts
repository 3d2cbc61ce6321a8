/**
 * What a member asked for and has not had yet: one queue a room, control before chat before pieces of files (SPEC T6). Whatever
 * becomes of the keys must not wait behind pages of chat on a slow line, so chat waits here for its turn, not in the buffers of
 * streams.
 */
import { messageOf } from './errors.ts'
import { CONGESTION_LOOK_MS, CONGESTION_MS_MAX, UNSENT_MAX } from './limits.ts'
import { pause } from './pause.ts'
import type { Loudness, Output } from '@conclave/protocol'

export interface OutboxInit {
  carryOut(output: Output): Promise<void>
  /** Whether what is sent now would only wait in buffers. */
  isCongested(): boolean
  onTrouble(message: string): void
}

/** Tasks in the order they came, and the bytes in them. */
class Lane {
  readonly #outputs: Output[] = []
  #bytes = 0

  get length(): number {
    return this.#outputs.length
  }

  get isFull(): boolean {
    return this.#outputs.length >= UNSENT_MAX.outputs || this.#bytes >= UNSENT_MAX.bytes
  }

  push(output: Output): void {
    this.#outputs.push(output)
    this.#bytes += bytesOf(output)
  }

  shift(): Output | undefined {
    const output = this.#outputs.shift()
    if (output) this.#bytes -= bytesOf(output)
    return output
  }
}

export class Outbox {
  readonly #init: OutboxInit
  /** Also everything that stays here, such as what is to be stored: so it is done before anything that came after it. */
  readonly #control = new Lane()
  readonly #chat = new Lane()
  readonly #bulk = new Lane()
  /** The first output is not carried out before whoever made the room had its turn to listen. */
  readonly #opening = new Promise<void>((resolve) => setTimeout(resolve, 0))
  #running: Promise<void> | undefined
  /** Who waits until control that came before was carried out: after how many outputs. */
  #waiting: { after: number; tell: () => void }[] = []
  #pushed = 0
  #done = 0

  constructor(init: OutboxInit) {
    this.#init = init
  }

  /** Whether so much waits that no more should be said; others ask for pieces of files, and must not silence us by it. */
  isFull(about: Loudness): boolean {
    return about === 'bulk' ? this.#bulk.isFull : this.#chat.isFull
  }

  /** Whether something waits that goes before pieces of files. */
  get isBusy(): boolean {
    return this.#control.length + this.#chat.length > 0
  }

  /** What is to be sent and finds no room is lost, as on any network, and will be asked for; all else has room. */
  push(output: Output): void {
    const lane = this.#laneOf(output)
    if ('bytes' in output && lane === this.#control && lane.isFull) return
    lane.push(output)
    if (lane === this.#control) this.#pushed += 1
    this.#running ??= this.#run()
  }

  /** Resolves when all that was asked for so far was carried out, but for what is still to be said. */
  async settled(): Promise<void> {
    if (this.#done >= this.#pushed) return
    await new Promise<void>((tell) => this.#waiting.push({ after: this.#pushed, tell }))
  }

  /** Resolves when nothing is left. */
  async emptied(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    await this.#opening
    while (this.isBusy || this.#bulk.length > 0) {
      await this.#congestion()
      const output = this.#control.shift() ?? this.#chat.shift() ?? this.#bulk.shift()
      if (output === undefined) continue
      await this.#init.carryOut(output).catch((error: unknown) => this.#init.onTrouble(messageOf(error)))
      if (this.#laneOf(output) === this.#control) this.#settle()
    }
    this.#running = undefined
  }

  #laneOf(output: Output): Lane {
    if (output.kind !== 'broadcast') return this.#control
    if (output.about === 'bulk') return this.#bulk
    return output.about === 'chat' ? this.#chat : this.#control
  }

  /** Waits while there is nothing but chat to send, and no use in sending it. */
  async #congestion(): Promise<void> {
    const deadline = performance.now() + CONGESTION_MS_MAX
    // Not for ever: who reads too slowly is cut in the end, and must not keep the others from hearing each other.
    while (this.#mustWait() && performance.now() < deadline) {
      await pause(CONGESTION_LOOK_MS)
    }
  }

  #mustWait(): boolean {
    return this.#control.length === 0 && this.#init.isCongested()
  }

  #settle(): void {
    this.#done += 1
    const due = this.#waiting.filter(({ after }) => after <= this.#done)
    this.#waiting = this.#waiting.filter(({ after }) => after > this.#done)
    for (const { tell } of due) tell()
  }
}

function bytesOf(output: Output): number {
  return 'bytes' in output ? output.bytes.length : 0
}

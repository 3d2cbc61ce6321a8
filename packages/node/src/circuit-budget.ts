/** What one circuit has carried and may still carry, and whether it is of further use. */
import {
  CIRCUIT_BYTES,
  CIRCUIT_GRACE_MS,
  CIRCUIT_IDLE_MS,
  CIRCUIT_MESSAGE_BYTES_MAX,
  CIRCUIT_MS_MAX,
  CIRCUIT_OVERHEAD_BYTES,
  CIRCUIT_SIGNALLING_BYTES,
} from './limits.ts'
import type { Connection } from '@libp2p/interface'

const LARGEST = CIRCUIT_MESSAGE_BYTES_MAX + CIRCUIT_OVERHEAD_BYTES

export class CircuitBudget {
  readonly connection: Connection
  readonly peer: string
  readonly isOutbound: boolean
  /** Whether the longest message fitted when it opened; if not, it is from a relay that wants none of this. */
  readonly isRoomy: boolean
  readonly #openedAt: number
  /** Our messages, also those that libp2p has not handed to the relay and counted yet. */
  #sent = 0
  #sending = 0
  #isSpent = false
  #allowedThen: number | undefined
  #usedAt: number

  /** `now` is in monotonic milliseconds, here and below. */
  constructor(connection: Connection, now: number) {
    this.connection = connection
    this.peer = connection.remotePeer.toString()
    this.isOutbound = connection.direction === 'outbound'
    this.#openedAt = now
    this.#usedAt = now
    this.#allowedThen = this.#allowed
    this.isRoomy = this.isOutbound && this.#left - LARGEST >= CIRCUIT_SIGNALLING_BYTES
  }

  /** Whether a message may be sent here; if so its bytes are taken off, and `done` must follow. */
  take(message: number, now: number): boolean {
    const bytes = message + CIRCUIT_OVERHEAD_BYTES
    if (!this.#isUsable(now)) return false
    // Who opened a circuit may send its longest message at the very same moment.
    const kept = CIRCUIT_SIGNALLING_BYTES + (this.isOutbound ? 0 : LARGEST)
    if (this.#left - bytes < kept) {
      this.#isSpent = this.isOutbound
      return false
    }
    this.#sent += bytes
    this.#sending += 1
    this.#usedAt = now
    return true
  }

  done(now: number): void {
    this.#sending -= 1
    this.#usedAt = now
  }

  /** Nothing more may be sent here. */
  retire(): void {
    this.#isSpent = true
  }

  /**
   * Call it every now and then: notes what the other side and WebRTC's signalling did. libp2p's pings are further apart
   * than an idle circuit lives.
   */
  look(now: number): void {
    const allowed = this.#allowed
    if (allowed !== this.#allowedThen) this.#usedAt = now
    this.#allowedThen = allowed
  }

  /** Whether it should be closed by us. The other side's are for the other side to close, or the relay after two minutes. */
  isDue(now: number, isNeeded: boolean): boolean {
    if (!this.isOutbound || this.#sending > 0) return false
    const isDone = this.#isSpent || !isNeeded || now - this.#openedAt > CIRCUIT_MS_MAX
    return now - this.#usedAt >= (isDone ? CIRCUIT_GRACE_MS : CIRCUIT_IDLE_MS)
  }

  #isUsable(now: number): boolean {
    if (this.#isSpent || this.connection.status !== 'open') return false
    // The other side closes what is idle, perhaps at this moment.
    const isFresh = this.isOutbound || now - this.#usedAt < CIRCUIT_IDLE_MS / 2
    return isFresh && now - this.#openedAt < CIRCUIT_MS_MAX
  }

  /** libp2p counts what passed in both directions, as the relay does, if the relay said what it allows. */
  get #allowed(): number | undefined {
    const bytes = this.connection.limits?.bytes
    return bytes === undefined ? undefined : Number(bytes)
  }

  get #left(): number {
    return Math.min(this.#allowed ?? CIRCUIT_BYTES, CIRCUIT_BYTES - this.#sent)
  }
}

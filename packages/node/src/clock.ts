/**
 * The time that members keep, which goes on while the computer sleeps. The monotonic clock stands still then on some systems;
 * keys would outlive their time by as much, and a member would not know that it slept (SPEC M8).
 */
import type { StepContext } from '@conclave/protocol'
import { SLEEP_MS_MIN } from './limits.ts'

export interface Clocks {
  monotonic(): number
  wall(): number
}

const SYSTEM: Clocks = { monotonic: () => performance.now(), wall: () => Date.now() }

export class Clock {
  readonly #clocks: Clocks
  #monotonic: number
  #wall: number
  /** What the monotonic clock missed. */
  #missed = 0

  constructor(clocks = SYSTEM) {
    this.#clocks = clocks
    this.#monotonic = clocks.monotonic()
    this.#wall = clocks.wall()
  }

  /** Milliseconds since some moment; never goes back. Look at it every few seconds: that is how it notices a sleep. */
  now(): number {
    const [monotonic, wall] = [this.#clocks.monotonic(), this.#clocks.wall()]
    const missed = wall - this.#wall - (monotonic - this.#monotonic)
    // A clock that somebody sets forward looks the same. Then members are keyed again for nothing, and no harm is done.
    if (missed >= SLEEP_MS_MIN) this.#missed += missed
    this.#monotonic = monotonic
    this.#wall = wall
    return monotonic + this.#missed
  }
}

const clock = new Clock()

/** The time as members see it. */
export function memberTime(): number {
  return clock.now()
}

/** What comes with a member's step. */
export function stepContext(): StepContext {
  return {
    now: clock.now(),
    entropy: crypto.getRandomValues(new Uint8Array(32)),
    wallSeconds: Date.now() / 1_000,
  }
}

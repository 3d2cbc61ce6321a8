/**
 * Notices that the process slept: it was stopped, its computer was shut, its tab was hidden. Timers are late then, and
 * connections may have ended without a word.
 */
import { SLEEP_CHECK_MS, SLEEP_MS_MIN } from './limits.ts'

export class SleepWatch {
  readonly #onWake: () => void
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(onWake: () => void) {
    this.#onWake = onWake
  }

  start(): void {
    let before = clocks()
    this.#timer = setInterval(() => {
      const now = clocks()
      const gaps = now.map((clock, i) => clock - (before[i] ?? clock))
      before = now
      if (Math.max(...gaps) >= SLEEP_MS_MIN) this.#onWake()
    }, SLEEP_CHECK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** The monotonic clock stands still on some systems while the computer sleeps; the other may be set, which does no harm. */
function clocks(): number[] {
  return [performance.now(), Date.now()]
}

/**
 * How long we wait for others, in steps. In a process that slept, or that has more to do than its processor can, what we
 * wait for may have come long ago and lie unread. So time that passes in one piece counts as one step, however long it was:
 * what came meanwhile is read in the next.
 */
export interface PatienceInit {
  readonly ms: number
  readonly steps: number
  /** What the signal is aborted with. */
  readonly reason?: string
}

export class Patience {
  readonly #init: PatienceInit
  readonly #late = new AbortController()
  readonly #over = Promise.withResolvers<false>()
  #left: number
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Begins to wait. */
  constructor(init: PatienceInit) {
    this.#init = init
    this.#left = init.steps
    this.#wait()
  }

  /** Aborted when the wait is over. */
  get signal(): AbortSignal {
    return this.#late.signal
  }

  get isOver(): boolean {
    return this.#late.signal.aborted
  }

  /** Resolves when the wait is over. */
  get over(): Promise<false> {
    return this.#over.promise
  }

  /** Nobody waits any more: nothing is aborted. */
  end(): void {
    clearTimeout(this.#timer)
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#left -= 1
      if (this.#left > 0) return this.#wait()
      this.#late.abort(new Error(this.#init.reason ?? 'it took too long'))
      this.#over.resolve(false)
    }, this.#init.ms / this.#init.steps)
  }
}

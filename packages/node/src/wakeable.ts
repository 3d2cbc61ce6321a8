/** A pause that can be cut short. One waiter at a time. */
export class Wakeable {
  #wake: (() => void) | undefined
  #isWoken = false

  /** Whether the last pause was cut short. */
  get wasWoken(): boolean {
    return this.#isWoken
  }

  /** Resolves after `ms`, or when woken. */
  async wait(ms: number): Promise<void> {
    this.#isWoken = false
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        this.#isWoken = true
        resolve()
      }
    })
    this.#wake = undefined
  }

  wake(): void {
    this.#wake?.()
  }
}

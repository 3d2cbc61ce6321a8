/** A pause that can be cut short. One waiter at a time. */
export class Wakeable {
  #wake: (() => void) | undefined

  /** Resolves after `ms`, or when woken. */
  async wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  wake(): void {
    this.#wake?.()
  }
}

/** Tells how transfers go: every end, and of what goes on only so much as people can follow. */
import { PROGRESS_MS } from '../limits.ts'
import type { Transfer } from '../file-api.ts'

export class Progress {
  readonly #tell: (transfer: Transfer) => void
  #toldAt = -Infinity
  #last: Transfer | undefined

  constructor(tell: (transfer: Transfer) => void) {
    this.#tell = tell
  }

  get last(): Transfer | undefined {
    return this.#last
  }

  set(transfer: Transfer): void {
    const isNews = this.#last?.status !== transfer.status
    const isSame = !isNews && this.#last?.bytes === transfer.bytes
    this.#last = transfer
    const now = performance.now()
    if (isSame || (!isNews && now - this.#toldAt < PROGRESS_MS)) return
    this.#toldAt = now
    this.#tell(transfer)
  }
}

/** Events on the virtual clock, earliest first; of two at the same moment the one that was planned first. */
interface Event {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

export class EventQueue {
  /** A binary heap. */
  readonly #events: Event[] = []
  #order = 0

  push(at: number, run: () => void): void {
    this.#events.push({ at, order: this.#order++, run })
    this.#rise(this.#events.length - 1)
  }

  /** Takes out the next event that is due by `end`. */
  pop(end: number): Event | undefined {
    const [first] = this.#events
    const last = this.#events.at(-1)
    if (first === undefined || last === undefined || first.at > end) return undefined
    this.#events.pop()
    if (first !== last) {
      this.#events[0] = last
      this.#sink(0)
    }
    return first
  }

  #rise(start: number): void {
    for (let child = start; child > 0;) {
      const parent = (child - 1) >> 1
      if (!this.#swapIfBefore(child, parent)) return
      child = parent
    }
  }

  #sink(start: number): void {
    for (let parent = start; ;) {
      const left = 2 * parent + 1
      const [a, b] = [this.#events[left], this.#events[left + 1]]
      if (a === undefined) return
      const child = b !== undefined && isBefore(b, a) ? left + 1 : left
      if (!this.#swapIfBefore(child, parent)) return
      parent = child
    }
  }

  #swapIfBefore(child: number, parent: number): boolean {
    const [a, b] = [this.#events[child], this.#events[parent]]
    if (a === undefined || b === undefined || !isBefore(a, b)) return false
    this.#events[child] = b
    this.#events[parent] = a
    return true
  }
}

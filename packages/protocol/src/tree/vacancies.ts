/** Which leaf the next newcomer of a tree of assigned IDs gets: one that somebody left, else the first never used (SPEC R1). */
export class Vacancies {
  /** Of each tree that was merged into this one, what was never used. */
  readonly #unused: { next: number; readonly end: number }[]
  #left: number[] = []

  constructor(end: number) {
    this.#unused = [{ next: 0, end }]
  }

  get count(): number {
    return this.#unused.reduce((sum, { next, end }) => sum + end - next, this.#left.length)
  }

  take(): number | undefined {
    const left = this.#left.pop()
    if (left !== undefined) return left
    const range = this.#unused.find(({ next, end }) => next < end)
    return range && range.next++
  }

  giveBack(id: number): void {
    this.#left.push(id)
  }

  /** Takes over those of another tree, whose IDs became larger by `offset`. */
  merge(other: Vacancies, offset: number): void {
    for (const { next, end } of other.#unused) this.#unused.push({ next: next + offset, end: end + offset })
    for (const id of other.#left) this.#left.push(id + offset)
  }

  /** Gives up those from `offset` on, to a tree whose IDs begin there. */
  split(offset: number): Vacancies {
    const other = new Vacancies(0)
    const isOther = (id: number): boolean => id >= offset
    other.#unused.length = 0
    for (const range of this.#unused.filter(({ end }) => isOther(end - 1))) {
      other.#unused.push({ next: range.next - offset, end: range.end - offset })
      this.#unused.splice(this.#unused.indexOf(range), 1)
    }
    other.#left = this.#left.filter(isOther).map((id) => id - offset)
    this.#left = this.#left.filter((id) => !isOther(id))
    return other
  }
}

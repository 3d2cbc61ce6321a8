/** What is to happen later. The shell asks `next` when to come back; nothing here keeps time by itself. */
import type { Millis } from '../ids.ts'

interface Item {
  at: Millis
  readonly run: () => void
}

export class Agenda {
  readonly #items = new Map<string, Item>()

  /** Plans `run` under a name; a plan of the same name is replaced. */
  set(name: string, at: Millis, run: () => void): void {
    // Deleted first, so that plans due at the same moment run in the order they were made.
    this.#items.delete(name)
    this.#items.set(name, { at, run })
  }

  /** Plans it unless something is planned under that name already. */
  setOnce(name: string, at: Millis, run: () => void): void {
    if (!this.#items.has(name)) this.set(name, at, run)
  }

  has(name: string): boolean {
    return this.#items.has(name)
  }

  cancel(name: string): void {
    this.#items.delete(name)
  }

  /** Carries out a plan now, if there is one of that name. */
  hasten(name: string): void {
    const item = this.#items.get(name)
    this.#items.delete(name)
    item?.run()
  }

  /** Puts everything off by `ms`. */
  postpone(ms: Millis): void {
    for (const item of this.#items.values()) item.at += ms
  }

  clear(): void {
    this.#items.clear()
  }

  /** When the next plan is due. */
  get next(): Millis | undefined {
    let next: Millis | undefined
    for (const { at } of this.#items.values()) if (next === undefined || at < next) next = at
    return next
  }

  /** Runs what is due, earliest first. A plan made meanwhile waits for the next call, so this ends. */
  runDue(now: Millis): void {
    const due = [...this.#items].filter(([, item]) => item.at <= now).sort(([, a], [, b]) => a.at - b.at)
    for (const [name, item] of due) {
      if (this.#items.get(name) !== item) continue
      this.#items.delete(name)
      item.run()
    }
  }
}

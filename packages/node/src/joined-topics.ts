/** The topics a node takes messages of. Made before its gossipsub, and changed as rooms come and go. */
export class JoinedTopics {
  readonly #topics = new Set<string>()

  /** For gossipsub's filter. */
  readonly has = (topic: string): boolean => this.#topics.has(topic)

  /** For the rooms of this node, which call it when they are entered. */
  add(topics: Iterable<string>): void {
    for (const topic of topics) this.#topics.add(topic)
  }

  /** For the rooms of this node, which call it when they are closed. */
  delete(topics: Iterable<string>): void {
    for (const topic of topics) this.#topics.delete(topic)
  }
}

/** Ancestors in the graph of all operations ever made, worked out by the checkers for themselves. */
import type { OperationId, PeerId } from '@conclave/protocol'
import type { Operation } from '../../packages/protocol/src/log/operation.ts'
import type { Archive } from './archive.ts'

export class Past {
  readonly #archive: Archive
  readonly #ancestors = new Map<OperationId, ReadonlySet<OperationId>>()
  readonly #known = new Map<string, ReadonlySet<OperationId>>()

  readonly #roots = new Map<OperationId, OperationId>()

  constructor(archive: Archive) {
    this.#archive = archive
  }

  /** An operation's ancestors, without itself. */
  of(id: OperationId): ReadonlySet<OperationId> {
    let ancestors = this.#ancestors.get(id)
    if (ancestors === undefined) {
      const parents = this.#archive.operations.get(id)?.operation.parents ?? []
      ancestors = this.knownAt(parents)
      this.#ancestors.set(id, ancestors)
    }
    return ancestors
  }

  /** All that somebody with these heads knows. */
  knownAt(heads: readonly OperationId[]): ReadonlySet<OperationId> {
    const name = heads.join()
    let known = this.#known.get(name)
    if (known === undefined) {
      const all = new Set<OperationId>(heads)
      for (const head of heads) for (const ancestor of this.of(head)) all.add(ancestor)
      this.#known.set(name, all)
      known = all
    }
    return known
  }

  /** The founding that an operation goes back to: operations of two lineages never follow each other. */
  rootOf(id: OperationId): OperationId {
    const root = this.#roots.get(id) ?? [...this.of(id)].find((one) => this.of(one).size === 0) ?? id
    this.#roots.set(id, root)
    return root
  }

  /** All operations that admit a peer. */
  admissionsOf(peer: PeerId): Operation[] {
    return [...this.#archive.operations.values()]
      .map(({ operation }) => operation)
      .filter(
        ({ body, author }) =>
          (body.kind === 'admission' ? body.peer : author) === peer && body.kind !== 'change',
      )
  }
}

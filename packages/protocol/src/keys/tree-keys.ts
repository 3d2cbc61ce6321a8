/** Key trees of a room: the whole one that a manager has, and the path that everybody else has (SPEC V7, V8). */
import type { Entropy } from '../crypto/entropy.ts'
import type { Group } from '../group/genesis.ts'
import type { AdmissionId, PeerId, VersionId } from '../ids.ts'
import { TREE_WRAPS_MAX } from '../limits.ts'
import { managementOf } from '../log/management.ts'
import type { MembershipLog } from '../log/membership-log.ts'
import type { ChangeEntry, Entry } from '../log/roster.ts'
import { KeyTree } from '../tree/key-tree.ts'
import type { PathKeys, TreeMessage } from '../tree/messages.ts'
import { TreePath } from '../tree/tree-path.ts'
import { ROOM_TREE } from '../tree/tree-wraps.ts'
import { generationOf } from './generation.ts'
import { openTreeChange } from './new-change.ts'

/** The tree of a generation that we manage, and whose leaf is whose. */
export class RoomTree {
  readonly tree: KeyTree
  readonly #leaves = new Map<AdmissionId, number>()
  /** Who has asked for its path. */
  readonly #given = new Set<AdmissionId>()

  constructor(group: Group, entropy: Entropy) {
    this.tree = new KeyTree(group, { ...ROOM_TREE, ids: 'assigned' }, entropy.bytes())
  }

  /** Lets those in who are not in yet. They get their paths when they ask. */
  admit(members: Iterable<AdmissionId>, entropy: Entropy): void {
    const newcomers = [...members].filter((member) => !this.#leaves.has(member))
    if (newcomers.length === 0) return
    const joins = newcomers.map(() => ({ key: entropy.bytes() }))
    const { joined } = this.tree.change({ joins }, entropy.bytes())
    for (const [i, member] of newcomers.entries()) this.#leaves.set(member, joined[i] ?? 0)
  }

  /** What a member holds of the tree now. */
  pathOf(member: AdmissionId): PathKeys | undefined {
    const leaf = this.#leaves.get(member)
    if (leaf !== undefined) this.#given.add(member)
    return leaf === undefined ? undefined : this.tree.path(leaf)
  }

  /** Whether somebody can open what is wrapped for all. */
  isReached(member: AdmissionId | undefined): boolean {
    return member !== undefined && this.#given.has(member) && this.#leaves.has(member)
  }

  /** Whether all but these can leave in one change. */
  canKeep(remaining: ReadonlySet<AdmissionId>): boolean {
    return this.tree.wrapsWithout(this.#without(remaining).map(([, leaf]) => leaf)) <= TREE_WRAPS_MAX
  }

  /** All but these leave. What the others are to be told; undefined where nobody leaves. */
  keep(remaining: ReadonlySet<AdmissionId>, entropy: Entropy): TreeMessage | undefined {
    const gone = this.#without(remaining)
    if (gone.length === 0) return undefined
    const { message } = this.tree.change({ leaves: gone.map(([, leaf]) => leaf) }, entropy.bytes())
    for (const [member] of gone) this.#leaves.delete(member)
    return message
  }

  /** Everybody's path: for tests alone. */
  get unsafePathsForTests(): PathKeys[] {
    return [...this.#leaves.values()].map((leaf) => this.tree.path(leaf))
  }

  #without(remaining: ReadonlySet<AdmissionId>): [AdmissionId, number][] {
    return [...this.#leaves].filter(([member]) => !remaining.has(member))
  }
}

/** Who makes a tree, and with what. */
export interface Maker {
  readonly self: PeerId
  /** The last generation that this very process began. */
  readonly begun: VersionId | undefined
  readonly entropy: Entropy
}

export class TreeKeys {
  readonly #group: Group
  readonly #log: MembershipLog
  /** By generation. */
  readonly #managed = new Map<VersionId, RoomTree>()
  readonly #paths = new Map<VersionId, TreePath>()
  /** Grows whenever a path of ours does. */
  #moves = 0

  constructor(group: Group, log: MembershipLog) {
    this.#group = group
    this.#log = log
  }

  /**
   * The tree of a version's generation, if we manage that. It is made where we began the generation ourselves, so that nobody
   * can have been told of another one; who has lost it has to begin another generation (SPEC V6).
   */
  ours(version: Entry, by: Maker): RoomTree | undefined {
    const generation = generationOf(version).operation.id
    const management = managementOf(version)
    if (management?.scheme !== 'centralized-tree' || management.manager !== by.self) return undefined
    const made = this.#managed.get(generation)
    if (made || generation !== by.begun) return made
    const tree = new RoomTree(this.#group, by.entropy)
    this.#managed.set(generation, tree)
    return tree
  }

  /** Takes our path as the manager of a version's generation gives it. Returns whether it is news. */
  take(version: Entry, path: PathKeys): boolean {
    const isNews = this.#take(generationOf(version).operation.id, path)
    if (isNews) this.#moves++
    return isNews
  }

  #take(generation: VersionId, path: PathKeys): boolean {
    const held = this.#paths.get(generation)
    if (held?.id === path.id) return !held.holds(path) && held.replace(path)
    // The manager put us elsewhere: we left, and came back.
    if (held && held.serial > path.serial) return false
    held?.erase()
    this.#paths.set(generation, new TreePath(this.#group, ROOM_TREE, path))
    return true
  }

  /** Whether our path does not lead on from a version: it is not there, or has missed something, or too many have come since. */
  lacks(version: Entry): boolean {
    const path = this.#paths.get(generationOf(version).operation.id)
    if (path === undefined || path.serial < this.#serialOf(version)) return true
    const { body } = version.operation
    return body.kind === 'change' && body.tree !== undefined && path.isFarBehind(body.tree.secret.under)
  }

  /** The secret of a change, if our path opens it. Takes in what the change says of the tree in any case. */
  open({ operation, generation }: ChangeEntry): Uint8Array | undefined {
    const path = generation && this.#paths.get(generation.operation.id)
    if (path === undefined) return undefined
    const { serial } = path
    const secret = openTreeChange(this.#group, operation, path)
    if (secret || path.serial !== serial) this.#moves++
    return secret
  }

  /** How often paths of ours have moved on; undefined while we have none in a generation. */
  movesIn(generation: Entry | undefined): number | undefined {
    return generation && this.#paths.has(generation.operation.id) ? this.#moves : undefined
  }

  /** All paths that we hold, our members' too where we manage, with their generation: copies, for tests alone. */
  get unsafePathsForTests(): readonly (readonly [VersionId, PathKeys])[] {
    const ours = [...this.#paths].map(([generation, path]) => [generation, path.held] as const)
    const managed = [...this.#managed].flatMap(([generation, tree]) =>
      tree.unsafePathsForTests.map((path) => [generation, path] as const),
    )
    return [...ours, ...managed]
  }

  /** Erases those of all other generations. */
  keepOnly(versions: Iterable<VersionId>): void {
    const kept = new Set<VersionId>()
    for (const version of versions) {
      const entry = this.#log.get(version)
      if (entry) kept.add(generationOf(entry).operation.id)
    }
    for (const [generation, path] of this.#paths) {
      if (kept.has(generation)) continue
      path.erase()
      this.#paths.delete(generation)
    }
    for (const [generation, { tree }] of this.#managed) {
      if (kept.has(generation)) continue
      tree.erase()
      this.#managed.delete(generation)
    }
  }

  /** The number of the last message of the tree that a version's keys come after. */
  #serialOf(version: Entry): number {
    let at: Entry | undefined = version
    while (at !== undefined) {
      const { body }: Entry['operation'] = at.operation
      if (body.kind !== 'change') return 0
      if (body.tree?.message) return body.tree.message.serial
      at = this.#log.get(body.keyParent)
    }
    return 0
  }
}

/** Random histories of key trees: who remains has the key, and nobody else, whatever was lost on the way (SPEC R2–R6). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRejection } from '../src/errors.ts'
import type { TreeKey } from '../src/tree/derivation.ts'
import type { Ids, Newcomer } from '../src/tree/batch.ts'
import { KeyTree } from '../src/tree/key-tree.ts'
import { decodeLetter, encodeLetter, openAgain, openFirst, writeLetter } from '../src/tree/letter.ts'
import {
  decodeTreeMessage,
  encodeTreeMessage,
  type PathKeys,
  type TreeMessage,
} from '../src/tree/messages.ts'
import { Repeats } from '../src/tree/repeats.ts'
import type { KeyReference, Shape } from '../src/tree/shape.ts'
import { TreePath } from '../src/tree/tree-path.ts'
import { TreeAttacker } from '../../../test/simulation/tree-attacker.ts'
import { random, treeGroup } from './tree-support.ts'

fc.configureGlobal({ seed: 1998 })

interface Someone {
  readonly path: TreePath
  /** All it ever held, and how many batches had been when it came. */
  readonly held: PathKeys[]
  readonly since: number
}

/** What a batch does: how many come, and which of those who are there go, in parts of 256. */
const batches = fc.array(
  fc.record({
    joins: fc.integer({ min: 0, max: 4 }),
    leaves: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 14 },
)
const shapes = fc.constantFrom<Shape & { ids: Ids }>(
  { degree: 2, height: 6, ids: 'assigned' },
  { degree: 2, height: 12, ids: 'derived' },
  { degree: 3, height: 5, ids: 'derived' },
  { degree: 4, height: 4, ids: 'assigned' },
)

type Fate = 'lost' | 'late' | 'twice' | 'there'

/** A tree, its members, who left, and all that was sent; `each` looks after every batch. */
class History {
  readonly tree: KeyTree
  readonly here = new Map<number, Someone>()
  readonly gone: Someone[] = []
  readonly sent: TreeMessage[] = []
  /** The root's key after each batch. */
  readonly roots: (KeyReference & TreeKey)[] = []
  readonly #ids: Ids
  #drawn = 0

  constructor(shape: Shape & { ids: Ids }) {
    this.#ids = shape.ids
    this.tree = new KeyTree(treeGroup, shape, random(this.#drawn++))
  }

  run(steps: readonly { joins: number; leaves: readonly number[] }[], each?: () => void): void {
    for (const step of steps) {
      this.batch(step)
      each?.()
    }
  }

  batch({ joins, leaves }: { joins: number; leaves: readonly number[] }): void {
    const ids = [...this.here.keys()]
    const leaving = new Set(leaves.flatMap((part) => ids[Math.floor((part * ids.length) / 256)] ?? []))
    const newcomers = Array.from({ length: joins }, () => this.#newcomer())
    const { joined, message } = this.tree.change(
      { joins: newcomers, leaves: [...leaving] },
      random(this.#drawn++),
    )
    if (message) this.sent.push(message)
    for (const [id, someone] of this.here) {
      if (message) expect(someone.path.open(message)).toBe(leaving.has(id) ? 'closed' : 'opened')
      if (!leaving.has(id)) expect(someone.path.advanceRoot(this.tree.root)).toBe(true)
      someone.held.push(someone.path.held)
    }
    for (const id of leaving) {
      const someone = this.here.get(id)
      if (someone) this.gone.push(someone)
      this.here.delete(id)
    }
    for (const id of joined) {
      const path = new TreePath(treeGroup, this.tree.shape, this.tree.path(id))
      this.here.set(id, { path, held: [path.held], since: this.roots.length })
    }
    this.roots.push(this.tree.root)
  }

  #newcomer(): Newcomer {
    return {
      key: random(this.#drawn++),
      ...(this.#ids === 'derived' && { id: vacantId(this.tree, this.#drawn++) }),
    }
  }

  /** What follows from what some held, with all that was ever sent. */
  knownFrom(held: readonly PathKeys[], sent = this.sent): TreeAttacker {
    const attacker = new TreeAttacker(treeGroup, sent, this.roots)
    for (const path of held) attacker.learn(path, this.tree.shape)
    attacker.work()
    return attacker
  }
}

function check(
  property: (history: History, steps: readonly { joins: number; leaves: number[] }[]) => void,
  runs = 150,
): void {
  fc.assert(
    fc.property(shapes, batches, (shape, steps) => property(new History(shape), steps)),
    { numRuns: runs },
  )
}

describe('a tree that changes', () => {
  test('gives everybody who remains one and the same key, and takes it from who leaves', () => {
    check((history, steps) =>
      history.run(steps, () => {
        for (const [id, { path }] of history.here) {
          expect(path.root).toEqual(history.tree.root)
          // Nodes that went are forgotten.
          const levels = history.tree.path(id).keys.map(({ level }) => level)
          expect(levels).toEqual(expect.arrayContaining(path.held.keys.map(({ level }) => level)))
        }
      }),
    )
  })

  test('keeps its key from all who left, also together', () => {
    check((history, steps) =>
      history.run(steps, () => {
        if (history.here.size === 0) return
        const attacker = history.knownFrom(history.gone.flatMap(({ held }) => held))
        expect(attacker.has(history.tree.root)).toBe(false)
      }),
    )
  })

  test('keeps from newcomers what was said and wrapped before they came', () => {
    check((history, steps) => {
      history.run(steps)
      for (const { held, since } of [...history.here.values(), ...history.gone]) {
        const attacker = history.knownFrom(held)
        for (const root of history.roots.slice(0, since)) expect(attacker.has(root)).toBe(false)
      }
    }, 60)
  })

  test('opens nothing of before for who captures a member', () => {
    check((history, steps) => {
      history.run(steps)
      const now = history.roots.length - 1
      const attacker = history.knownFrom([...history.here.values()].map(({ path }) => path.held))
      for (const root of history.roots.slice(0, now)) {
        const isCurrent =
          root.version === history.roots[now]?.version && root.revision === history.roots[now]?.revision
        if (!isCurrent) expect(attacker.has(root)).toBe(false)
      }
      const used = history.sent.flatMap(({ fresh }) =>
        fresh.flatMap(({ wraps }) => wraps.map(({ under }) => under)),
      )
      for (const { level, prefix, version, revision } of used) {
        expect(attacker.known.has(`${level}/${prefix}/${version}/${revision}`)).toBe(false)
      }
    })
  })

  test('excludes a whole part at the price of the path above it', () => {
    const tree = new KeyTree(treeGroup, { degree: 2, height: 6, ids: 'assigned' }, random(1))
    tree.change({ joins: Array.from({ length: 64 }, (_, i) => ({ key: random(100 + i) })) }, random(2))
    const path = new TreePath(treeGroup, tree.shape, tree.path(0))
    const { message } = tree.change({ subtrees: [{ level: 3, prefix: 2 }] }, random(3))
    expect(tree.size).toBe(56)
    expect(message?.fresh.flatMap(({ wraps }) => wraps).length).toBe(2 * 3 - 1)
    expect(message && path.open(message)).toBe('opened')
    expect(path.root).toEqual(tree.root)
  })
})

describe('over a channel that loses, repeats and reorders', () => {
  test('members see what they missed, ask again, and end with the key', () => {
    const fates = fc.array(fc.constantFrom<Fate>('lost', 'late', 'twice', 'there'), {
      minLength: 40,
      maxLength: 40,
    })
    fc.assert(
      fc.property(shapes, batches, fates, (shape, steps, network) => {
        const room = new LossyRoom(shape, network)
        for (const step of steps) room.batch(step)
        room.settle()
        expect(room.apart()).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
})

interface Guest {
  readonly id: number
  /** The pairwise secret, until the first letter came. */
  readonly key: Uint8Array
  path?: TreePath
}

/** A manager and members between whom every packet has a fate, in turn. */
class LossyRoom {
  readonly #tree: KeyTree
  readonly #ids: Ids
  readonly #repeats = new Repeats()
  readonly #here = new Map<number, Guest>()
  readonly #fates: readonly Fate[]
  #late: (() => void)[] = []
  #packets = 0
  #drawn = 0

  constructor(shape: Shape & { ids: Ids }, fates: readonly Fate[]) {
    this.#ids = shape.ids
    this.#fates = fates
    this.#tree = new KeyTree(treeGroup, shape, random(this.#drawn++))
  }

  batch({ joins, leaves }: { joins: number; leaves: readonly number[] }): void {
    const ids = [...this.#here.keys()]
    const leaving = new Set(leaves.flatMap((part) => ids[Math.floor((part * ids.length) / 256)] ?? []))
    const everybody = [...this.#here.values()]
    const newcomers = Array.from({ length: joins }, () => ({
      key: random(this.#drawn++),
      ...(this.#ids === 'derived' && { id: vacantId(this.#tree, this.#drawn++) }),
    }))
    const { joined, message } = this.#tree.change(
      { joins: newcomers, leaves: [...leaving] },
      random(this.#drawn++),
    )
    for (const id of leaving) this.#here.delete(id)
    for (const [i, id] of joined.entries()) {
      const guest = { id, key: newcomers[i]?.key ?? random(0) }
      this.#here.set(id, guest)
      this.#answer(guest, false)
    }
    if (message === undefined) return
    const bytes = encodeTreeMessage(message)
    this.#repeats.keep(message.serial, bytes)
    for (const guest of everybody) this.#send(() => this.#hear(guest, bytes))
  }

  /** In the end nothing is lost any more, and who lacks something asks. */
  settle(): void {
    this.#flush()
    for (const guest of this.#here.values()) this.#answer(guest, true)
  }

  /** Members that do not have the key. */
  apart(): number[] {
    const { root } = this.#tree
    return [...this.#here.values()]
      .filter(({ path }) => !path?.advanceRoot(root) || !isSame(path.root, root))
      .map(({ id }) => id)
  }

  #hear(guest: Guest, bytes: Uint8Array): void {
    const message = decodeTreeMessage(this.#tree.shape, bytes)
    if (isRejection(message)) throw new Error(message.detail)
    const opened = guest.path?.open(message) ?? 'missed'
    if (opened !== 'missed' && opened !== 'closed') return
    this.#send(() => this.#answer(guest, false))
  }

  /** What a member missed while that is remembered, else its path. */
  #answer(guest: Guest, isSafe: boolean): void {
    // Who left asks, too, and hears nothing.
    if (this.#here.get(guest.id) !== guest) return
    const send = (deliver: () => void): void => (isSafe ? deliver() : this.#send(deliver))
    const missed = guest.path && this.#repeats.since(guest.path.serial, this.#tree.serial)
    if (missed?.length) for (const bytes of missed) send(() => this.#hear(guest, bytes))
    if (missed && guest.path?.serial === this.#tree.serial) return
    const letter = encodeLetter(writeLetter(treeGroup, this.#tree, guest.id))
    send(() => this.#read(guest, letter))
  }

  #read(guest: Guest, bytes: Uint8Array): void {
    const letter = decodeLetter(this.#tree.shape, bytes)
    if (isRejection(letter)) throw new Error(letter.detail)
    if (guest.path) openAgain(treeGroup, guest.path, letter)
    else {
      const path = openFirst(treeGroup, { shape: this.#tree.shape, key: guest.key }, letter)
      if (path) guest.path = path
    }
  }

  #send(deliver: () => void): void {
    const fate = this.#fates[this.#packets++ % this.#fates.length]
    if (fate === 'late') this.#late.push(deliver)
    if (fate === 'lost' || fate === 'late') return
    deliver()
    if (fate === 'twice') deliver()
    if (this.#packets % 3 === 0) this.#flush()
  }

  #flush(): void {
    const late = this.#late.reverse()
    this.#late = []
    for (const deliver of late) deliver()
  }
}

/** As a hash would, it names leaves all over the tree; each number another one. */
function vacantId(tree: KeyTree, number: number): number {
  const capacity = tree.shape.degree ** tree.shape.height
  for (let id = (number * 101) % capacity; ; id = (id + 101) % capacity) if (!tree.has(id)) return id
}

function isSame(a: TreeKey, b: TreeKey): boolean {
  return a.version === b.version && a.revision === b.revision && a.key.every((byte, i) => byte === b.key[i])
}

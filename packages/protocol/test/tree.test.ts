/** The centralized key tree of §3.2: its own example, what its messages cost, and its edges (SPEC R1–R8). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kdf } from '../src/crypto/kdf.ts'
import { isRejection, UsageError } from '../src/errors.ts'
import { wrapKey } from '../src/tree/derivation.ts'
import { KeyTree } from '../src/tree/key-tree.ts'
import { decodeLetter, encodeLetter, openAgain, openFirst, writeLetter } from '../src/tree/letter.ts'
import {
  decodeMerge,
  decodePath,
  decodeSplit,
  decodeTreeMessage,
  encodeMerge,
  encodePath,
  encodeSplit,
  encodeTreeMessage,
  type TreeMessage,
} from '../src/tree/messages.ts'
import { treeCosts } from '../../../test/simulation/tree-costs.ts'
import { TreePath } from '../src/tree/tree-path.ts'
import { fullTree, random, rangeOf, treeGroup, written } from './tree-support.ts'

const C = 0xc

function messageOf(changed: { message?: TreeMessage }): TreeMessage {
  if (changed.message === undefined) throw new Error('nobody left')
  return changed.message
}

describe('Figure 3: a full binary tree of depth 4, of which C leaves', () => {
  const tree = fullTree({ degree: 2, height: 4 })
  const paths = Array.from({ length: 16 }, (_, id) => new TreePath(treeGroup, tree.shape, tree.path(id)))
  const message = messageOf(tree.change({ leaves: [C] }, random(3)))

  test('the message is the seven keys of §3.2', () => {
    expect(written(message)).toEqual([
      "E_D(CD')",
      "E_CD'(CF')",
      "E_EF(CF')",
      "E_8B(8F')",
      "E_CF'(8F')",
      "E_07(0F')",
      "E_8F'(0F')",
    ])
  })

  test('the others open it, with fewer than two decryptions on average', () => {
    for (const path of paths) expect(path.open(message)).toBe(path.id === C ? 'closed' : 'opened')
    for (const path of paths) {
      if (path.id === C) expect(path.root.key).not.toEqual(tree.root.key)
      else expect(path.root).toEqual(tree.root)
    }
    const opened = paths
      .filter(({ id }) => id !== C)
      .map(
        ({ id }) =>
          message.fresh.filter(({ node }) => Math.floor(id / 2 ** node.level) === node.prefix).length,
      )
    expect(opened.reduce((a, b) => a + b) / opened.length).toBeLessThan(2)
    expect(Math.max(...opened)).toBe(4)
  })

  test("whoever comes next gets C's place", () => {
    const { joined, message: told } = tree.change({ joins: [{ key: random(4) }] }, random(5))
    expect(joined).toEqual([C])
    expect(told).toBeUndefined()
    expect(tree.path(C).keys.map(({ level }) => level)).toEqual([0, 1, 2, 3, 4])
    expect(tree.root.revision).toBe(1)
  })
})

/** A message of a leave out of a full binary tree, as long as one out of any other of that height. */
function leaveMessage(height: number): TreeMessage {
  return messageOf(fullTree({ degree: 2, height }).change({ leaves: [1] }, random(3)))
}

/** Bytes of such a message: its numbers, and for each level a node and its wraps. */
function ours(height: number): number {
  return 8 + 9 * height + 47 * (2 * height - 1)
}

describe('what a leave costs', () => {
  test.each([1, 2, 5, 8])('2W − 1 wraps in a full binary tree of height %i', (height) => {
    expect(leaveMessage(height).fresh.flatMap(({ wraps }) => wraps)).toHaveLength(2 * height - 1)
  })

  test('for W = 32 about 1,200 bytes in §3.2, with 128-bit keys and names left out; ours 3,257', () => {
    // Footnote 3: the TEK with three numbers of 32 bits, 31 KEKs with one, all but the lowest for two.
    const [number, key] = [4, 16]
    const paper = 3 * number + 2 * key + 30 * (number + 2 * key) + number + key
    expect(paper).toBe(1_144)
    for (const height of [1, 2, 5, 8])
      expect(encodeTreeMessage(leaveMessage(height))).toHaveLength(ours(height))
    expect(ours(32)).toBe(3_257)
  })

  test('d − 1 wraps at the bottom and d above in trees of degree d, and nothing for a join', () => {
    const tree = fullTree({ degree: 4, height: 3 })
    expect(messageOf(tree.change({ leaves: [5] }, random(3))).fresh.map(({ wraps }) => wraps.length)).toEqual(
      [3, 4, 4],
    )
    expect(tree.change({ joins: [{ key: random(4) }] }, random(5)).message).toBeUndefined()
  })

  test('those who leave together share their paths, with who joins meanwhile', () => {
    const tree = fullTree({ degree: 2, height: 4 })
    const changed = tree.change({ leaves: [0xc, 0xd, 0xe], joins: [{ key: random(4) }] }, random(3))
    expect(changed.joined).toEqual([0xe])
    // Nobody is left below CD, and the newcomer gets its path by itself.
    expect(written(messageOf(changed))).toEqual([
      "E_F(EF')",
      "E_EF'(CF')",
      "E_8B(8F')",
      "E_CF'(8F')",
      "E_07(0F')",
      "E_8F'(0F')",
    ])
  })
})

test('thousands of members take about 150 bytes each, and a leave as many wraps as the tree is high (SPEC R8)', () => {
  const costs = treeCosts(4_096, 2)
  expect(costs.bytesPerMember).toBeLessThan(160)
  expect(costs.wraps).toBe(2 * 12 - 1)
  expect(costs.isTogether).toBe(true)
})

describe('a tree of few members and many leaves', () => {
  const shape = { degree: 2, height: 48 }
  const tree = new KeyTree(treeGroup, { ...shape, ids: 'derived' }, random(1))
  const ids = Array.from(
    { length: 20 },
    (_, i) => new DataView(random(500 + i).buffer).getUint32(0) * 65_536 + i,
  )
  const paths = ids.map((id, i) => {
    tree.change({ joins: [{ key: random(i), id }] }, random(100 + i))
    return new TreePath(treeGroup, shape, tree.path(id))
  })

  test('grows without a word: who was there makes the new nodes as soon as they are named', () => {
    const message = messageOf(tree.change({ leaves: [ids[7] ?? 0] }, random(3)))
    expect(message.inserted.length).toBeGreaterThan(0)
    expect(message.fresh.length).toBeLessThan(10)
    for (const path of paths) expect(path.open(message)).toBe(path.id === ids[7] ? 'closed' : 'opened')
    for (const path of paths) if (path.id !== ids[7]) expect(path.root).toEqual(tree.root)
  })

  test('has nodes only where ways part', () => {
    for (const id of ids.filter((other) => other !== ids[7]))
      expect(tree.path(id).keys.length).toBeLessThan(12)
  })
})

describe('two trees', () => {
  const shape = { degree: 2, height: 3 }
  const make = (seed: number, count: number): { tree: KeyTree; paths: TreePath[] } => {
    const tree = new KeyTree(treeGroup, { ...shape, ids: 'assigned' }, random(seed))
    const { joined } = tree.change(
      { joins: Array.from({ length: count }, (_, i) => ({ key: random(seed + i) })) },
      random(seed + 50),
    )
    return { tree, paths: joined.map((id) => new TreePath(treeGroup, shape, tree.path(id))) }
  }
  const [a, b] = [make(10_000, 5), make(20_000, 8)]
  // The two managers have sent different numbers of messages.
  const first = messageOf(b.tree.change({ leaves: [7] }, random(4)))
  for (const path of b.paths) path.open(first)
  const former = [a.tree.root, b.tree.root]

  test('become one by a new root over the former ones, and change as one', () => {
    const [toA, toB] = a.tree.merge(b.tree, random(5)).map(encodeMerge)
    const told = [toA, toB].map((bytes) => decodeMerge(2, bytes ?? new Uint8Array()))
    const [mine, others] = told
    if (mine === undefined || others === undefined || isRejection(mine) || isRejection(others))
      throw new Error('refused')
    expect(written(mine.message)).toEqual(["E_07(0F')", "E_8F(0F')"])
    for (const path of a.paths) expect(path.merge(mine)).toBe('opened')
    for (const path of b.paths.slice(0, 7)) expect(path.merge(others)).toBe('opened')
    expect(b.paths[7]?.merge(others)).toBe('missed')
    expect(a.tree.size).toBe(12)
    const { joined, message } = a.tree.change(
      { leaves: [2], joins: [{ key: random(6) }, { key: random(7) }] },
      random(8),
    )
    // The leaver's place, and the one that the other tree had to give.
    expect(joined).toEqual([2, 15])
    const together = [...a.paths, ...b.paths.slice(0, 7)].filter(({ id }) => id !== 2)
    for (const path of together) expect(path.open(messageOf({ ...(message && { message }) }))).toBe('opened')
    for (const path of together) expect(path.root).toEqual(a.tree.root)
  })

  test('become two again by taking the root away', () => {
    const joint = a.tree.root
    const { other, told } = a.tree.split()
    const [mine, others] = told.map((part) => decodeSplit({ degree: 2, height: 4 }, encodeSplit(part)))
    if (mine === undefined || others === undefined || isRejection(mine) || isRejection(others))
      throw new Error('refused')
    for (const path of a.paths) if (path.id !== 2) expect(path.split(mine)).toBe('opened')
    for (const path of b.paths.slice(0, 7)) expect(path.split(others)).toBe('opened')
    expect([a.tree.size, other.size]).toEqual([5, 8])
    for (const path of a.paths) if (path.id !== 2) expect(path.root).toEqual(a.tree.root)
    for (const path of b.paths.slice(0, 7)) expect(path.root).toEqual(other.root)
    for (const key of [joint, ...former])
      expect([a.tree.root.key, other.root.key]).not.toContainEqual(key.key)
    const message = messageOf(other.change({ leaves: [3] }, random(9)))
    for (const path of b.paths.slice(0, 7))
      expect(path.open(message)).toBe(path.id === 3 ? 'closed' : 'opened')
  })

  test('whose members have mingled are split by leaving', () => {
    expect(() => a.tree.split()).toThrow(UsageError)
  })
})

describe('what comes from elsewhere', () => {
  const tree = fullTree({ degree: 2, height: 4 })
  const { shape } = tree
  const message = messageOf(tree.change({ leaves: [3] }, random(3)))

  test('is read as it was written, and in no other way', () => {
    const path = tree.path(5)
    expect(decodeTreeMessage(shape, encodeTreeMessage(message))).toEqual(message)
    expect(decodePath(shape, encodePath(path))).toEqual(path)
    const mutate = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) })
    for (const [bytes, again] of [
      [encodeTreeMessage(message), (x: Uint8Array) => read(decodeTreeMessage(shape, x), encodeTreeMessage)],
      [encodePath(path), (x: Uint8Array) => read(decodePath(shape, x), encodePath)],
      [
        encodeLetter(writeLetter(treeGroup, tree, 5)),
        (x: Uint8Array) => read(decodeLetter(shape, x), encodeLetter),
      ],
    ] as const) {
      fc.assert(
        fc.property(mutate, fc.nat({ max: 3 }), ({ at, to }, cut) => {
          const other = bytes.slice(0, bytes.length - cut)
          other[at % other.length] = to
          expect(again(other) ?? other).toEqual(other)
        }),
      )
    }
  })

  test('names nodes of the tree, and wraps under children of what they are for', () => {
    const [lowest, ...higher] = message.fresh
    if (lowest === undefined) throw new Error('nothing is fresh')
    const outside = { ...message, fresh: [{ ...lowest, node: { level: 1, prefix: 8 } }] }
    const elsewhere = { ...message, fresh: [{ ...lowest, node: { level: 1, prefix: 7 } }] }
    const unordered = { ...message, fresh: [...higher, lowest] }
    for (const bad of [outside, elsewhere, unordered]) {
      expect(decodeTreeMessage(shape, encodeTreeMessage(bad))).toMatchObject({ rejected: 'malformed' })
    }
  })

  test('changes nothing where it does not fit: a letter to somebody else, an old one, a message of another tree', () => {
    const path = new TreePath(treeGroup, shape, tree.path(5))
    const before = path.held
    expect(openAgain(treeGroup, path, writeLetter(treeGroup, tree, 6))).toBe(false)
    const bad = { ...message, serial: message.serial + 1, fresh: message.fresh.slice(1) }
    expect(path.open(bad)).toBe('closed')
    expect(path.open({ ...message, serial: message.serial + 2 })).toBe('missed')
    expect(path.held).toEqual(before)
    const letter = writeLetter(treeGroup, tree, 5)
    const forged = { ...letter, sealed: letter.sealed.map((byte) => byte ^ 1) }
    expect(openAgain(treeGroup, path, forged)).toBe(false)
    expect(path.held).toEqual(before)
    expect(openAgain(treeGroup, path, letter)).toBe(true)
    // Its key was used, and is gone.
    expect(openAgain(treeGroup, path, letter)).toBe(false)
    expect(openFirst(treeGroup, { shape, key: random(1) }, letter)).toBeUndefined()
  })

  test('a caller is told what to do instead', () => {
    const derived = new KeyTree(treeGroup, { degree: 3, height: 2, ids: 'derived' }, random(1))
    derived.change({ joins: [{ key: random(1), id: 4 }] }, random(2))
    const full = fullTree({ degree: 2, height: 1 })
    const wrong = [
      () => new KeyTree(treeGroup, { degree: 1, height: 4, ids: 'derived' }, random(1)),
      () => new KeyTree(treeGroup, { degree: 2, height: 49, ids: 'derived' }, random(1)),
      () => derived.change({ joins: [{ key: random(1), id: 4 }] }, random(3)),
      () => derived.change({ joins: [{ key: random(1), id: 9 }] }, random(3)),
      () => derived.change({ joins: [{ key: random(1) }] }, random(3)),
      () => derived.change({ leaves: [5] }, random(3)),
      () => full.change({ joins: [{ key: random(1) }] }, random(3)),
      () => full.change({ joins: [{ key: random(1), id: 1 }], leaves: [1] }, random(3)),
      () => full.change({ leaves: Array.from({ length: 1_025 }, () => 0) }, random(3)),
      () => full.merge(derived, random(3)),
      () => full.split(),
    ]
    const before = [derived.root, full.root]
    for (const call of wrong) expect(call).toThrow(UsageError)
    expect([derived.root, full.root]).toEqual(before)
  })
})

function read<T extends object>(
  value: T,
  encode: (value: Exclude<T, { rejected: unknown }>) => Uint8Array,
): Uint8Array | undefined {
  return isRejection(value) ? undefined : encode(value as Exclude<T, { rejected: unknown }>)
}

/** Four members of two bits: the node above the IDs that begin with `01` gets its key from KEK 1.0 and KEK 0.1. */
function kek(bit: number, value: number): Uint8Array {
  return random(9_000 + 2 * bit + value)
}

function fromSlots(id: number): Uint8Array {
  return kdf(treeGroup.suite, 'tree key', kek(1, id >> 1), kek(0, id & 1))
}

describe('tree keys that come from slot keys, as §3.3 has it', () => {
  test('open what is wrapped for others to two members that leave: together they hold all slots (SPEC R9)', () => {
    const [node, version] = [{ level: 2, prefix: 0 }, 1]
    const root = random(42)
    // 00 and 11 leave; what is sent is under 01 and 10, which neither of them is.
    const wraps = [1, 2].map((id) => {
      const under = { level: 0, prefix: id, version: 0, revision: 0 }
      return {
        id,
        under,
        wrapped: wrapKey(treeGroup, { under, underKey: fromSlots(id), node, version }, root),
      }
    })
    const held = [kek(1, 0), kek(0, 0), kek(1, 1), kek(0, 1)]
    for (const { id, under, wrapped } of wraps) {
      const guess = kdf(
        treeGroup.suite,
        'tree key',
        held[(id >> 1) * 2] ?? root,
        held[(id & 1) * 2 + 1] ?? root,
      )
      expect(wrapKey(treeGroup, { under, underKey: guess, node, version }, wrapped)).toEqual(root)
    }
  })

  test('ours do not: a tree has keys of its own, and two that leave open nothing', () => {
    const tree = fullTree({ degree: 2, height: 2 })
    const leavers = [0, 3].map((id) => new TreePath(treeGroup, tree.shape, tree.path(id)))
    const message = messageOf(tree.change({ leaves: [0, 3] }, random(3)))
    expect(written(message).map((wrap) => wrap.slice(0, 3))).toEqual(['E_1', 'E_2', 'E_0', 'E_2'])
    for (const path of leavers) expect(path.open(message)).toBe('closed')
    const named = message.fresh.flatMap(({ wraps }) => wraps.map(({ under }) => rangeOf(under)))
    expect(named).toEqual(['1', '2', '01', '23'])
  })
})

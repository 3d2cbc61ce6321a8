/** A path under the key of its own leaf: how the manager gives it, so that this member alone reads it (paper §3.2; SPEC R6). */
import { type AeadInput, NONCE_LENGTH, TAG_LENGTH } from '../crypto/suite.ts'
import { isRejection, type Rejection } from '../errors.ts'
import { TREE_PATH_MAX } from '../limits.ts'
import { decode } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { advanceTo, letterKey, type TreeGroup } from './derivation.ts'
import type { KeyTree } from './key-tree.ts'
import { decodePath, encodePath, type PathKeys } from './messages.ts'
import { type KeyReference, readReference, type Shape, writeReference } from './shape.ts'
import { TreePath } from './tree-path.ts'

export interface Letter {
  /** The leaf's key as it was used; it has moved on since. */
  readonly under: KeyReference
  readonly sealed: Uint8Array
}

/** A letter to a member. It uses the key of its leaf, so a captured one opens no letter of before. */
export function writeLetter(group: TreeGroup, tree: KeyTree, id: number): Letter {
  const { under, key } = tree.useLeaf(id, ({ level, prefix, version, revision, key: leafKey }) => {
    const reference = { level, prefix, version, revision }
    return { under: reference, key: letterKey(group, leafKey, reference) }
  })
  return { under, sealed: group.suite.seal(boxOf(group, key), encodePath(tree.path(id))) }
}

/** A newcomer's first path; undefined when the letter is not for whoever has this pairwise secret. */
export function openFirst(
  group: TreeGroup,
  newcomer: { shape: Shape; key: Uint8Array },
  letter: Letter,
): TreePath | undefined {
  const { shape } = newcomer
  const start = { version: letter.under.version, revision: 0, key: newcomer.key }
  const leaf = advanceTo(group, start, letter.under)
  const path = leaf && openWith(group, { shape, key: leaf.key }, letter)
  return path && new TreePath(group, shape, path)
}

/** Takes the path that a member asked for again; false when the letter is not for it, or older than what it holds. */
export function openAgain(group: TreeGroup, path: TreePath, letter: Letter): boolean {
  const { shape } = path
  const keys = path.use(letter.under, (key) => openWith(group, { shape, key }, letter))
  return keys !== undefined && path.replace(keys)
}

function openWith(
  group: TreeGroup,
  leaf: { shape: Shape; key: Uint8Array },
  letter: Letter,
): PathKeys | undefined {
  const plain = group.suite.open(boxOf(group, letterKey(group, leaf.key, letter.under)), letter.sealed)
  const path = plain && decodePath(leaf.shape, plain)
  return path === undefined || isRejection(path) || path.id !== letter.under.prefix ? undefined : path
}

/** The key is used once, so its nonce is zero. */
function boxOf(group: TreeGroup, key: Uint8Array): AeadInput {
  return { key, nonce: new Uint8Array(NONCE_LENGTH), aad: group.id }
}

export function encodeLetter({ under, sealed }: Letter): Uint8Array {
  return writeReference(new Writer(), under).bytes(sealed).finish()
}

export function decodeLetter(shape: Shape, bytes: Uint8Array): Letter | Rejection {
  return decode(bytes, TREE_PATH_MAX + 32, (reader) => {
    const under = readReference(reader, shape)
    if (under.level !== 0) reader.fail('a letter to nobody')
    return { under, sealed: reader.bytes(TREE_PATH_MAX + TAG_LENGTH) }
  })
}

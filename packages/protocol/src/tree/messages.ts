/** What a manager sends about its tree: fresh keys for many, and one member's path (paper §3.2; SPEC R5, R6). */
import type { Rejection } from '../errors.ts'
import { TREE_MESSAGE_MAX, TREE_NODES_MAX, TREE_PATH_MAX } from '../limits.ts'
import { decode, type Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { TREE_KEY_LENGTH, type TreeKey } from './derivation.ts'
import {
  capacityOf,
  compareNodes,
  isAbove,
  isShape,
  type KeyReference,
  type NodeName,
  powerOf,
  readNode,
  readReference,
  type Shape,
  writeNode,
  writeReference,
} from './shape.ts'

/** A node that was put into the tree without a word: its key comes from that of `from`, below it (SPEC R4). */
export interface Inserted {
  readonly node: NodeName
  readonly version: number
  readonly from: KeyReference
}

export interface TreeWrap {
  readonly under: KeyReference
  /** 32 bytes: the fresh key under that one. */
  readonly wrapped: Uint8Array
}

/** A node whose key is fresh, under each child that somebody remains below. */
export interface FreshNode {
  readonly node: NodeName
  readonly wraps: readonly TreeWrap[]
}

/** What all members are told when somebody leaves. */
export interface TreeMessage {
  /** The messages of a tree are numbered; it is the version of every key that is fresh in it. */
  readonly serial: number
  /** Nodes that wraps are under and no earlier message named; those below first. */
  readonly inserted: readonly Inserted[]
  /** Children before parents, so that one pass opens it. */
  readonly fresh: readonly FreshNode[]
}

/** What the members of one side are told when two trees become one (SPEC R7). */
export interface TreeMerge {
  /** The last message of their own tree before it. */
  readonly after: number
  /** Of the new tree. */
  readonly height: number
  /** By how much their IDs become larger. */
  readonly offset: number
  /** The new root's key. */
  readonly message: TreeMessage
}

/** What the members of one side are told when a merge is undone. */
export interface TreeSplit {
  readonly after: number
  readonly serial: number
  /** Of their own tree from now on. */
  readonly height: number
  /** By how much their IDs become smaller again. */
  readonly offset: number
}

/** The keys from a leaf to the root, as of a message: what a newcomer gets, and whoever asks again. */
export interface PathKeys {
  readonly id: number
  readonly serial: number
  /** From the leaf up. */
  readonly keys: readonly (TreeKey & { readonly level: number })[]
}

export function encodeTreeMessage(message: TreeMessage): Uint8Array {
  return writeTreeMessage(new Writer(), message).finish()
}

export function decodeTreeMessage(shape: Shape, bytes: Uint8Array): TreeMessage | Rejection {
  return decode(bytes, TREE_MESSAGE_MAX, (reader) => readTreeMessage(reader, shape))
}

export function writeTreeMessage(writer: Writer, message: TreeMessage): Writer {
  return writer
    .u32(message.serial)
    .list(message.inserted, (inner, { node, version, from }) =>
      writeReference(writeNode(inner, node).u32(version), from),
    )
    .list(message.fresh, (inner, { node, wraps }) =>
      writeNode(inner, node).list(wraps, (innermost, wrap) =>
        writeReference(innermost, wrap.under).fixed(wrap.wrapped),
      ),
    )
}

export function readTreeMessage(reader: Reader, shape: Shape): TreeMessage {
  const serial = reader.u32()
  const inserted = reader.ascending(
    TREE_NODES_MAX,
    (inner) => readInserted(inner, shape),
    (a, b) => compareNodes(a.node, b.node),
  )
  const fresh = reader.ascending(
    TREE_NODES_MAX,
    (inner) => readFresh(inner, shape),
    (a, b) => compareNodes(a.node, b.node),
  )
  return { serial, inserted, fresh }
}

function readInserted(reader: Reader, shape: Shape): Inserted {
  const node = readNode(reader, shape)
  const version = reader.u32()
  const from = readReference(reader, shape)
  if (from.level >= node.level || !isAbove(shape, node, from)) reader.fail('a key from outside its node')
  return { node, version, from }
}

function readFresh(reader: Reader, shape: Shape): FreshNode {
  const node = readNode(reader, shape)
  const readWrap = (inner: Reader): TreeWrap => {
    const under = readReference(inner, shape)
    if (under.level >= node.level || !isAbove(shape, node, under)) inner.fail('a wrap from outside its node')
    return { under, wrapped: inner.fixed(TREE_KEY_LENGTH) }
  }
  return {
    node,
    wraps: reader.ascending(
      shape.degree,
      readWrap,
      (a, b) => childOf(shape, node, a) - childOf(shape, node, b),
    ),
  }
}

/** Which of its node's children a wrap is for. */
function childOf(shape: Shape, node: NodeName, { under }: TreeWrap): number {
  return Math.floor(under.prefix / powerOf(shape.degree, node.level - 1 - under.level))
}

export function encodePath(path: PathKeys): Uint8Array {
  return writePath(new Writer(), path).finish()
}

export function decodePath(shape: Shape, bytes: Uint8Array): PathKeys | Rejection {
  return decode(bytes, TREE_PATH_MAX, (reader) => readPath(reader, shape))
}

export function writePath(writer: Writer, path: PathKeys): Writer {
  return writer
    .u48(path.id)
    .u32(path.serial)
    .list(path.keys, (inner, { level, version, revision, key }) =>
      inner.u8(level).u32(version).u32(revision).fixed(key),
    )
}

/** A path has a leaf and a root; what is between depends on who else is there. */
export function readPath(reader: Reader, shape: Shape): PathKeys {
  const id = reader.u48()
  if (id >= capacityOf(shape)) reader.fail('an ID outside the tree')
  const serial = reader.u32()
  const keys = reader.ascending(
    shape.height + 1,
    (inner) => ({
      level: inner.u8(),
      version: inner.u32(),
      revision: inner.u32(),
      key: inner.fixed(TREE_KEY_LENGTH),
    }),
    (a, b) => a.level - b.level,
  )
  if (keys[0]?.level !== 0 || keys.at(-1)?.level !== shape.height)
    reader.fail('a path from no leaf to the root')
  return { id, serial, keys }
}

export function encodeMerge({ after, height, offset, message }: TreeMerge): Uint8Array {
  return writeTreeMessage(new Writer().u32(after).u8(height).u48(offset), message).finish()
}

export function decodeMerge(degree: number, bytes: Uint8Array): TreeMerge | Rejection {
  return decode(bytes, TREE_MESSAGE_MAX, (reader) => {
    const after = reader.u32()
    const height = readHeight(reader, degree)
    const offset = readOffset(reader, { degree, height })
    return { after, height, offset, message: readTreeMessage(reader, { degree, height }) }
  })
}

export function encodeSplit({ after, serial, height, offset }: TreeSplit): Uint8Array {
  return new Writer().u32(after).u32(serial).u8(height).u48(offset).finish()
}

/** `shape` is that of the tree which is split. */
export function decodeSplit(shape: Shape, bytes: Uint8Array): TreeSplit | Rejection {
  return decode(bytes, TREE_MESSAGE_MAX, (reader) => {
    const [after, serial] = [reader.u32(), reader.u32()]
    const height = readHeight(reader, shape.degree)
    if (height >= shape.height) reader.fail('a part that is no smaller')
    return { after, serial, height, offset: readOffset(reader, shape) }
  })
}

function readHeight(reader: Reader, degree: number): number {
  const height = reader.u8()
  return isShape({ degree, height }) ? height : reader.fail('a height that cannot be')
}

function readOffset(reader: Reader, shape: Shape): number {
  const offset = reader.u48()
  return offset < capacityOf(shape) ? offset : reader.fail('an offset that leads out of the tree')
}

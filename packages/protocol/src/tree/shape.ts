/** Where the keys of a key tree stand: IDs, nodes, and which lies above which (paper §3.2, Figure 3; SPEC R1). */
import { UsageError } from '../errors.ts'
import type { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/** A tree's degree `d` and its height `W`: the ID of a leaf has `W` digits of radix `d`. */
export interface Shape {
  readonly degree: number
  readonly height: number
}

/** A node is known to the leaves whose ID without its last `level` digits is `prefix`. A leaf has level 0. */
export interface NodeName {
  readonly level: number
  readonly prefix: number
}

/** Names a key (SPEC K1): a node's key is fresh in each version, and goes through the one-way function in each revision. */
export interface KeyReference extends NodeName {
  readonly version: number
  readonly revision: number
}

export const DEGREE_MAX = 255
/** IDs are integers below 2^48, which are exact in a double: an address and a port, or as much of a hash. */
export const IDS_MAX = 2 ** 48
export const KEY_REFERENCE_LENGTH = 15

export function isShape({ degree, height }: Shape): boolean {
  const isWhole = Number.isInteger(degree) && Number.isInteger(height)
  return isWhole && degree >= 2 && degree <= DEGREE_MAX && height >= 1 && powerOf(degree, height) <= IDS_MAX
}

/** The shape, or a `UsageError` where there can be no such tree. */
export function shapeOf(shape: Shape): Shape {
  if (isShape(shape)) return shape
  throw new UsageError(
    'bad-tree',
    'A key tree has a degree of 2 to 255, a height of 1 or more, and at most 2^48 leaves.',
  )
}

/** Exact, which `**` does not promise to be. */
export function powerOf(degree: number, exponent: number): number {
  let power = 1
  for (let i = 0; i < exponent; i++) power *= degree
  return power
}

/** How many leaves there can be. */
export function capacityOf({ degree, height }: Shape): number {
  return powerOf(degree, height)
}

export function rootName({ height }: Shape): NodeName {
  return { level: height, prefix: 0 }
}

/** The node of a level that is above a leaf. */
export function aboveLeaf({ degree }: Shape, id: number, level: number): NodeName {
  return { level, prefix: Math.floor(id / powerOf(degree, level)) }
}

/** Whether all leaves below `lower` are below `upper`, too; a node is above itself. */
export function isAbove({ degree }: Shape, upper: NodeName, lower: NodeName): boolean {
  if (upper.level < lower.level) return false
  return Math.floor(lower.prefix / powerOf(degree, upper.level - lower.level)) === upper.prefix
}

export function isOnPath(shape: Shape, node: NodeName, id: number): boolean {
  return isAbove(shape, node, { level: 0, prefix: id })
}

/** The lowest node that is above both. */
export function joinOf(shape: Shape, a: NodeName, b: NodeName): NodeName {
  let level = Math.max(a.level, b.level)
  let [x, y] = [a, b].map((node) => Math.floor(node.prefix / powerOf(shape.degree, level - node.level)))
  while (x !== y) {
    level++
    x = Math.floor((x ?? 0) / shape.degree)
    y = Math.floor((y ?? 0) / shape.degree)
  }
  return { level, prefix: x ?? 0 }
}

/** Children before parents, and of one level from left to right: the order in which a message is made and opened. */
export function compareNodes(a: NodeName, b: NodeName): number {
  return a.level - b.level || a.prefix - b.prefix
}

export function writeNode(writer: Writer, node: NodeName): Writer {
  return writer.u8(node.level).u48(node.prefix)
}

/** A node that can be in a tree of this shape. */
export function readNode(reader: Reader, shape: Shape): NodeName {
  const node = { level: reader.u8(), prefix: reader.u48() }
  if (node.level > shape.height || node.prefix >= powerOf(shape.degree, shape.height - node.level)) {
    reader.fail('a node outside the tree')
  }
  return node
}

export function writeReference(writer: Writer, key: KeyReference): Writer {
  return writeNode(writer, key).u32(key.version).u32(key.revision)
}

/** A key's name as it goes into a derivation. */
export function referenceBytes(key: KeyReference): Uint8Array {
  return writeReference(new Writer(), key).finish()
}

export function readReference(reader: Reader, shape: Shape): KeyReference {
  return { ...readNode(reader, shape), version: reader.u32(), revision: reader.u32() }
}

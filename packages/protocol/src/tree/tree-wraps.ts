/** What a change of a room has in place of wraps where its generation has a key tree (SPEC V7). */
import { ROOM_TREE_SKIP_MAX } from '../limits.ts'
import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import { TREE_KEY_LENGTH } from './derivation.ts'
import { readTreeMessage, type TreeMessage, type TreeWrap, writeTreeMessage } from './messages.ts'
import { readReference, writeReference } from './shape.ts'
import type { PathShape } from './tree-path.ts'

/** Trees of rooms: as many leaves as a log has operations, and three wraps a level where four take sixteen in two. */
export const ROOM_TREE: PathShape = { degree: 4, height: 8, skipMax: ROOM_TREE_SKIP_MAX }

export interface TreeWraps {
  /** Fresh keys for those who remain; absent where nobody left the tree. */
  readonly message?: TreeMessage
  /** The version's secret under the root's key. */
  readonly secret: TreeWrap
}

export function writeTreeWraps(writer: Writer, { message, secret }: TreeWraps): void {
  writeReference(writer.optional(message, writeTreeMessage), secret.under).fixed(secret.wrapped)
}

export function readTreeWraps(reader: Reader): TreeWraps {
  const message = reader.optional((inner) => readTreeMessage(inner, ROOM_TREE))
  const under = readReference(reader, ROOM_TREE)
  if (under.level !== ROOM_TREE.height) reader.fail('a secret that is not under the root')
  return { ...(message && { message }), secret: { under, wrapped: reader.fixed(TREE_KEY_LENGTH) } }
}

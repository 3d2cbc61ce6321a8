/** Key derivation: HMAC-SHA-256 over length-prefixed inputs, one label a purpose (SPEC C2). */
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { Writer } from '../wire/writer.ts'
import type { Suite } from './suite.ts'

/** Every purpose a key or digest is made for. A purpose never changes its inputs; a new need gets a new label. */
export type Label =
  | 'tek'
  | 'revision'
  | 'chain'
  | 'commitment'
  | 'kek'
  | 'wrap'
  | 'check'
  | 'sender'
  | 'mask'
  | 'lobby'
  | 'lobby topic'
  | 'room topic'
  | 'reply'
  | 'entropy'
  | 'file'
  | 'rank'
  | 'tree key'
  | 'tree revision'
  | 'tree insert'
  | 'tree wrap'
  | 'tree letter'

const PREFIX = 'conclave/1/'

/** 32 bytes that nobody can tell without `secret`, bound to the label and to each input in its place. */
export function kdf(
  suite: Suite,
  label: Label,
  secret: Uint8Array,
  ...inputs: readonly Uint8Array[]
): Uint8Array {
  const writer = new Writer().text(PREFIX + label)
  for (const input of inputs) writer.bytes(input)
  return suite.hmac(secret, writer.finish())
}

export type SignedKind = 'operation' | 'frame' | 'lobby' | 'grant' | 'proof' | 'leave'

/** What is really signed for a message of a kind: a signature for one purpose never serves another (SPEC C3). */
export function signedBytes(
  kind: SignedKind,
  group: Uint8Array,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  return concat([fromString(`${PREFIX}${kind}`, 'utf8'), Uint8Array.of(0), group, ...parts])
}

/** SHA-256 behind a label, for ids of public things (SPEC C4). */
export function labelledHash(
  suite: Suite,
  kind: 'genesis' | 'operation' | 'id' | 'open room' | 'packet' | 'safety' | 'safety room',
  bytes: Uint8Array,
): Uint8Array {
  return suite.hash(concat([fromString(`${PREFIX}${kind}`, 'utf8'), Uint8Array.of(0), bytes]))
}

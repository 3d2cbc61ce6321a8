/** Numbers for people to compare, so that they know whom they talk to whatever the network does (SPEC S3). */
import { compare } from 'uint8arrays/compare'
import { concat } from 'uint8arrays/concat'
import { toString } from 'uint8arrays/to-string'
import { labelledHash } from '../crypto/kdf.ts'
import { UsageError } from '../errors.ts'
import { publicKeyOf } from '../ids.ts'
import type { Group } from './genesis.ts'

const DIGITS = { peer: 30, all: 60 } as const
const CODE_BYTES = 5
/** Without the letters that are taken for digits or for each other. */
const CODE_LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Sixty digits for two peers, the same for both of them. Throws `UsageError` for what is no peer id. */
export function pairSafetyNumber(group: Group, one: string, other: string): string {
  const halves = [one, other].map((peer) => digitsOf(fingerprint(group, peer), DIGITS.peer))
  return inFives(halves.sort().join(''))
}

/** Sixty digits for all these peers, the members of a room. Throws `UsageError` for what is no peer id. */
export function roomSafetyNumber(group: Group, peers: readonly string[]): string {
  const keys = peers.map(keyOf).sort(compare)
  return inFives(digitsOf(labelledHash(group.suite, 'safety room', concat([group.id, ...keys])), DIGITS.all))
}

/** Eight characters that tell a peer from others of its name. Throws `UsageError` for what is no peer id. */
export function safetyCode(group: Group, peer: string): string {
  const bytes = fingerprint(group, peer).slice(-CODE_BYTES)
  const bits = numberOf(bytes)
  const letters = Array.from(
    { length: 8 },
    (_, i) => CODE_LETTERS[Number((bits >> BigInt(35 - 5 * i)) & 31n)],
  )
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`
}

function fingerprint(group: Group, peer: string): Uint8Array {
  return labelledHash(group.suite, 'safety', concat([group.id, keyOf(peer)]))
}

function keyOf(peer: string): Uint8Array {
  const key = publicKeyOf(peer)
  if (key === undefined)
    throw new UsageError('bad-peer', 'This is no peer id. See "members" for those of a room.')
  return key
}

function digitsOf(digest: Uint8Array, count: number): string {
  return (numberOf(digest) % 10n ** BigInt(count)).toString().padStart(count, '0')
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${toString(bytes, 'base16')}`)
}

function inFives(digits: string): string {
  return digits.replaceAll(/\d{5}(?=\d)/g, '$& ')
}

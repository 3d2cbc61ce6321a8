/** Offers of files as they travel, and what is made of names that others choose (SPEC A3). */
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { FILE_BYTES_MAX, FILE_NAME_BYTES_MAX } from '../limits.ts'
import type { FileOffer } from '../file-api.ts'

export const KEY_BYTES = 32
export const ID_BYTES = 16

/** What the offer says besides what users see. */
export interface Secrets {
  readonly id: Uint8Array
  readonly key: Uint8Array
}

export type Content = Pick<FileOffer, 'fileName' | 'type' | 'size' | 'hash'>

/** As data of an action. */
export function encodeOffer({ id, key }: Secrets, { fileName, type, size, hash }: Content): unknown {
  return { id: toString(id, 'base16'), key: toString(key, 'base16'), name: fileName, type, size, hash }
}

/** What somebody offers; undefined when it is no offer. */
export function decodeOffer(data: unknown): (Content & { id: string; secrets: Secrets }) | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const { id, key, name, type, size, hash } = data as Record<string, unknown>
  if (!isHex(id, ID_BYTES) || !isHex(key, KEY_BYTES) || !isHex(hash, 32)) return undefined
  if (typeof name !== 'string' || typeof type !== 'string' || !isSize(size)) return undefined
  return {
    id,
    secrets: { id: fromString(id, 'base16'), key: fromString(key, 'base16') },
    fileName: harmless(name),
    type: mediaType(type),
    size,
    hash,
  }
}

/** The id that data of another of our actions names. */
export function idOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('id' in data)) return undefined
  return isHex(data.id, ID_BYTES) ? data.id : undefined
}

/** A name that is no path, forges no line and turns no text around; never empty. */
export function harmless(name: string): string {
  const cleaned = name
    .toWellFormed()
    .replaceAll(/[/\\:]/g, '_')
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .trim()
  const short = shortened(cleaned)
  return short === '' || /^\.+$/.test(short) ? 'file' : short
}

/** The type if it is one, in lower case. */
export function mediaType(type: string): string {
  return /^[\w.+-]{1,63}\/[\w.+-]{1,63}$/.test(type) ? type.toLowerCase() : ''
}

/** Cut in the middle, so that the ending stays. */
function shortened(name: string): string {
  if (fromString(name, 'utf8').length <= FILE_NAME_BYTES_MAX) return name
  const all = Array.from(name)
  // No more than can stay: what is tried below is tried letter by letter, and others choose how long a name is.
  const [letters, ending] = [all.slice(0, FILE_NAME_BYTES_MAX), all.slice(-16)]
  while (fromString([...letters, ...ending].join(''), 'utf8').length > FILE_NAME_BYTES_MAX) letters.pop()
  return [...letters, ...ending].join('')
}

function isHex(value: unknown, bytes: number): value is string {
  return typeof value === 'string' && value.length === 2 * bytes && /^[0-9a-f]*$/.test(value)
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= FILE_BYTES_MAX
}

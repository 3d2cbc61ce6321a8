/** What the page says. Every error says what to do; codes of the networking code never reach the screen alone. */
import type { RoomStatus } from '@conclave/node'
import { harmlessText } from './text.ts'

export const statusWord: Record<RoomStatus, string> = {
  offline: 'Offline',
  joining: 'Joining',
  joined: 'In the room',
  excluded: 'Excluded',
  left: 'Left',
  destroyed: 'Destroyed',
  closed: 'Closed',
}

/** What a state that is not yet "in" means and what happens next. */
export const statusExplained: Partial<Record<RoomStatus, string>> = {
  offline:
    'No connection to the relay. Trying again by itself; nothing you write is sent until then. Check your network if this stays.',
  joining:
    'Waiting for a member to let you in. Somebody in the room has to be online; keep this page open meanwhile.',
}

const causeWords: Record<string, string> = {
  present: 'In use when this page came in',
  founding: 'The room was founded',
  introduction: 'A member was admitted',
  exclusion: 'A member was excluded',
  leave: 'A member left',
  seal: 'Changes made at the same time were sealed',
}

/** A cause in words; one that this page does not know yet stands as it came. */
export function causeWord(cause: string): string {
  return Object.hasOwn(causeWords, cause) ? (causeWords[cause] ?? cause) : harmlessText(cause)
}

/** The page's own errors. Those of the networking code are sentences already, written for people. */
const errorWords: Record<string, string> = {
  'not-loaded': 'Part of this page did not load. Check your connection and reload the page.',
  'no-relay-configured':
    'This site names no relay to create a room on. Ask whoever runs it, or join by an invite link, which brings its own relay.',
  'room-lost': 'Another tab took the place of this one. Open your invite link again.',
  'too-many-tabs': 'Too many tabs of this page are open. Close some of them and try again.',
  'invite-unreadable':
    'That is not a complete invite link. Copy the whole link again, up to its last letter.',
  'storage-denied':
    'The browser does not let this page keep data. Allow storage for this site, or use a normal instead of a private window.',
  'insecure-page': 'Browsers allow encryption only on https addresses and on localhost. Open the page there.',
}

/** An error in words that say what to do. */
export function describeError(error: unknown): string {
  const code = codeOf(error)
  const known = Object.hasOwn(errorWords, code) ? errorWords[code] : undefined
  if (known !== undefined) return known
  const message = messageOf(error)
  if (message !== '' && code !== '') return sentence(harmlessText(message))
  if (message === '') return 'Something failed without a reason. Reload the page and try again.'
  return `${sentence(harmlessText(message))} If it stays, reload the page and try again.`
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  // The names that IndexedDB uses when a browser forbids storage.
  const name = 'name' in error ? error.name : ''
  return name === 'SecurityError' || name === 'QuotaExceededError' || name === 'InvalidStateError'
    ? 'storage-denied'
    : ''
}

function messageOf(error: unknown): string {
  if (typeof error === 'string') return error
  if (typeof error !== 'object' || error === null || !('message' in error)) return ''
  return typeof error.message === 'string' ? error.message : ''
}

function sentence(text: string): string {
  const first = text.charAt(0).toLocaleUpperCase()
  return /[.!?]$/u.test(text) ? first + text.slice(1) : `${first}${text.slice(1)}.`
}

/** Causes and errors in words. Every error says what to do; codes of the networking code never reach the screen alone. */
import { harmlessText } from '../text.ts'
import { t } from './language.ts'

/** A cause in words; one that this page does not know yet stands as it came. */
export function causeWord(cause: string): string {
  return entry(t.causes, cause) ?? harmlessText(cause)
}

/** An error in words that say what to do. Those of the networking code are sentences already, in English, written for people. */
export function describeError(error: unknown): string {
  const code = codeOf(error)
  const known = entry(t.errors, code) ?? entry(t.roomErrors, code)
  if (known !== undefined) return known
  const message = messageOf(error)
  if (message !== '' && code !== '') return sentence(harmlessText(message))
  if (message === '') return t.errors['no-reason']
  return `${sentence(harmlessText(message))} ${t.errors['if-it-stays']}`
}

function entry(words: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(words, key) ? words[key] : undefined
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

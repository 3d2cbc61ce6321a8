/** Errors of the node, and reading those of others. */
export { UsageError } from '@conclave/protocol'

/** The message of anything that was thrown; WebSockets throw events, which may have none. */
export function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  if ('message' in error && typeof error.message === 'string' && error.message !== '') return error.message
  return 'type' in error ? `no more than an ${String(error.type)}` : 'no reason given'
}

/** Anything that was thrown as an error, for what takes nothing else. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error))
}

/** The `code` of a system error such as `ENOENT`, or an empty string. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

/** Whether it is the caller's to mend. Two copies of a package may be loaded, so the name counts, not the class. */
export function isUsageError(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error && error.name === 'UsageError' && 'code' in error && typeof error.code === 'string'
  )
}

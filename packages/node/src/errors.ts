/**
 * The caller's mistake, or something about the caller's machine that the caller has to change. The message is one
 * sentence that says what to do. What peers do wrong never becomes one of these: it is answered with a verdict.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** Stable, lower-case and hyphenated, e.g. `identity-damaged`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The `code` of a system error such as `ENOENT`, or an empty string. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

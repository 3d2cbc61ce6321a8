/**
 * Three kinds of failure, told apart by type: a bad peer (a `Rejection`, returned, state unchanged), a bad caller
 * (a `UsageError`, thrown, says what to do) and a bug of ours (`assert`, thrown).
 */

/** Why something from the network was refused. The codes are stable: tests, logs and the command line use them. */
export type RejectionCode =
  | 'too-long'
  | 'malformed'
  | 'trailing-bytes'
  | 'unknown-type'
  | 'wrong-group'
  | 'not-for-us'
  | 'undecryptable'
  | 'bad-signature'
  | 'replayed'
  | 'late'
  | 'not-a-member'
  | 'not-entitled'
  | 'unsolicited'
  | 'invalid-operation'
  | 'rate-limited'
  | 'not-ready'

/** Why something that a peer sent is not taken. It changed nothing. */
export interface Rejection {
  readonly rejected: RejectionCode
  /** A few words for a log. Never holds a secret or text that the peer chose. */
  readonly detail: string
}

export function reject(rejected: RejectionCode, detail: string): Rejection {
  return { rejected, detail }
}

/** Whether it is a rejection, and not what was asked for. Never throws. */
export function isRejection(value: object): value is Rejection {
  return 'rejected' in value
}

/**
 * The caller's mistake, or something about the caller's machine that the caller has to change. The message says what to
 * do. What peers do wrong never becomes one of these.
 */
export class UsageError extends Error {
  /** Tells it apart also where two copies of the package are loaded, and `instanceof` does not. */
  override readonly name = 'UsageError'
  /** Stable, lower-case and hyphenated, e.g. `bad-invite`. */
  readonly code: string

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** A condition that only a bug of ours can break. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Conclave bug: ${what}`)
}

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

export interface Rejection {
  readonly rejected: RejectionCode
  /** A few words for a log. Never holds a secret or text that the peer chose. */
  readonly detail: string
}

export function reject(rejected: RejectionCode, detail: string): Rejection {
  return { rejected, detail }
}

export function isRejection(value: object): value is Rejection {
  return 'rejected' in value
}

export type UsageCode =
  | 'bad-invite'
  | 'expired-invite'
  | 'bad-name'
  | 'bad-text'
  | 'not-joined'
  | 'not-a-member'
  | 'not-yourself'
  | 'nothing-to-do'
  | 'too-many'
  | 'queue-full'

/** The caller asked for something that cannot be done; the message says what to do instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code: UsageCode

  constructor(code: UsageCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A condition that only a bug of ours can break. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Conclave bug: ${what}`)
}

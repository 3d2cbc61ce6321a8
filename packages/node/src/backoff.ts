/** Exponential backoff with jitter, so that peers that lost the same relay do not come back at the same moment. */

export interface BackoffRange {
  /** Milliseconds before the second attempt. */
  readonly first: number
  /** Most milliseconds between two attempts. */
  readonly most: number
}

/** Milliseconds to wait after `failures` (at least 1) failures in a row: between half and all of the doubled time. */
export function backoffMs(failures: number, range: BackoffRange): number {
  const ceiling = Math.min(range.most, range.first * 2 ** Math.min(failures - 1, 20))
  return ceiling * (0.5 + Math.random() / 2)
}

/** Table 1 of the paper: the properties it compares schemes by, in its order, and what may be said of one. */
export const PROPERTIES = [
  'allows establishment of a group-wise key',
  'perfect forward secrecy',
  'dynamic join and leave can be handled',
  'trust in third parties required',
  'designed for one central controlling entity',
  'controlling entity must know all participants',
  'multiple leaves',
  'exclusion of colluding participants',
  'joining and separation of groups',
  'set-up implosion is an issue',
  'return channel required during operation',
  'assigned IDs or network IDs',
  'single point of failure',
  'easily recoverable',
  'small database',
  'involvement of multiple parties for leave and join',
] as const

export type Property = (typeof PROPERTIES)[number]
export type Answer = 'yes' | 'no' | 'difficult' | 'easy' | 'both' | 'network'

/** What a scheme answers, each by running it. */
export type Answers = Readonly<Record<Property, () => Answer>>

export function yesNo(isSo: boolean): 'yes' | 'no' {
  return isSo ? 'yes' : 'no'
}

/** A few of these that have everything between them; undefined when all of them do not. */
export function fewWith<T, Item>(
  holders: readonly T[],
  has: (holder: T) => ReadonlySet<Item>,
  everything: ReadonlySet<Item>,
): T[] | undefined {
  const missing = new Set(everything)
  const chosen: T[] = []
  while (missing.size > 0) {
    const gains = holders.map((holder) => [...has(holder)].filter((item) => missing.has(item)).length)
    const best = holders[gains.indexOf(Math.max(...gains))]
    if (best === undefined || Math.max(...gains) === 0) return undefined
    chosen.push(best)
    for (const item of has(best)) missing.delete(item)
  }
  return chosen
}

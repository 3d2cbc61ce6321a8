/** The three schemes side by side at each size, and whether anything grows that should not. */
import { type Cost, LEAVERS } from './cost.ts'
import { distributedCosts } from './distributed.ts'
import { flatCosts, type FlatTable } from './flat.ts'
import { treeCosts } from './tree.ts'

const FLAT: readonly FlatTable[] = [
  // Numbers of 32 bits, as the paper has them, and the first 128 bits of a hash, which it asks for where IDs are made.
  { scheme: 'Centralized Flat, numbers', idSpace: { symbols: 8, radix: 16 }, ids: 'assigned' },
  { scheme: 'Centralized Flat, hashes', idSpace: { symbols: 64, radix: 4 }, ids: 'derived' },
]

export function costsAt(members: number): Cost[] {
  return [
    ...treeCosts(members),
    ...FLAT.flatMap((table) => flatCosts(table, members)),
    ...distributedCosts(members),
  ]
}

/** What is counted, and so is the same on every machine. */
const COUNTED = ['multicasts', 'unicasts', 'bytes', 'wraps', 'hashes', 'hashesOfMember', 'again'] as const

/** What the paper says grows with the group, and why. */
const EXPECTED: readonly { scheme: RegExp; operation: RegExp; counted: string; why: string }[] = [
  {
    scheme: /Flat/,
    operation: /10 leaves/,
    counted: 'again',
    why: 'several who leave a flat table take a share of the others with them, who register again (§3.3, §4.1)',
  },
]

export interface Growth {
  readonly scheme: string
  readonly operation: string
  readonly counted: string
  readonly from: string
  readonly to: string
  /** Where the paper says so. */
  readonly why?: string
}

/**
 * All that grew faster than the logarithm of the group from the smallest size to any other; several leaves at once, than as many
 * single ones. A tree's depth and a table's positions are whole numbers, and a sample has its luck: one part in four and a
 * handful are allowed for that.
 */
export function growths(costs: readonly Cost[]): Growth[] {
  const bySize = [...costs].sort((a, b) => a.members - b.members)
  const kinds = Map.groupBy(bySize, ({ scheme, operation }) => `${scheme}: ${operation}`)
  return [...kinds.values()].flatMap((kind) => {
    const isBatch = kind[0]?.operation === BATCH
    const single = isBatch ? kinds.get(`${kind[0]?.scheme}: leave`) : kind
    const [least] = single ?? []
    return COUNTED.flatMap((counted) => growthOf(kind, { counted, least, times: isBatch ? LEAVERS : 1 }))
  })
}

const BATCH = '10 leaves at once'
const SLACK = 1.25
const HANDFUL = 8

interface Bound {
  readonly counted: (typeof COUNTED)[number]
  /** The smallest group, and how many of its operations these are. */
  readonly least: Cost | undefined
  readonly times: number
}

function growthOf(kind: readonly Cost[], { counted, least, times }: Bound): Growth[] {
  if (least === undefined) return []
  const handful = counted === 'bytes' ? 128 * HANDFUL : HANDFUL
  const grown = kind.find((one) => {
    const logarithm = Math.log(one.members) / Math.log(least.members)
    return one[counted] > SLACK * logarithm * times * least[counted] + handful
  })
  if (grown === undefined) return []
  const { scheme, operation } = grown
  const why = EXPECTED.find(
    (one) => one.scheme.test(scheme) && one.operation.test(operation) && one.counted === counted,
  )?.why
  const at = (cost: Cost | undefined): string =>
    `${cost ? Math.round(cost[counted]) : '?'} at ${cost?.members}`
  const last = kind.at(-1)
  return [{ scheme, operation, counted, from: at(kind[0]), to: at(last), ...(why && { why }) }]
}

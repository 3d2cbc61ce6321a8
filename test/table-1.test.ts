/**
 * Table 1 of the paper, answered by running the schemes: whatever is said of one here was tried. Where an answer is another
 * one than the paper's, it says why.
 */
import { describe, expect, test } from 'vitest'
import { DISTRIBUTED } from './table-1/distributed.ts'
import { FLAT } from './table-1/flat.ts'
import { type Answer, PROPERTIES, type Property } from './table-1/properties.ts'
import { TREE } from './table-1/tree.ts'

const SCHEMES = { 'Centralized Tree': TREE, 'Centralized Flat': FLAT, 'Distributed Flat': DISTRIBUTED }
const NAMES = Object.keys(SCHEMES) as (keyof typeof SCHEMES)[]

/** Tree, Centralized Flat, Distributed Flat, as printed. */
const PAPER: Record<Property, readonly [Answer, Answer, Answer]> = {
  'allows establishment of a group-wise key': ['yes', 'yes', 'yes'],
  'perfect forward secrecy': ['yes', 'yes', 'yes'],
  'dynamic join and leave can be handled': ['yes', 'yes', 'yes'],
  'trust in third parties required': ['no', 'no', 'no'],
  'designed for one central controlling entity': ['yes', 'yes', 'no'],
  'controlling entity must know all participants': ['yes', 'no', 'no'],
  'multiple leaves': ['yes', 'difficult', 'difficult'],
  'exclusion of colluding participants': ['yes', 'difficult', 'difficult'],
  'joining and separation of groups': ['easy', 'yes', 'yes'],
  'set-up implosion is an issue': ['yes', 'yes', 'no'],
  'return channel required during operation': ['no', 'no', 'yes'],
  'assigned IDs or network IDs': ['both', 'both', 'network'],
  'single point of failure': ['yes', 'yes', 'no'],
  'easily recoverable': ['no', 'yes', 'yes'],
  'small database': ['no', 'yes', 'yes'],
  'involvement of multiple parties for leave and join': ['no', 'no', 'yes'],
}

interface Better {
  readonly ours: readonly [Answer, Answer, Answer]
  readonly why: string
}

/** Where we are better than the paper. */
const BETTER: Partial<Record<Property, Better>> = {
  'exclusion of colluding participants': {
    ours: ['yes', 'yes', 'yes'],
    why: 'Taint is cumulative (SPEC K8, N3), so also those excluded one after the other open nothing together; and whoever is cut off with them gets the keys by asking, or registers again.',
  },
}

describe.each(NAMES)('Table 1, %s', (name) => {
  test.each(PROPERTIES)('%s', (property) => {
    const expected = (BETTER[property]?.ours ?? PAPER[property])[NAMES.indexOf(name)]
    expect(SCHEMES[name][property]()).toBe(expected)
  })
})

/**
 * What others need for the same, by their formulas: cost models of the paper's §2, not measurements. `n` is the number of
 * members that remain, keys have 32 bytes and 16 of a tag, as ours would under the same AEAD.
 */
import type { Cost, OperationName } from './cost.ts'

const KEY = 32 + 16
/** A group element of Diffie-Hellman in 2,048 bits, as Cliques exchanges them. */
const ELEMENT = 256
/** Members of a subgroup of Iolus. */
const SUBGROUP = 100
/** Children of a node of a spanning tree. */
const FAN_OUT = 2

type Model = Pick<Cost, 'multicasts' | 'unicasts' | 'bytes'>

export interface Related {
  readonly name: string
  /** How messages and bytes come about. */
  readonly formula: string
  /** What is not in the numbers. */
  readonly beside: string
  at(n: number, operation: OperationName): Model
}

export const RELATED: readonly Related[] = [
  {
    name: 'pairwise unicast (§1, the naive solution)',
    formula: `every change: n unicasts of one key, n · ${KEY} bytes`,
    beside: 'no more than that',
    at: (n) => ({ multicasts: 0, unicasts: n, bytes: n * KEY }),
  },
  {
    name: 'Spanning Tree [BD96]',
    formula: `every change: the key goes along n edges, n · ${KEY} bytes, ⌈log${FAN_OUT} n⌉ hops deep`,
    beside: 'every member is trusted to pass the key on unchanged; who is below one that fails gets none',
    at: (n) => ({ multicasts: 0, unicasts: n, bytes: n * KEY }),
  },
  {
    name: 'Cliques [STW97]',
    formula: `join: 1 unicast and 1 multicast of n elements; leave: 1 multicast of n elements; ${ELEMENT} bytes each`,
    beside: 'the one who manages does n exponentiations for each change, every other member one',
    at: (n, operation) => ({
      multicasts: 1,
      unicasts: operation === 'join' ? 1 : 0,
      bytes: (operation === 'join' ? 2 : 1) * n * ELEMENT,
    }),
  },
  {
    name: 'Iolus [Mit97]',
    formula: `join: 1 multicast and 1 unicast; leave: 1 message of s = min(n, ${SUBGROUP}) wraps a subgroup it is from; ${KEY} bytes each`,
    beside: `each of n / ${SUBGROUP} relay nodes is trusted with all that is said, and wraps every packet anew`,
    at: (n, operation) => {
      const subgroups =
        operation === 'join' || operation === 'leave' ? 1 : Math.min(10, Math.ceil(n / SUBGROUP))
      return operation === 'join'
        ? { multicasts: 1, unicasts: 1, bytes: 2 * KEY }
        : { multicasts: subgroups, unicasts: 0, bytes: subgroups * Math.min(n, SUBGROUP) * KEY }
    },
  },
]

/** Their costs as ours are, so that one check judges both. */
export function relatedCosts(members: number, operation: OperationName): Cost[] {
  const nothing = { wraps: 0, hashes: 0, hashesOfMember: 0, ms: 0, msOfMember: 0, again: 0 }
  return RELATED.map(({ name, at }) => ({
    scheme: name,
    operation,
    members,
    ...nothing,
    ...at(members, operation),
  }))
}

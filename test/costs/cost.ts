/** What one operation costs in one scheme, and how that is counted. */
import { type Claim, nobleSigner, nobleSuite, nobleVerify, type Signer, type Suite } from '@conclave/protocol'
import { Random } from '../simulation/random.ts'

export type OperationName = 'join' | 'leave' | '10 leaves at once'

/** Everything but times and members is counted, never estimated. */
export interface Cost {
  readonly scheme: string
  readonly operation: OperationName
  readonly members: number
  /** Messages to all, and to one. */
  readonly multicasts: number
  readonly unicasts: number
  /** Of all these messages, each counted once. */
  readonly bytes: number
  /** Keys under keys. */
  readonly wraps: number
  /** Hash and MAC calls: of whoever manages it, and of one other member on average. */
  readonly hashes: number
  readonly hashesOfMember: number
  readonly ms: number
  readonly msOfMember: number
  /** Members that were reached by none of it and have to be served one by one. */
  readonly again: number
}

/** What was measured of somebody. */
export interface Measured {
  readonly hashes: number
  readonly ms: number
}

export interface Counted extends Pick<Cost, 'scheme' | 'operation' | 'members'> {
  /** What went to all, and to one. */
  readonly multicast?: readonly Uint8Array[]
  readonly unicast?: readonly Uint8Array[]
  readonly wraps?: number
  readonly again?: number
  /** Of whoever manages it, and of one other member. */
  readonly made: Measured
  readonly followed: Measured
}

export function costOf(counted: Counted): Cost {
  const {
    scheme,
    operation,
    members,
    multicast = [],
    unicast = [],
    wraps = 0,
    again = 0,
    made,
    followed,
  } = counted
  return {
    scheme,
    operation,
    members,
    multicasts: multicast.length,
    unicasts: unicast.length,
    bytes: [...multicast, ...unicast].reduce((sum, { length }) => sum + length, 0),
    wraps,
    hashes: made.hashes,
    hashesOfMember: followed.hashes,
    ms: made.ms,
    msOfMember: followed.ms,
    again,
  }
}

/** Real primitives that count their calls. */
export class Meter {
  hashes = 0
  readonly suite: Suite = {
    ...nobleSuite,
    hash: (bytes) => {
      this.hashes++
      return nobleSuite.hash(bytes)
    },
    hmac: (key, bytes) => {
      this.hashes++
      return nobleSuite.hmac(key, bytes)
    },
  }

  /** What `run` takes of one of `among`. */
  measure<T>(run: () => T, among = 1): Measured & { value: T } {
    const [hashes, ms] = [this.hashes, performance.now()]
    const value = run()
    return { value, hashes: (this.hashes - hashes) / among, ms: (performance.now() - ms) / among }
  }
}

/** Randomness from a seed: the same run on every machine. */
export class Draw {
  readonly #random: Random

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  bytes(length = 32): Uint8Array {
    return this.#random.bytes(length)
  }

  number(limit: number): number {
    return this.#random.below(limit)
  }

  /** So many different numbers below `limit`. */
  numbers(count: number, limit: number): number[] {
    const drawn = new Set<number>()
    while (drawn.size < Math.min(count, limit)) drawn.add(this.number(limit))
    return [...drawn]
  }

  signer(): Signer {
    return nobleSigner(this.bytes())
  }
}

export function verify({ publicKey, message, signature }: Claim): boolean {
  return nobleVerify(publicKey, message, signature)
}

/** Members with real keys in each measurement; the others are counted. */
export const SAMPLE = 32
export const LEAVERS = 10

/** Says what a sample has to show, and ends the measurement where it does not. */
export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`this should hold in the sample: ${what}`)
}

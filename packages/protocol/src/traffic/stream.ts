/**
 * Packets that are signed by the list: each is sealed alone, and a few times a second the sender signs the hashes of all
 * that it sent of late (paper §3.1.1; SPEC T9–T11). Here is the sender and the list; `stream-receiver.ts` judges.
 */
import { compare } from 'uint8arrays/compare'
import { labelledHash } from '../crypto/kdf.ts'
import type { Signer } from '../crypto/suite.ts'
import { assert, type Rejection, UsageError } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import { ID_LENGTH, type Millis } from '../ids.ts'
import {
  FRAME_MAX,
  INTERVAL_PACKETS_MAX,
  LISTED_INTERVALS,
  LISTED_PACKETS_MAX,
  LISTED_SPAN_MAX,
  PACKET_MAX,
} from '../limits.ts'
import type { Timing } from '../timing.ts'
import { decode } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import {
  type KeyReference,
  LIST_FRAME,
  listedBytes,
  SALT_LENGTH,
  sealFrame,
  sealPacket,
  type Session,
} from './frame.ts'

/** What a sender signs: with a counter in this range it sent these packets, and no others. */
export interface PacketList {
  readonly first: number
  readonly last: number
  /** In ascending order, so that a set has one encoding. */
  readonly hashes: readonly Uint8Array[]
}

/** What a sender is made of. */
export interface StreamInit {
  readonly group: Group
  readonly signer: Signer
  /** 16 fresh random bytes, used for this stream and never again: they are its name, and keep its nonces apart (SPEC T2). */
  readonly salt: Uint8Array
  readonly timing: Pick<Timing, 'streamMs'>
}

/** A version's TEK that covers the sender's view (SPEC K6). It may be another one for each call. */
export interface StreamKey {
  readonly reference: KeyReference
  readonly tek: Uint8Array
}

interface Sent {
  readonly counter: number
  readonly hash: Uint8Array
}

/** Seals the packets of a stream of ours, and signs many of them at once. */
export class StreamSender {
  readonly #init: StreamInit
  #counter = 0
  /** The interval that runs, then those that ended last: each is listed `LISTED_INTERVALS` times (SPEC T10). */
  #intervals: Sent[][] = [[]]
  #deadline: Millis | undefined

  /** Throws a `UsageError` for a salt of another length. */
  constructor(init: StreamInit) {
    if (init.salt.length !== SALT_LENGTH)
      throw new UsageError('bad-salt', `A stream needs a fresh salt of ${SALT_LENGTH} bytes.`)
    this.#init = init
  }

  /** When `sign` is due; undefined while there is nothing to sign. */
  get nextDeadline(): Millis | undefined {
    return this.#deadline
  }

  /**
   * The frames to send for a packet: itself, and a list if it was the last that its interval takes. Throws a `UsageError`
   * for content that is empty or too long.
   */
  packet(content: Uint8Array, key: StreamKey, now: Millis): Uint8Array[] {
    if (content.length === 0 || content.length > PACKET_MAX)
      throw new UsageError('bad-packet', `A packet has 1 to ${PACKET_MAX} bytes. Split what is longer.`)
    const { group, signer } = this.#init
    const session = this.#next()
    const frame = sealPacket(group, { ...key, session, signer }, content)
    const [running = []] = this.#intervals
    running.push({ counter: session.counter, hash: packetHash(group, frame) })
    this.#deadline ??= now + this.#init.timing.streamMs
    const list = running.length === INTERVAL_PACKETS_MAX && this.sign(key, now)
    return list ? [frame, list] : [frame]
  }

  /** Ends an interval: the signed list of what was sent in it and in those before. Undefined if there is nothing to sign. */
  sign(key: StreamKey, now: Millis): Uint8Array | undefined {
    const sent = this.#intervals.flat().sort((a, b) => a.counter - b.counter)
    const [first, last] = [sent.at(0), sent.at(-1)]
    if (first === undefined || last === undefined) return undefined
    this.#intervals = [[], ...this.#intervals].slice(0, LISTED_INTERVALS)
    const isMoreOwed = this.#intervals.some((interval) => interval.length > 0)
    this.#deadline = isMoreOwed ? now + this.#init.timing.streamMs : undefined
    const hashes = sent.map(({ hash }) => hash).sort(compare)
    const list = encodeList({ first: first.counter, last: last.counter, hashes })
    const { group, signer } = this.#init
    return sealFrame(group, { ...key, type: LIST_FRAME, session: this.#next(), signer }, list)
  }

  #next(): Session {
    assert(this.#counter < 2 ** 48, 'a stream ends before its counters do')
    return { salt: this.#init.salt, counter: this.#counter++ }
  }
}

/** What stands for a packet in a list: header and ciphertext, never the tag (SPEC T10). */
export function packetHash({ suite }: Group, frame: Uint8Array): Uint8Array {
  return labelledHash(suite, 'packet', listedBytes(frame))
}

export function encodeList({ first, last, hashes }: PacketList): Uint8Array {
  return new Writer()
    .u48(first)
    .u48(last)
    .list(hashes, (inner, hash) => inner.fixed(hash))
    .finish()
}

export function decodeList(bytes: Uint8Array): PacketList | Rejection {
  return decode(bytes, FRAME_MAX, (reader) => {
    const first = reader.u48()
    const last = reader.u48()
    if (last < first) reader.fail('range of counters that ends before it begins')
    if (last - first >= LISTED_SPAN_MAX) reader.fail('range of counters too large', 'too-long')
    const hashes = reader.ascending(LISTED_PACKETS_MAX, (inner) => inner.fixed(ID_LENGTH), compare)
    if (hashes.length === 0 || hashes.length > last - first + 1) reader.fail('not as many as the range holds')
    return { first, last, hashes }
  })
}

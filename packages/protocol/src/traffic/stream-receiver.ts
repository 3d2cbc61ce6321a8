/**
 * Tells which packets of streams are from whom they name. A packet is told at once, since it opened and so is from some
 * member; its verdict follows with the sender's next signed list (paper §3.1.1; SPEC T10–T11).
 */
import type { Claim } from '../crypto/suite.ts'
import { isRejection, reject, type Rejection } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import { type Millis, type PeerId, toHex } from '../ids.ts'
import { LISTS_KEPT, PENDING_MAX, PENDING_PER_PEER_MAX, STREAMS_MAX } from '../limits.ts'
import type { Timing } from '../timing.ts'
import {
  type KeyReference,
  LIST_FRAME,
  openFrame,
  openPacket,
  PACKET_FRAME,
  parseFrame,
  type RoomFrame,
  type Session,
} from './frame.ts'
import { ReplayWindows } from './replay-window.ts'
import { decodeList, packetHash, type PacketList } from './stream.ts'

/** A packet's hash, in hex. */
export type PacketId = string & { readonly brand: 'PacketId' }

/**
 * `verified`: the member it names signed it. `disowned`: that one signed what it sent, and this was not in it: some other
 * member made it. `unverified`: no list told in time.
 */
export type Verdict = 'verified' | 'disowned' | 'unverified'

/** A packet that some member made, and the one it names. */
export interface Packet {
  readonly kind: 'packet'
  readonly id: PacketId
  readonly sender: PeerId
  /** The stream's salt, which is its name, and the packet's place in it. */
  readonly session: Session
  readonly content: Uint8Array
  /** Whether a list that came before it names it. Else its verdict follows. */
  readonly isVerified: boolean
}

/** A list whose signature is still to be checked. */
export interface SignedList {
  readonly kind: 'list'
  readonly sender: PeerId
  readonly session: Session
  readonly list: PacketList
  readonly claim: Claim
}

/** A packet with what was found of it. */
export interface Judged {
  readonly id: PacketId
  readonly verdict: Verdict
}

/** What a receiver is made of. */
export interface ReceiverInit {
  readonly group: Group
  readonly timing: Pick<Timing, 'verdictMs'>
  /** The TEK of a reference, if it is held. */
  readonly tekOf: (reference: KeyReference) => Uint8Array | undefined
  readonly isMember: (peer: PeerId) => boolean
}

/** Where a packet came from, and when. */
export interface Arrival {
  readonly from: PeerId
  readonly now: Millis
}

interface Pending {
  readonly stream: string
  readonly session: Session
  readonly sender: PeerId
  readonly from: PeerId
  readonly due: Millis
}

interface Signed {
  readonly first: number
  readonly last: number
  readonly ids: ReadonlySet<string>
}

/**
 * Opens the packets of streams and judges them, by the signatures that come later; nothing of it throws for what a peer
 * sent.
 */
export class StreamReceiver {
  readonly #init: ReceiverInit
  /** In order of arrival, which is that of their deadlines. */
  readonly #pending = new Map<PacketId, Pending>()
  readonly #perPeer = new Map<PeerId, number>()
  /** The last lists of a stream; the stream heard longest ago comes first. Only what was signed is in here. */
  readonly #streams = new Map<string, readonly Signed[]>()
  readonly #windows = new ReplayWindows()

  constructor(init: ReceiverInit) {
    this.#init = init
  }

  /** When `expire` is due. */
  get nextDeadline(): Millis | undefined {
    const oldest = this.#pending.values().next()
    return oldest.done ? undefined : oldest.value.due
  }

  /** Looks at what came. A list is for the caller to check, and then to `take`; before that it changes nothing. */
  receive(bytes: Uint8Array, arrival: Arrival): Packet | SignedList | Rejection {
    const type = bytes[0] === LIST_FRAME ? LIST_FRAME : PACKET_FRAME
    const frame = parseFrame(bytes, type)
    if (isRejection(frame)) return frame
    const tek = this.#init.tekOf(frame.reference)
    if (tek === undefined) return reject('not-ready', 'no key of this reference')
    return type === LIST_FRAME ? this.#list(frame, tek) : this.#packet(bytes, { frame, tek }, arrival)
  }

  /** Takes a list whose signature was checked; returns what it decides. */
  take({ sender, session, list }: SignedList): Judged[] {
    if (!this.#init.isMember(sender) || !this.#windows.isFresh(sender, session)) return []
    this.#windows.mark(sender, session)
    const stream = nameOf(sender, session)
    const ids = new Set(list.hashes.map(toHex))
    const lists = [...(this.#streams.get(stream) ?? []), { first: list.first, last: list.last, ids }]
    this.#streams.delete(stream)
    this.#streams.set(stream, lists)
    const judged = [...this.#pending].flatMap(([id, pending]) => {
      const verdict = pending.stream === stream ? judge(lists, id, pending.session.counter) : undefined
      return verdict === undefined ? [] : [this.#settle(id, pending, verdict)]
    })
    this.#streams.set(stream, lists.sort((a, b) => b.last - a.last).slice(0, LISTS_KEPT))
    const oldest = this.#streams.keys().next()
    if (this.#streams.size > STREAMS_MAX && !oldest.done) this.#streams.delete(oldest.value)
    return judged
  }

  /** The packets that waited long enough. */
  expire(now: Millis): Judged[] {
    const over = [...this.#pending].filter(([, { due }]) => due <= now)
    return over.map(([id, pending]) => this.#settle(id, pending, 'unverified'))
  }

  /** Forgets senders that are not on the roster any more. */
  keepOnly(members: ReadonlyMap<PeerId, unknown>): void {
    this.#windows.keepOnly(members)
  }

  #list(frame: RoomFrame, tek: Uint8Array): SignedList | Rejection {
    const opened = openFrame(this.#init.group, frame, tek)
    if (isRejection(opened)) return opened
    const { sender, session, claim } = opened
    if (!this.#init.isMember(sender)) return reject('not-a-member', 'list of somebody who is no member')
    if (!this.#windows.isFresh(sender, session)) return reject('replayed', 'list that was taken already')
    const list = decodeList(opened.content)
    return isRejection(list) ? list : { kind: 'list', sender, session, list, claim }
  }

  #packet(
    bytes: Uint8Array,
    { frame, tek }: { frame: RoomFrame; tek: Uint8Array },
    { from, now }: Arrival,
  ): Packet | Rejection {
    const { group, timing, isMember } = this.#init
    const opened = openPacket(group, frame, tek)
    if (isRejection(opened)) return opened
    const { sender, content } = opened
    const { session } = frame
    if (!isMember(sender)) return reject('not-a-member', 'packet that names somebody who is no member')
    const id = toHex(packetHash(group, bytes)) as PacketId
    if (this.#pending.has(id) || !this.#windows.isFresh(sender, session))
      return reject('replayed', 'packet that came already')
    const stream = nameOf(sender, session)
    const lists = this.#streams.get(stream) ?? []
    const verdict = judge(lists, id, session.counter)
    if (verdict === 'disowned') return reject('bad-signature', 'packet that whom it names did not send')
    if (verdict === undefined && lists.some(({ last }) => session.counter < last))
      return reject('late', 'packet from before all lists that are known')
    if (verdict === 'verified') this.#windows.mark(sender, session)
    else if (!this.#wait(id, { stream, session, sender, from, due: now + timing.verdictMs }))
      return reject('rate-limited', 'too many packets that no list names yet')
    return { kind: 'packet', id, sender, session, content, isVerified: verdict === 'verified' }
  }

  /** By who passed it on, since anybody inside can name anybody as the sender. */
  #wait(id: PacketId, pending: Pending): boolean {
    const count = this.#perPeer.get(pending.from) ?? 0
    if (count >= PENDING_PER_PEER_MAX || this.#pending.size >= PENDING_MAX) return false
    this.#perPeer.set(pending.from, count + 1)
    this.#pending.set(id, pending)
    return true
  }

  #settle(id: PacketId, { from, sender, session }: Pending, verdict: Verdict): Judged {
    this.#pending.delete(id)
    const left = (this.#perPeer.get(from) ?? 1) - 1
    if (left > 0) this.#perPeer.set(from, left)
    else this.#perPeer.delete(from)
    if (verdict === 'verified') this.#windows.mark(sender, session)
    return { id, verdict }
  }
}

function judge(lists: readonly Signed[], id: string, counter: number): Verdict | undefined {
  if (lists.some(({ ids }) => ids.has(id))) return 'verified'
  return lists.some(({ first, last }) => first <= counter && counter <= last) ? 'disowned' : undefined
}

function nameOf(sender: PeerId, { salt }: Session): string {
  return `${sender} ${toHex(salt)}`
}

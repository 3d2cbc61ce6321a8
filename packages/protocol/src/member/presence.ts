/** Whom we heard when, and where they say they can be reached. Hints only: presence never changes the roster. */
import type { Millis, PeerId } from '../ids.ts'
import { LOBBY_PEERS_MAX } from '../limits.ts'
import type { MembershipLog } from '../log/membership-log.ts'

interface Heard {
  at: Millis
  /** Last lobby heartbeat, and whether its sender was ready to introduce. */
  beatAt: Millis
  willing: boolean
  addresses: readonly string[]
  /** Last lobby heartbeat, so that an old one replayed does not count. */
  salt: string
  sequence: number
}

/** Who had beaten, and between which moments that is the answer. */
interface Beaten {
  readonly peers: Set<PeerId>
  readonly from: Millis
  to: Millis
  /** The members among them, until there is one more or less, or the log grows. */
  members?: { readonly peers: readonly PeerId[]; readonly log: MembershipLog; readonly size: number }
}

const UNHEARD: Heard = {
  at: -Infinity,
  beatAt: -Infinity,
  willing: false,
  addresses: [],
  salt: '',
  sequence: -1,
}

export class Presence {
  /** In order of being heard, the longest ago first. */
  readonly #heard = new Map<PeerId, Heard>()
  /** What was answered last. */
  #beaten: Beaten | undefined
  /** Told of everybody that is heard. */
  onHeard: (peer: PeerId) => void = () => undefined
  readonly #self: PeerId

  constructor(self: PeerId) {
    this.#self = self
  }

  hear(peer: PeerId, now: Millis): void {
    const heard = this.#heard.get(peer) ?? { ...UNHEARD, at: now }
    heard.at = now
    this.onHeard(peer)
    this.#heard.delete(peer)
    this.#heard.set(peer, heard)
    const oldest = this.#heard.keys().next()
    if (this.#heard.size > LOBBY_PEERS_MAX && !oldest.done) this.forget(oldest.value)
  }

  /** Takes somebody's word that a peer is there, unless we heard of it later ourselves. */
  suppose(peer: PeerId, now: Millis): void {
    if (!this.#heard.has(peer)) this.hear(peer, now)
  }

  /** Takes a lobby heartbeat; false when it is no newer than one of the same session. */
  beat(peer: PeerId, beat: Pick<Heard, 'salt' | 'sequence' | 'addresses' | 'willing'>, now: Millis): boolean {
    const known = this.#heard.get(peer)
    if (known && known.salt === beat.salt && beat.sequence <= known.sequence) return false
    this.hear(peer, now)
    const heard = this.#heard.get(peer)
    if (heard) Object.assign(heard, beat, { beatAt: now })
    if (peer !== this.#self && this.#beaten?.peers.has(peer) === false) {
      this.#beaten.peers.add(peer)
      this.#beaten.to = Math.min(this.#beaten.to, now)
      delete this.#beaten.members
    }
    return true
  }

  /** `ms` have passed in which we could not have heard anybody. */
  excuse(ms: Millis): void {
    for (const heard of this.#heard.values()) {
      heard.at += ms
      heard.beatAt += ms
    }
    this.#beaten = undefined
  }

  isOnline(peer: PeerId, since: Millis): boolean {
    return (this.#heard.get(peer)?.at ?? -Infinity) >= since
  }

  /** Whether its last lobby heartbeat said that it was ready to introduce. */
  isWilling(peer: PeerId): boolean {
    return this.#heard.get(peer)?.willing ?? false
  }

  /** Members other than ourselves whose lobby heartbeat came since then. */
  beatenSince(since: Millis, log: MembershipLog): readonly PeerId[] {
    // Everybody ranks for each knock and each admission: far more often than this changes.
    const known = this.#beaten
    const beaten = known && since >= known.from && since <= known.to ? known : this.#lookForBeats(since)
    if (beaten.members?.log !== log || beaten.members.size !== log.size) {
      const { alive } = log.roster
      const peers = [...beaten.peers].filter((peer) => alive.has(peer))
      beaten.members = { peers, log, size: log.size }
    }
    return beaten.members.peers
  }

  #lookForBeats(since: Millis): Beaten {
    const peers = new Set<PeerId>()
    let to = Infinity
    for (const [peer, { beatAt }] of this.#heard) {
      if (beatAt < since || peer === this.#self) continue
      peers.add(peer)
      to = Math.min(to, beatAt)
    }
    this.#beaten = { peers, from: since, to }
    return this.#beaten
  }

  addressesOf(peer: PeerId): readonly string[] {
    return this.#heard.get(peer)?.addresses ?? []
  }

  /** Everybody heard since then, the latest first. */
  heardSince(since: Millis): PeerId[] {
    const heard: PeerId[] = []
    for (const [peer, { at }] of this.#heard) if (at >= since) heard.push(peer)
    return heard.reverse()
  }

  forget(peer: PeerId): void {
    this.#heard.delete(peer)
    if (this.#beaten?.peers.delete(peer)) delete this.#beaten.members
  }
}

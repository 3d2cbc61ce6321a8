/** Frames that cannot be read yet: under a version we do not have, or from somebody not on our roster yet (SPEC T7). */
import type { Millis, PeerId, VersionId } from '../ids.ts'
import { HELD_MAX, HELD_MS, HELD_PER_PEER_MAX } from '../limits.ts'
import type { Inbound } from './output.ts'

/** What a frame waits for. */
export type Awaited = { readonly version: VersionId } | { readonly sender: PeerId }

interface Held {
  readonly inbound: Inbound
  readonly awaits: Awaited
  readonly until: Millis
}

export class HeldFrames {
  #held: Held[] = []

  /** Keeps a frame for a minute; the oldest of the same peer, then of all, makes room. */
  hold(inbound: Inbound, awaits: Awaited, now: Millis): void {
    this.#held = this.#held.filter(({ until }) => until > now)
    const samePeer = this.#held.filter((held) => held.inbound.from === inbound.from)
    const oldest = samePeer.length >= HELD_PER_PEER_MAX ? samePeer[0] : this.#held[0]
    const full = samePeer.length >= HELD_PER_PEER_MAX || this.#held.length >= HELD_MAX
    if (full) this.#held = this.#held.filter((held) => held !== oldest)
    this.#held.push({ inbound, awaits, until: now + HELD_MS })
  }

  /** Takes out the frames whose wait is over. */
  release(now: Millis, isOver: (awaits: Awaited) => boolean): Inbound[] {
    const live = this.#held.filter(({ until }) => until > now)
    const released = live.filter(({ awaits }) => isOver(awaits))
    this.#held = live.filter((held) => !released.includes(held))
    return released.map(({ inbound }) => inbound)
  }

  /** The versions that frames wait for, each once, the longest awaited first. */
  awaitedVersions(now: Millis): VersionId[] {
    const live = this.#held.filter(({ until }) => until > now)
    return [...new Set(live.flatMap(({ awaits }) => ('version' in awaits ? [awaits.version] : [])))]
  }

  /** Whether a frame waits for its sender to become known. */
  awaitsSender(now: Millis): boolean {
    return this.#held.some(({ awaits, until }) => until > now && 'sender' in awaits)
  }

  get size(): number {
    return this.#held.length
  }

  clear(): void {
    this.#held = []
  }
}

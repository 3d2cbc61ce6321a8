/** Frames that cannot be read yet: under a version we do not have, or from somebody not on our roster yet (SPEC T7). */
import type { Millis, PeerId, VersionId } from '../ids.ts'
import { HELD_MAX, HELD_MS } from '../limits.ts'
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

  /**
   * Keeps a frame for a minute. Where there are too many, the oldest of those makes room that came by the peer that brought
   * most: one that floods pushes out what it brought itself, and one that brings all there is may have all the room.
   */
  hold(inbound: Inbound, awaits: Awaited, now: Millis): void {
    this.#held = this.#held.filter(({ until }) => until > now)
    this.#held.push({ inbound, awaits, until: now + HELD_MS })
    if (this.#held.length <= HELD_MAX) return
    const parts = [...Map.groupBy(this.#held, (held) => held.inbound.from).values()]
    const [oldest] = parts.reduce((most, part) => (part.length > most.length ? part : most))
    this.#held = this.#held.filter((held) => held !== oldest)
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

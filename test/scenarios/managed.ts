/** What scenarios about schemes share: a room that somebody governs, and who makes its keys (SPEC V1). */
import { expect } from 'vitest'
import type { PeerId, Scheme } from '@conclave/protocol'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

/** The first peer's room: it governs, and lets in anybody. */
export function roomOf(count: number, seed = 1): Room {
  return new Room(count, seed, {})
}

/** Changes the scheme; the manager is the peer itself where none is named. */
export function transition(by: SimPeer, to: Scheme, manager?: SimPeer | PeerId): void {
  const named = typeof manager === 'object' ? manager.id : manager
  by.decide({ kind: 'transition', to, ...(named !== undefined && { manager: named }) })
}

/** Everybody says something five times a second, for as long as `act` and the time after it take; returns what was said. */
export function whileTalking(
  room: Room,
  talkers: readonly SimPeer[],
  act: () => void,
  ms = 4_000,
): Map<SimPeer, string[]> {
  const said = new Map(talkers.map((peer) => [peer, [] as string[]]))
  const talk = (duration: number): void => {
    for (let passed = 0; passed < duration; passed += 200) {
      for (const peer of talkers) {
        const text = `${peer.label} at ${room.world.now}`
        said.get(peer)?.push(text)
        peer.say(text)
      }
      room.world.run(200)
    }
  }
  talk(1_000)
  act()
  talk(ms)
  room.world.run(5_000)
  return said
}

/** Nobody missed a word that another one said. */
export function expectAllHeard(said: ReadonlyMap<SimPeer, readonly string[]>, by: readonly SimPeer[]): void {
  for (const peer of by)
    for (const [other, texts] of said)
      if (other !== peer) expect(texts.filter((text) => !peer.texts.includes(text))).toEqual([])
}

/** All of them send under keys of that scheme, by that manager. */
export function expectScheme(peers: readonly SimPeer[], scheme: Scheme, manager?: SimPeer): void {
  for (const { state } of peers) expect([state.scheme, state.manager]).toEqual([scheme, manager?.id])
}

/** The slots whose keys a peer holds of what it sends under. */
export function slotsOf(peer: SimPeer): number[] {
  const { keys } = peer.member.unsafeInsideForTests
  return [...(keys.find(({ version }) => version === peer.state.version)?.slots.keys() ?? [])]
}

/** Who made the changes that a peer knows. */
export function changeAuthors(peer: SimPeer): string[] {
  return peer.stored.filter(({ body }) => body.kind === 'change').map(({ author }) => author)
}

/** What has to hold at the end of every history, whatever happened in it. Each returns what is wrong, in words. */
import {
  decodeOperation,
  isRejection,
  type OperationId,
  operationClaims,
  type PeerId,
} from '@conclave/protocol'
import * as limits from '../../packages/protocol/src/limits.ts'
import { MembershipLog } from '../../packages/protocol/src/log/membership-log.ts'
import type { Operation } from '../../packages/protocol/src/log/operation.ts'
import { wasExcluded } from '../../packages/protocol/src/log/roster.ts'
import { toHex } from '../../packages/protocol/src/ids.ts'
import type { Archive } from './archive.ts'
import type { SimPeer } from './peer.ts'
import { Random } from './random.ts'
import type { World } from './world.ts'

/** Why these peers are not one room yet, or undefined when they are (I3). */
export function whyApart(peers: readonly SimPeer[]): string | undefined {
  const [first] = peers
  if (first === undefined) return undefined
  const { heads, version } = first.state
  for (const peer of peers) {
    const { state } = peer
    if (state.status !== 'joined') return `${peer.label} is ${state.status}`
    if (state.version === undefined) return `${peer.label} holds no version that covers its view`
    if (state.waiting > 0) return `${peer.label} has ${state.waiting} messages waiting`
    if (state.heads.join() !== heads.join()) return `${peer.label} and ${first.label} know different heads`
    if (state.version !== version) return `${peer.label} and ${first.label} send under different versions`
    const roster = peer.member.unsafeInsideForTests.log.roster.alive
    const missing = peers.find((other) => !roster.has(other.id))
    if (missing) return `${peer.label} does not count ${missing.label} as a member`
  }
  return undefined
}

/** The founding of the lineage that a peer is in. */
export function rootOf(peer: SimPeer): OperationId | undefined {
  return peer.member.unsafeInsideForTests.log.entries[0]?.operation.id
}

/** The lineage to which all others move: the one with most members, of equals the one with the smallest founding. */
function bestOf(peers: readonly SimPeer[]): OperationId | undefined {
  const sizes = peers.map((peer) => ({ root: rootOf(peer), size: peer.state.members.length }))
  sizes.sort((a, b) => b.size - a.size || ((a.root ?? '') < (b.root ?? '') ? -1 : 1))
  return sizes[0]?.root
}

/** Everything that those of these peers know who are in the lineage that remains, judged together. */
export function unionOf(world: World, peers: readonly SimPeer[]): MembershipLog {
  const log = new MembershipLog(world.group)
  const root = bestOf(peers)
  for (const peer of peers.filter((one) => rootOf(one) === root)) {
    log.integrate(peer.member.unsafeInsideForTests.log.entries.map(({ operation }) => operation))
  }
  return log
}

/**
 * Those who have to be in, by all that is known: members of the lineage that remains, and whoever is on its way, or in
 * another lineage and nobody whom a human would have to let in.
 */
export function remainingOf(
  world: World,
  joined: readonly SimPeer[],
  running: readonly SimPeer[],
): SimPeer[] {
  const { entries, roster } = unionOf(world, joined)
  const root = entries[0]?.operation.id
  return running.filter((peer) => {
    if (peer.state.status === 'joining' || roster.alive.has(peer.id)) return true
    return rootOf(peer) !== root && !wasExcluded(peer.id, roster)
  })
}

/** Whoever is out has to know it, if it counts anybody as a member who could tell it (I3). */
export function whyUnaware(running: readonly SimPeer[], remaining: readonly SimPeer[]): string | undefined {
  for (const peer of running) {
    // Whoever is in another lineage hears of it when it knocks, which is no change of that.
    if (remaining.includes(peer) || remaining.every((one) => rootOf(one) !== rootOf(peer))) continue
    const { alive } = peer.member.unsafeInsideForTests.log.roster
    const teller = remaining.find(({ id }) => alive.has(id))
    if (teller) return `${peer.label} is out, counts ${teller.label} as a member, and does not know`
  }
  return undefined
}

/** I4: one reference, one key, everywhere and at any time; and at the end one key a slot. */
export function disagreements(archive: Archive, members: readonly SimPeer[]): string[] {
  const wrong: string[] = []
  const teks = new Map<string, string>()
  for (const peer of archive.world.peers) {
    for (const [version, haul] of archive.haulOf(peer.id)) {
      for (const [revision, tek] of haul.teks) {
        const [name, bytes] = [`${version} ${revision}`, toHex(tek)]
        if ((teks.get(name) ?? bytes) !== bytes)
          wrong.push(`I4: two TEKs under ${name.slice(0, 6)}.${revision}`)
        teks.set(name, bytes)
      }
    }
  }
  return [...wrong, ...slotDisagreements(members)]
}

export function slotDisagreements(members: readonly SimPeer[]): string[] {
  const wrong: string[] = []
  const keks = new Map<string, string>()
  for (const peer of members) {
    const { version } = peer.state
    for (const keys of peer.member.unsafeInsideForTests.keys) {
      if (keys.version !== version) continue
      for (const [slot, { kek }] of keys.slots) {
        const [name, bytes] = [`${version} ${slot}`, toHex(kek)]
        if ((keks.get(name) ?? bytes) !== bytes)
          wrong.push(`I4: ${peer.label} has another key for slot ${slot}`)
        else keks.set(name, bytes)
      }
    }
  }
  return wrong
}

/** I5 and I8: the same signed operations, from their bytes, in any order, make the same roster and heads. */
export function orderDependence(world: World, peer: SimPeer, seed: number): string[] {
  const random = new Random(seed)
  const { log } = peer.member.unsafeInsideForTests
  const all = log.entries.map(({ operation }) => operation.bytes)
  const expected = describeLog(log)
  const wrong: string[] = []
  for (let round = 0; round < 3; round++) {
    const operations = shuffled(all, random).map((bytes) => verified(world, bytes))
    const fresh = new MembershipLog(world.group)
    for (const operation of operations) if (operation) fresh.integrate([operation])
    if (describeLog(fresh) !== expected) wrong.push(`I5: ${peer.label}'s log judged in another order differs`)
  }
  return wrong
}

function describeLog({ heads, roster }: MembershipLog): string {
  const alive = [...roster.alive].map(
    ([peer, entries]) => `${peer}:${entries.map(({ operation }) => operation.id).join()}`,
  )
  const votes = [...roster.votes].map(
    ([admission, entries]) =>
      `${admission}: ${entries
        .map(({ operation }) => operation.id)
        .sort()
        .join()}`,
  )
  const dead = [...roster.dead.keys()].sort()
  const refreshes = roster.refreshes.map(({ operation }) => operation.id).sort()
  const rest = [...dead, ...votes.sort(), ...refreshes, roster.destroyed?.operation.id]
  return [...heads, ...alive.sort(), ...rest].join('\n')
}

function verified(world: World, bytes: Uint8Array): Operation | undefined {
  const operation = decodeOperation(world.group, bytes)
  if (isRejection(operation)) return undefined
  return operationClaims(world.group, operation).every((claim) => world.suite.verify(claim))
    ? operation
    : undefined
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const keyed = items.map((item) => ({ item, key: random.next() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}

/** I8: whoever is, or is no more, on the roster that a member shows has a signed operation to that effect in its log. */
export function causelessMembers(peer: SimPeer): string[] {
  const { log } = peer.member.unsafeInsideForTests
  const admitted = new Set<PeerId>()
  for (const { operation } of log.entries) {
    const { body, author } = operation
    if (body.kind !== 'change') admitted.add(body.kind === 'admission' ? body.peer : author)
  }
  const shown = new Set(peer.state.members.map((member) => member.peer))
  const strangers = [...shown].filter((id) => !admitted.has(id)).map((id) => `I8: nobody admitted ${id}`)
  const judged = new MembershipLog(log.group)
  judged.integrate(log.entries.map(({ operation }) => operation))
  const same = [...judged.roster.alive.keys()].sort().join() === [...shown].sort().join()
  return same ? strangers : [...strangers, `I8: ${peer.label} shows a roster that its log does not give`]
}

/** I7: what a peer keeps for others stays within its caps. */
export function overflow(peer: SimPeer): string[] {
  const { heldFrames, log, keys } = peer.member.unsafeInsideForTests
  const bounds: [string, number, number][] = [
    ['held frames', heldFrames, limits.HELD_MAX],
    ['waiting messages', peer.state.waiting, limits.OUTBOX_MAX],
    ['operations', log.size, limits.LOG_MAX],
    ['missing parents', log.missing.length, limits.ORPHANS_MAX * limits.PARENTS_MAX],
    ['versions held', keys.length, log.versions.length],
  ]
  return bounds
    .filter(([, size, bound]) => size > bound)
    .map(([what, size, bound]) => `I7: ${peer.label} keeps ${size} ${what}, at most ${bound}`)
}

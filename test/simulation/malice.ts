/** Backdated operations: what a member that was excluded can sign with its real key against a state it was a member in. */
import type { OperationId, PeerId, Signer } from '@conclave/protocol'
import type { Slot } from '../../packages/protocol/src/ids.ts'
import { chainOf, commitmentOf, wrapSecret } from '../../packages/protocol/src/keys/derivation.ts'
import type { Management } from '../../packages/protocol/src/log/management.ts'
import { MembershipLog } from '../../packages/protocol/src/log/membership-log.ts'
import {
  type Change,
  changeHeader,
  makeOperation,
  type Operation,
} from '../../packages/protocol/src/log/operation.ts'
import { ROOM_FRAME, sealFrame } from '../../packages/protocol/src/traffic/frame.ts'
import { encodeRoomMessage } from '../../packages/protocol/src/traffic/room-messages.ts'
import type { Archive } from './archive.ts'
import { Past } from './past.ts'
import type { SimPeer } from './peer.ts'

/** The log up to an operation, as its author might still name it. */
export function stateAt(archive: Archive, head: OperationId): MembershipLog {
  const log = new MembershipLog(archive.world.group)
  const ids = [...new Past(archive).knownAt([head])]
  log.integrate(ids.flatMap((id) => archive.operations.get(id)?.operation ?? []))
  return log
}

/** A state that somebody can still sign against, and a version in its past whose keys it held. */
export interface OldState {
  readonly head: OperationId
  readonly version: OperationId
}

/** States in which a peer was a member, latest first. */
export function oldStates(archive: Archive, peer: SimPeer): OldState[] {
  const past = new Past(archive)
  const held = [...archive.haulOf(peer.id).keys()].reverse()
  return [...archive.operations.keys()].reverse().flatMap((head) => {
    const known = past.knownAt([head])
    const version = held.find((id) => known.has(id))
    return version && stateAt(archive, head).roster.alive.has(peer.id) ? [{ head, version }] : []
  })
}

/** An exclusion of everybody else, with real wraps under the KEKs that its author held. */
export function excludeEverybody(archive: Archive, by: SimPeer, { head, version }: OldState): Operation {
  const { group, random } = archive.world
  const { roster } = stateAt(archive, head)
  const targets = [...roster.alive]
    .filter(([peer]) => peer !== by.id)
    .flatMap(([peer, entries]) => entries.map(({ operation }) => ({ peer, admission: operation.id })))
    .sort((a, b) => (a.admission < b.admission ? -1 : 1))
  const [secret, nonce] = [random.bytes(32), random.bytes(16)]
  const commitment = commitmentOf(group, nonce, chainOf(group, nonce, secret))
  const body = {
    kind: 'change',
    keyParent: version,
    targets,
    reason: 'mine',
    nonce,
    commitment,
    tainted: [],
  } as const
  const header = changeHeader(group, { parents: [head], author: by.id }, body)
  const keks = [...(archive.haulOf(by.id).get(version)?.keks ?? new Map<Slot, Uint8Array[]>())]
  const wraps = keks
    .sort(([a], [b]) => a - b)
    .slice(0, 16)
    .flatMap(([slot, [kek]]) =>
      kek ? [{ slot, wrapped: wrapSecret(group, { kek, slot, header }, secret) }] : [],
    )
  const change: Change = { ...body, wraps }
  return makeOperation(group, { parents: [head] }, change, by.signer)
}

/** A refresh whose secret nobody but its author has, nor ever will; it may name a manager. */
export function refreshAlone(
  { world: { group, random } }: Archive,
  by: SimPeer,
  { head, management }: OldState & { readonly management?: Management },
): Operation {
  const [secret, nonce] = [random.bytes(32), random.bytes(16)]
  const commitment = commitmentOf(group, nonce, chainOf(group, nonce, secret))
  const body = { kind: 'refresh', nonce, commitment, ...(management && { management }) } as const
  return makeOperation(group, { parents: [head] }, body, by.signer)
}

/** An admission of somebody from outside, at an old version. */
export function admitOutsider(archive: Archive, by: SimPeer, at: OldState & { peer: PeerId }): Operation {
  const { head, version, peer } = at
  const body = { kind: 'admission', peer, name: 'friend', version, revision: 1 } as const
  return makeOperation(archive.world.group, { parents: [head] }, body, by.signer)
}

/**
 * Tells everybody about operations in a frame under keys that `keys` holds, signed by `signer`: the author itself, whom those
 * who know better ignore, or an accomplice who is still a member.
 */
export function broadcastAs(
  archive: Archive,
  keys: SimPeer,
  signer: Signer,
  operations: readonly Operation[],
): boolean {
  const { world } = archive
  const held = [...archive.haulOf(keys.id)].at(-1)
  const tek = held && [...held[1].teks].at(-1)
  if (!held || !tek) return false
  const input = {
    type: ROOM_FRAME,
    reference: { version: held[0], revision: tek[0] },
    tek: tek[1],
    session: { salt: world.random.bytes(16), counter: 0 },
    signer,
  } as const
  const bytes = sealFrame(world.group, input, encodeRoomMessage({ kind: 'operations', operations }))
  for (const operation of operations) {
    archive.recordOperation(operation)
    archive.crafted.add(operation.id)
  }
  world.carryOut(keys, { kind: 'broadcast', channel: 'room', bytes, about: 'operations' })
  return true
}

/** Who may begin a managed generation, and make changes in it (SPEC V1, V2, L12). */
import { expect, test } from 'vitest'
import { nobleSuite } from '../src/crypto/noble-suite.ts'
import type { Signer } from '../src/crypto/suite.ts'
import { groupOf } from '../src/group/genesis.ts'
import { OPEN_POLICY, type Policy } from '../src/group/policy.ts'
import { SlotTable } from '../src/group/slots.ts'
import { type OperationId, type PeerId, peerIdOf, type Slot } from '../src/ids.ts'
import { maySlotPass } from '../src/keys/slot-rights.ts'
import { type CentralizedScheme, managementOf, schemeOf } from '../src/log/management.ts'
import { MembershipLog } from '../src/log/membership-log.ts'
import { type Change, makeOperation, type OperationBody } from '../src/log/operation.ts'
import { bytes, founding, signer } from './support.ts'

const [ANN, BOB, CID] = [signer(1), signer(2), signer(3)]
const [ann, bob, cid] = [ANN, BOB, CID].map(({ publicKey }) => peerIdOf(publicKey)) as [
  PeerId,
  PeerId,
  PeerId,
]

/** Ann's room, with Bob and Cid. */
class Story {
  readonly log: MembershipLog
  readonly #group
  #nonce = 0

  constructor(policy: Partial<Policy> = {}) {
    const genesis = {
      nonce: bytes(16),
      idSpace: { symbols: 8, radix: 2 },
      suite: nobleSuite.number,
      policy: { ...OPEN_POLICY, ...policy },
      name: '',
      creator: ANN.publicKey,
    }
    this.#group = groupOf(genesis, bytes(32), nobleSuite)
    this.log = new MembershipLog(this.#group)
    const first = founding(this.#group, ANN)
    this.log.integrate([first])
    for (const peer of [bob, cid])
      this.sign(ANN, { kind: 'admission', peer, name: '', version: first.id, revision: 0 })
  }

  /** Signs it on all that is known, or on `parents`. Returns its id, or why it does not count. */
  sign(
    by: Signer,
    body: OperationBody,
    parents: readonly OperationId[] = this.log.heads,
  ): OperationId | string {
    const operation = makeOperation(this.#group, { parents }, body, by)
    const [refused] = this.log.integrate([operation]).refused
    return refused?.detail ?? operation.id
  }

  refresh(
    by: Signer,
    manager?: PeerId,
    scheme: CentralizedScheme = 'centralized-flat',
  ): OperationId | string {
    const admission = (manager && this.log.admissionOf(manager)?.operation.id) ?? this.log.heads[0]
    const management = manager && admission ? { management: { scheme, manager, admission } } : {}
    return this.sign(by, { kind: 'refresh', nonce: this.#fresh(), commitment: bytes(32), ...management })
  }

  change(by: Signer, targets: readonly PeerId[] = [], other: Partial<Change> = {}): OperationId | string {
    const keyParent = this.log.versions[0]?.operation.id as OperationId
    const nonce = this.#fresh()
    const ended = targets.map((peer) => ({
      peer,
      admission: this.log.admissionOf(peer)?.operation.id as OperationId,
    }))
    const rest = { reason: '', nonce, commitment: bytes(32), tainted: [], wraps: [], ...other }
    return this.sign(by, { kind: 'change', keyParent, targets: ended, ...rest })
  }

  get latest(): { scheme: string; manager: PeerId | undefined } {
    const [version] = this.log.versions
    if (version === undefined) throw new Error('no version')
    return { scheme: schemeOf(version), manager: managementOf(version)?.manager }
  }

  #fresh(): Uint8Array {
    return bytes(16, this.#nonce++)
  }
}

const ID = /^[0-9a-f]{64}$/

test('who governs names a manager, and the versions of its generation have it', () => {
  const story = new Story()
  expect(story.latest).toEqual({ scheme: 'distributed-flat', manager: undefined })
  expect(story.refresh(ANN, bob)).toMatch(ID)
  expect(story.latest).toEqual({ scheme: 'centralized-flat', manager: bob })
  expect(story.change(BOB, [cid])).toMatch(ID)
  expect(story.latest).toEqual({ scheme: 'centralized-flat', manager: bob })
  expect(story.refresh(ANN, ann, 'centralized-tree')).toMatch(ID)
  expect(story.latest).toEqual({ scheme: 'centralized-tree', manager: ann })
})

test('changes are wrapped under slots, or under a tree, as their generation has it', () => {
  const story = new Story()
  const why = 'its wraps are of another scheme than its generation'
  const under = { level: 8, prefix: 0, version: 0, revision: 0 }
  const tree = { secret: { under, wrapped: bytes(32) } }
  expect(story.change(ANN, [], { tree })).toBe(why)
  story.refresh(ANN, ann, 'centralized-tree')
  expect(story.change(ANN)).toBe(why)
  expect(story.change(ANN, [], { tree, tainted: [1 as Slot] })).toBe(why)
  expect(story.change(ANN, [], { tree })).toMatch(ID)
})

test('nobody else does, but the manager for itself while its term lasts; anybody ends a term', () => {
  const story = new Story()
  expect(story.refresh(BOB, bob)).toBe('only who governs the room names its manager')
  expect(story.refresh(ANN, bob)).toMatch(ID)
  expect(story.refresh(CID, cid)).toBe('only who governs the room names its manager')
  expect(story.refresh(BOB, cid)).toBe('only who governs the room names its manager')
  expect(story.refresh(BOB, bob, 'centralized-tree')).toMatch(ID)
  expect(story.refresh(CID)).toMatch(ID)
  expect(story.latest.scheme).toBe('distributed-flat')
  expect(story.refresh(BOB, bob)).toBe('only who governs the room names its manager')
})

test('a manager is a member, by the admission that is named, and may admit and exclude', () => {
  const gone = new Story()
  const admission = gone.log.admissionOf(cid)?.operation.id as OperationId
  expect(gone.change(ANN, [cid])).toMatch(ID)
  const management = { scheme: 'centralized-flat', manager: cid, admission } as const
  const body = { kind: 'refresh', nonce: bytes(16), commitment: bytes(32) } as const
  const why = 'its manager is no member by the admission that it names'
  expect(gone.sign(ANN, { ...body, management })).toBe(why)
  expect(gone.sign(ANN, { ...body, management: { ...management, manager: bob } })).toBe(why)
  const admits = new Story({ admit: 'moderators', moderators: [ann] })
  expect(admits.refresh(ANN, bob)).toBe('its manager may let nobody in')
  expect(admits.refresh(ANN, ann)).toMatch(ID)
  expect(new Story({ exclude: 'moderators', moderators: [ann] }).refresh(ANN, bob)).toBe(
    'its manager may exclude nobody',
  )
  expect(new Story({ exclude: 'quorum', quorum: 2 }).refresh(ANN, bob)).toMatch(ID)
})

test('in a managed generation its manager alone makes changes, by the admission that was named', () => {
  const story = new Story()
  story.refresh(ANN, bob)
  const why = 'its author does not manage the generation of its key parent'
  expect(story.change(ANN, [cid])).toBe(why)
  expect(story.change(BOB)).toMatch(ID)
  // Ann ends its term, puts it out and lets it in again: what it was is over.
  const managed = story.log.versions[0]?.operation.id as OperationId
  story.refresh(ANN)
  story.change(ANN, [bob])
  story.sign(ANN, { kind: 'admission', peer: bob, name: '', version: managed, revision: 0 })
  const change = {
    targets: [],
    reason: '',
    nonce: bytes(16, 99),
    commitment: bytes(32),
    tainted: [],
    wraps: [],
  }
  expect(story.sign(BOB, { kind: 'change', keyParent: managed, ...change })).toBe(why)
  // Nobody manages what is the latest now.
  expect(story.change(CID)).toMatch(ID)
})

test('a slot is taken from its owners; in a managed generation from the manager alone, and only one that it made (K11, V3)', () => {
  const story = new Story()
  const table = new SlotTable(story.log.group)
  const passes = (slot: Slot, maker: PeerId, from: PeerId, to: PeerId): boolean => {
    const version = story.log.versions[0]
    const admission = story.log.admissionOf(maker)?.operation.id
    if (version === undefined || admission === undefined) throw new Error('no version, or no member')
    return maySlotPass(version, { slot, maker: admission, from, to }, { log: story.log, table })
  }
  const shared = (...peers: PeerId[]): Slot =>
    table.all.find((slot) => peers.every((peer) => table.of(peer).has(slot))) as Slot
  const alone = table.all.find((slot) => table.of(cid).has(slot) && !table.of(ann).has(slot)) as Slot
  const [all, two] = [shared(ann, bob, cid), shared(ann, cid)]
  expect(passes(all, ann, bob, cid)).toBe(true)
  expect(passes(alone, ann, cid, cid)).toBe(false)
  expect(passes(alone, cid, ann, cid)).toBe(false)
  story.refresh(ANN, ann)
  for (const slot of [all, two, alone]) expect(passes(slot, ann, ann, cid)).toBe(true)
  expect(passes(alone, ann, ann, ann)).toBe(false)
  expect(passes(all, ann, bob, cid)).toBe(false)
  expect(passes(all, bob, ann, cid)).toBe(false)
})

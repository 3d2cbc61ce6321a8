/** Members that sign more than anybody needs: the others go on, and can put them out. */
import { expect, test } from 'vitest'
import { peerIdOf } from '../../packages/protocol/src/ids.ts'
import { MembershipLog } from '../../packages/protocol/src/log/membership-log.ts'
import {
  makeOperation,
  type Operation,
  type OperationBody,
} from '../../packages/protocol/src/log/operation.ts'
import type { Slot } from '../../packages/protocol/src/ids.ts'
import { PARENTS_MAX, WRAPS_MAX } from '../../packages/protocol/src/limits.ts'
import { broadcastAs } from '../simulation/malice.ts'
import { type SimPeer, World } from '../simulation/world.ts'
import { Room } from './room.ts'

/** Decisions about nothing, side by side, that follow no more than `by`'s own admission. */
function flood(room: Room, by: SimPeer, count: number, ms = 1_000): void {
  const own = by.member.unsafeInsideForTests.log.admissionOf(by.id)
  if (own === undefined) throw new Error('it is no member')
  const { group, random } = room.world
  const operations = Array.from({ length: count }, () => {
    const body = { kind: 'revocation', inviteKey: random.bytes(32), issuer: by.id } as const
    return makeOperation(group, { parents: [own.operation.id] }, body, by.signer)
  })
  for (let i = 0; i < count; i += 100) {
    broadcastAs(room.archive, by, by.signer, operations.slice(i, i + 100))
    room.world.run(ms)
  }
}

/** A room under a version that is younger than the mole's admission, and the mole. */
function roomWithMole(): { room: Room; mole: SimPeer; members: SimPeer[] } {
  const room = new Room(5)
  const [mole, gone] = [room.peer(2), room.peer(4)]
  room.peer(0).exclude([gone])
  const members = room.peers.filter((peer) => peer !== mole && peer !== gone)
  room.agree([...members, mole])
  return { room, mole, members }
}

test('who makes more heads than an operation can name is excluded all the same', () => {
  const { room, mole, members } = roomWithMole()
  flood(room, mole, 200)
  room.peer(0).exclude([mole])
  room.agree(members)
})

test('newcomers come in and who restarts is keyed again, however many heads a member has made', () => {
  const { room, mole, members } = roomWithMole()
  flood(room, mole, 400)
  const late = room.join('late')
  room.peer(1).crash()
  room.peer(1).restart()
  room.world.until(() => room.peer(1).isJoined, 15_000, 'it is back')
  room.agree([...members, mole, late])
  for (const { state } of room.peers.slice(0, 4)) expect(state.heads.length).toBeLessThanOrEqual(PARENTS_MAX)
})

function emptyRefresh({ world, archive }: Room, by: SimPeer, parents: Operation['parents']): void {
  const { group, random } = world
  const body: OperationBody = { kind: 'refresh', nonce: random.bytes(16), commitment: random.bytes(32) }
  broadcastAs(archive, by, by.signer, [makeOperation(group, { parents }, body, by.signer)])
}

test('who begins one generation after the other, and gives nobody the keys, is excluded', () => {
  const room = new Room(4)
  const mole = room.peer(2)
  mole.deaf = true
  const members = room.peers.filter((peer) => peer !== mole)
  for (let i = 0; i < 6; i++) {
    emptyRefresh(room, mole, room.peer(0).state.heads)
    room.world.run(3_000)
  }
  expect(room.peer(0).state.version).toBeUndefined()
  room.peer(0).exclude([mole])
  room.agree(members)
})

test('K9 one generation after the other without keys silences a room no longer than one does', () => {
  const room = new Room(4)
  const mole = room.peer(2)
  mole.deaf = true
  let spoken = 0
  for (let i = 0; i < 10; i++) {
    emptyRefresh(room, mole, room.peer(0).state.heads)
    for (let part = 0; part < 8; part++) {
      room.world.run(1_000)
      if (room.peer(0).state.version !== undefined) spoken++
    }
  }
  expect(spoken).toBeGreaterThan(15)
})

/** Two exclusions by `by` that do not know of each other, of guests that it made up, with secrets for nobody. */
function excludeGuests({ world, archive }: Room, by: SimPeer): void {
  const { group, random } = world
  const parents = by.state.heads
  const [version] = archive.haulOf(by.id).keys()
  if (version === undefined) throw new Error('no version')
  for (const peer of [0, 1].map(() => peerIdOf(random.bytes(32)))) {
    const guest = { kind: 'admission', peer, name: '', version, revision: 1 } as const
    const admission = makeOperation(group, { parents }, guest, by.signer)
    const change: OperationBody = {
      kind: 'change',
      keyParent: version,
      targets: [{ peer, admission: admission.id }],
      reason: '',
      nonce: random.bytes(16),
      commitment: random.bytes(32),
      tainted: [],
      wraps: [],
    }
    const exclusion = makeOperation(group, { parents: [admission.id] }, change, by.signer)
    broadcastAs(archive, by, by.signer, [admission, exclusion])
  }
}

test('K7 a seal is made although somebody signs something all the time', () => {
  const room = new Room(5)
  const mole = room.peer(2)
  const members = room.peers.filter((peer) => peer !== mole)
  excludeGuests(room, mole)
  mole.deaf = true
  room.world.run(50)
  for (const { state } of members) expect(state.version).toBeUndefined()
  for (let i = 0; i < 100; i++) {
    flood(room, mole, 1, 100)
    if (members.every(({ state }) => state.version !== undefined)) return
  }
  throw new Error('nobody made a seal')
})

test('I10 a line of members who admitted each other may be longer than a stack', () => {
  const { group, suite } = new World(1)
  const signers = Array.from({ length: 12_000 }, (_, i) => ({
    publicKey: suite.hash(Uint8Array.of(i & 255, i >> 8)),
    sign: () => new Uint8Array(64),
  }))
  const start = { nonce: new Uint8Array(16), commitment: new Uint8Array(32) }
  const operations: Operation[] = []
  const sign = (by: number, body: OperationBody): void => {
    const parents = operations.slice(-1).map(({ id }) => id)
    const signer = signers[by]
    if (signer) operations.push(makeOperation(group, { parents }, body, signer))
  }
  sign(0, { kind: 'founding', name: '', ...start })
  const [version] = operations.map(({ id }) => id)
  if (version === undefined) throw new Error('no founding')
  for (const [i, { publicKey }] of signers.entries())
    if (i > 0) sign(i - 1, { kind: 'admission', peer: peerIdOf(publicKey), name: '', version, revision: 0 })
  const [first] = operations.slice(1)
  const targets = first?.body.kind === 'admission' ? [{ peer: first.body.peer, admission: first.id }] : []
  const change = { kind: 'change', keyParent: version, targets, reason: '', ...start } as const
  sign(signers.length - 1, { ...change, tainted: [], wraps: [] })
  const log = new MembershipLog(group)
  expect(log.integrate(operations).refused).toEqual([])
  expect(log.roster.alive.size).toBe(signers.length - 1)
})

test('members who were made up keep nobody waiting', () => {
  const room = new Room(6)
  const mole = room.peer(2)
  const { world, archive } = room
  const [version] = archive.haulOf(mole.id).keys()
  if (version === undefined) throw new Error('no version')
  let parents = mole.state.heads
  for (let i = 0; i < 10; i++) {
    const operations = Array.from({ length: 50 }, () => {
      const peer = peerIdOf(world.random.bytes(32))
      const body = { kind: 'admission', peer, name: '', version, revision: 1 } as const
      const operation = makeOperation(world.group, { parents }, body, mole.signer)
      parents = [operation.id]
      return operation
    })
    broadcastAs(archive, mole, mole.signer, operations)
    world.run(1_000)
  }
  expect(room.peer(0).state.members).toHaveLength(506)
  // Two exclusions race, so a seal is owed.
  room.peer(0).exclude([room.peer(4)])
  room.peer(1).exclude([room.peer(5)])
  const rest = [room.peer(0), room.peer(1), room.peer(3)]
  const seen = (): unknown => rest.map(({ state }) => [state.members.length, state.version !== undefined])
  const sealed = rest.map(() => [504, true])
  world.until(() => JSON.stringify(seen()) === JSON.stringify(sealed), 2_000, 'somebody seals')
  room.peer(3).crash()
  room.peer(3).restart()
  world.until(() => room.peer(3).isJoined, 2_000, 'it is back')
  room.join('late')
})

test('I7 changes that nobody can open are tried once with the keys that are there, whatever else comes and goes', () => {
  const room = new Room(4)
  const mole = room.peer(2)
  const { group, random, suite } = room.world
  const [version] = room.archive.haulOf(mole.id).keys()
  if (version === undefined) throw new Error('no version')
  const parents = mole.state.heads
  const wraps = Array.from({ length: WRAPS_MAX }, (_, slot) => ({
    slot: slot as Slot,
    wrapped: random.bytes(32),
  }))
  for (let i = 0; i < 12; i++) {
    const fresh = { nonce: random.bytes(16), commitment: random.bytes(32) }
    const body = {
      kind: 'change',
      keyParent: version,
      targets: [],
      reason: '',
      ...fresh,
      tainted: [],
      wraps,
    } as const
    broadcastAs(room.archive, mole, mole.signer, [makeOperation(group, { parents }, body, mole.signer)])
    room.world.run(20)
  }
  mole.deaf = true
  const before = suite.hashes
  for (let i = 0; i < 3; i++) room.peer(0).decide({ kind: 'refresh' })
  room.world.run(20_000)
  // To try all of them once more takes each of three members some 64 wraps of three hashes each.
  expect(suite.hashes - before).toBeLessThan(3 * 12 * 64 * 3)
})

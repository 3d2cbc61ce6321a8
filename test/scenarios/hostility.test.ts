/** Members and outsiders that make others work: what they can make them do has an end, and nothing that they send makes a member throw. */
import { expect, test } from 'vitest'
import { toHex } from '../../packages/protocol/src/ids.ts'
import { makeOperation, type Operation } from '../../packages/protocol/src/log/operation.ts'
import { sealLobbyFrame } from '../../packages/protocol/src/lobby/lobby-frame.ts'
import { encodeLobbyMessage } from '../../packages/protocol/src/lobby/messages.ts'
import { operationIdOf } from '../../packages/protocol/src/ids.ts'
import { DEFAULT_TIMING } from '../../packages/protocol/src/timing.ts'
import { HELD_MAX } from '../../packages/protocol/src/limits.ts'
import { overflow } from '../simulation/checkers.ts'
import { broadcastAs } from '../simulation/malice.ts'
import { roomOf, transition } from './managed.ts'
import { Room } from './room.ts'

function requestsWithin(room: Room, ms: number): number {
  room.world.traffic.clear()
  room.world.run(ms)
  return room.world.traffic.get('request')?.messages ?? 0
}

/** An admission after an operation that nobody will ever see. */
function orphan(room: Room, peer = room.peer(2).id): Operation {
  const mole = room.peer(2)
  const [version] = room.archive.haulOf(mole.id).keys()
  if (version === undefined) throw new Error('no version')
  const parents = [operationIdOf(room.world.random.bytes(32))]
  const body = { kind: 'admission', peer, name: '', version, revision: 1 } as const
  return makeOperation(room.world.group, { parents }, body, mole.signer)
}

test('made-up parents are asked for once around, then given up', () => {
  const room = new Room(5)
  const mole = room.peer(2)
  broadcastAs(room.archive, mole, mole.signer, [orphan(room)])
  room.world.run(30_000)
  expect(requestsWithin(room, 60_000)).toBe(0)
  for (const peer of room.peers) expect(peer.member.unsafeInsideForTests.log.missing).toEqual([])
  room.agree(room.peers)
})

test('who seems to have been admitted already waits for no more than its second knock', () => {
  const room = new Room(5)
  const mole = room.peer(2)
  const newcomer = room.world.peer('newcomer')
  broadcastAs(room.archive, mole, mole.signer, [orphan(room, newcomer.id)])
  mole.crash()
  room.world.run(200)
  newcomer.start({ kind: 'join' })
  // It knocks again after `solicitMs`, give or take a quarter.
  room.world.run(0.7 * DEFAULT_TIMING.solicitMs)
  expect(newcomer.state.status).toBe('joining')
  room.world.run(1_500)
  expect(newcomer.state.status).toBe('joined')
})

test('an operation that is refused takes those that follow it along', () => {
  const room = new Room(4)
  const mole = room.peer(2)
  const { heads } = mole.state
  const [version] = room.archive.haulOf(mole.id).keys()
  if (version === undefined) throw new Error('no version')
  const body = { kind: 'admission', peer: mole.id, name: 'again', version, revision: 1 } as const
  const refused = makeOperation(room.world.group, { parents: heads }, body, mole.signer)
  const after = makeOperation(room.world.group, { parents: [refused.id] }, body, mole.signer)
  broadcastAs(room.archive, mole, mole.signer, [refused, after])
  room.world.run(30_000)
  expect(requestsWithin(room, 60_000)).toBe(0)
  room.agree(room.peers)
})

test('I7 frames under versions that nobody made fill no memory and cost few requests', () => {
  const room = new Room(4)
  const outsider = room.world.peer('outsider')
  for (let i = 0; i < 2 * HELD_MAX; i++) {
    const bytes = room.world.random.bytes(200)
    bytes[0] = 2
    room.world.carryOut(outsider, { kind: 'broadcast', channel: 'room', bytes, about: 'chat' })
  }
  room.world.run(5_000)
  for (const peer of room.peers) expect(overflow(peer)).toEqual([])
  // For as long as they are held, each member goes round the others once a heartbeat.
  expect(requestsWithin(room, 60_000)).toBeLessThan(4 * (3 + 1) * 20)
  expect(requestsWithin(room, 60_000)).toBeLessThan(10)
  room.agree(room.peers)
})

test('I7 nor where a manager answers with paths: one that is held already is no progress', () => {
  const room = roomOf(4)
  transition(room.peer(0), 'centralized-tree', room.peer(1))
  room.world.run(20_000)
  const outsider = room.world.peer('outsider')
  const bytes = room.world.random.bytes(200)
  bytes[0] = 2
  room.world.carryOut(outsider, { kind: 'broadcast', channel: 'room', bytes, about: 'chat' })
  // Five rounds while it is held: the pause between them doubles twice.
  expect(requestsWithin(room, 60_000)).toBeLessThan(4 * 3 * 6)
  expect(requestsWithin(room, 60_000)).toBeLessThan(10)
  room.agree(room.peers)
})

test('who looks for what nobody has is not kept by that from fetching a version that somebody has', () => {
  const room = new Room(4)
  const outsider = room.world.peer('outsider')
  for (let i = 0; i < 10; i++) {
    const bytes = room.world.random.bytes(200)
    bytes[0] = 2
    room.world.carryOut(outsider, { kind: 'broadcast', channel: 'room', bytes, about: 'chat' })
  }
  // By now everybody was asked several times, and the pauses are long.
  room.world.run(25_000)
  room.peer(1).decide({ kind: 'refresh' })
  const { version } = room.peer(1).state
  room.world.until(() => room.peers.every(({ state }) => state.version === version), 3_000, 'all have it')
})

test('whoever knows the room key and sends garbage in the lobby makes nobody throw, and is not let in twice', () => {
  const room = new Room(3)
  const { world } = room
  const outsider = world.peer('outsider')
  for (let i = 0; i < 200; i++) {
    const content = encodeLobbyMessage(world.group, {
      kind: 'request',
      id: world.random.bytes(16),
      attempt: i,
      exchangeKey: new Uint8Array(32),
      landmarks: [],
      heads: i % 2 === 0 ? [] : [operationIdOf(world.random.bytes(32))],
      join: { name: toHex(world.random.bytes(4)) },
    })
    const damaged = i % 3 === 0 ? content.slice(0, world.random.below(content.length)) : content
    const bytes = sealLobbyFrame(
      world.group,
      { signer: outsider.signer, nonce: world.random.bytes(24) },
      damaged,
    )
    world.carryOut(outsider, { kind: 'broadcast', channel: 'lobby', bytes, about: 'request' })
    world.run(10)
  }
  world.run(20_000)
  const admissions = room.peer(0).member.unsafeInsideForTests.log.entries.length
  expect(admissions).toBeLessThan(3 + 3)
  for (const peer of room.peers) expect(overflow(peer)).toEqual([])
})

test('I6 no key and nonce are used twice, also across restarts', () => {
  const room = new Room(3)
  for (const peer of room.peers) peer.say('before')
  room.world.run(2_000)
  const peer = room.peer(1)
  peer.crash()
  peer.restart()
  room.world.until(() => peer.isJoined, 10_000, 'it is back')
  for (let i = 0; i < 20; i++) for (const member of room.peers) member.say(`message ${i}`)
  room.world.run(20_000)
  expect(room.world.suite.nonceReuses).toBe(0)
})

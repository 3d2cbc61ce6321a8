/** Who knows a room's key and is no member: what it says to newcomers delays them, and no more. */
import { expect, test } from 'vitest'
import { isRejection } from '@conclave/protocol'
import { openLobbyFrame, sealLobbyFrame } from '../../packages/protocol/src/lobby/lobby-frame.ts'
import { decodeLobbyMessage, encodeLobbyMessage } from '../../packages/protocol/src/lobby/messages.ts'
import { sealReply } from '../../packages/protocol/src/lobby/reply-content.ts'
import { operationIdOf } from '../../packages/protocol/src/ids.ts'
import { makeOperation } from '../../packages/protocol/src/log/operation.ts'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

/** Answers what `to` asks next with a founding of its own, and nothing that could let anybody in. */
function misleadOnce({ world }: Room, stranger: SimPeer, to: SimPeer): void {
  const { group, random } = world
  const random16 = { nonce: random.bytes(16), commitment: random.bytes(32) }
  const founding = makeOperation(
    group,
    { parents: [] },
    { kind: 'founding', name: '', ...random16 },
    stranger.signer,
  )
  world.filter = ({ from, bytes }) => {
    const frame = from === to ? openLobbyFrame(group, bytes) : undefined
    const request = frame && !isRejection(frame) && decodeLobbyMessage(group, frame.content)
    if (!request || isRejection(request) || request.kind !== 'request') return true
    world.filter = () => true
    const secret = random.bytes(32)
    const parties = { request: request.id, requester: to.id, replier: stranger.id }
    const page = {
      kind: 'page',
      operations: [founding],
      more: false,
      heads: [founding.id],
      online: [],
    } as const
    const sealed = sealReply(group, { secret, publicKey: request.exchangeKey, ...parties }, page)
    if (sealed === undefined) return true
    const exchangeKey = world.suite.exchangeKey(secret)
    const reply = encodeLobbyMessage(group, { kind: 'reply', request: request.id, exchangeKey, sealed })
    const seal = { signer: stranger.signer, nonce: random.bytes(24), to: to.id }
    to.receive(sealLobbyFrame(group, seal, reply), stranger.id)
    return false
  }
}

test('J1 a newcomer that was shown a founding by nobody who could let it in asks all others again', () => {
  const room = new Room(3)
  const newcomer = room.world.peer('newcomer')
  misleadOnce(room, room.world.peer('stranger'), newcomer)
  newcomer.start({ kind: 'open' })
  room.world.run(1_000)
  expect(newcomer.state.heads).toHaveLength(1)
  room.world.until(() => newcomer.isJoined, 60_000, 'it is in')
  room.agree([...room.peers, newcomer])
})

test('J7 a stranger that answers late makes nobody wait for members that are silent', () => {
  const room = new Room(4)
  const { world } = room
  const [first, second, victim, gone] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  const stranger = world.peer('stranger')
  answerLate(room, stranger, victim)
  world.run(12_000)
  // It misses what the others do, and why.
  victim.deaf = true
  first.exclude([gone])
  world.run(60_000)
  victim.deaf = false
  // The first answer is lost.
  let lostAt: number | undefined
  world.filter = ({ to, bytes }) => {
    if (to !== victim || lostAt !== undefined || kindOf(room, bytes) !== 'reply') return true
    lostAt = world.now
    return false
  }
  world.until(() => lostAt !== undefined, 20_000, 'it asks')
  world.until(() => victim.state.version === second.state.version, 4_000, 'it asks somebody else')
})

/** Makes `to` ask a stranger what it knows, which says as late as it can that it knows nothing of it. */
function answerLate({ world }: Room, stranger: SimPeer, to: SimPeer): void {
  const { group, random, suite } = world
  const send = (content: Parameters<typeof encodeLobbyMessage>[1]): void => {
    const seal = { signer: stranger.signer, nonce: random.bytes(24), to: to.id }
    to.receive(sealLobbyFrame(group, seal, encodeLobbyMessage(group, content)), stranger.id)
  }
  world.filter = ({ from, bytes }) => {
    const frame = from === to ? openLobbyFrame(group, bytes) : undefined
    if (!frame || isRejection(frame) || frame.to !== stranger.id) return true
    const request = decodeLobbyMessage(group, frame.content)
    if (isRejection(request) || request.kind !== 'request') return true
    const secret = random.bytes(32)
    const parties = { request: request.id, requester: to.id, replier: stranger.id }
    const keys = { secret, publicKey: request.exchangeKey, ...parties }
    const sealed = sealReply(group, keys, { kind: 'refused', refusal: 'not-a-member' })
    const reply = { kind: 'reply', request: request.id, exchangeKey: suite.exchangeKey(secret) } as const
    if (sealed) world.at(world.now + 11_000, () => send({ ...reply, sealed }))
    return false
  }
  const exchangeKey = suite.exchangeKey(random.bytes(32))
  send({
    kind: 'request',
    id: random.bytes(16),
    attempt: 0,
    exchangeKey,
    heads: [operationIdOf(random.bytes(32))],
    landmarks: [],
  })
}

function kindOf({ world: { group } }: Room, bytes: Uint8Array): string | undefined {
  const frame = openLobbyFrame(group, bytes)
  const message = isRejection(frame) ? frame : decodeLobbyMessage(group, frame.content)
  return isRejection(message) ? undefined : message.kind
}

/**
 * The first, cheap look at what comes from the network: size, form, AEAD, duplicate, rate. It names the signatures that
 * have to be checked before `Member.handle` may see the message, and changes nothing but the sender's allowance (SPEC M2).
 */
import type { Claim } from '../crypto/suite.ts'
import { isRejection, reject, type Rejection } from '../errors.ts'
import type { PeerId } from '../ids.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { LOBBY_FRAME, openLobbyFrame } from '../lobby/lobby-frame.ts'
import { decodeLobbyMessage, type LobbyMessage } from '../lobby/messages.ts'
import type { ReplyContent } from '../lobby/reply-content.ts'
import { type Operation, operationClaims, leaveClaims } from '../log/operation.ts'
import { evidenceClaims } from '../group/invite.ts'
import { admitted } from '../log/roster.ts'
import {
  type KeyReference,
  openFrame,
  parseFrame,
  ROOM_FRAME,
  type RoomFrame,
  type Session,
} from '../traffic/frame.ts'
import type { ReplayWindows } from '../traffic/replay-window.ts'
import { decodeRoomMessage, type RoomMessage } from '../traffic/room-messages.ts'
import type { Allowance } from './allowance.ts'
import type { Context } from './context.ts'
import type { Awaited } from './held-frames.ts'
import type { Inbound } from './output.ts'
import type { Requests } from './requests.ts'

/** A message that was read but whose signatures are still to be checked. */
export interface Screened {
  readonly kind: 'screened'
  /** All of them have to hold. */
  readonly claims: readonly Claim[]
  readonly message: Read
}

/** A frame that cannot be read yet: hand it to `Member.hold`. */
export interface Waiting {
  readonly kind: 'waiting'
  readonly awaits: Awaited
}

export type Read =
  | {
      readonly on: 'room'
      readonly sender: PeerId
      readonly session: Session
      readonly reference: KeyReference
      readonly content: RoomMessage
    }
  | {
      readonly on: 'lobby'
      readonly sender: PeerId
      readonly directed: boolean
      readonly content: LobbyMessage
    }
  | {
      readonly on: 'reply'
      readonly sender: PeerId
      readonly message: Extract<LobbyMessage, { kind: 'reply' }>
      readonly content: ReplyContent
    }

export interface Screener {
  readonly context: Context
  readonly requests: Requests
  readonly windows: ReplayWindows
  readonly allowance: Allowance
}

export function screen(screener: Screener, inbound: Inbound, now: number): Screened | Waiting | Rejection {
  const [type] = inbound.bytes
  if (type === ROOM_FRAME) return screenRoom(screener, inbound, now)
  if (type === LOBBY_FRAME) return screenLobby(screener, inbound, now)
  return reject('unknown-type', 'neither a room frame nor a lobby frame')
}

function screenRoom(screener: Screener, inbound: Inbound, now: number): Screened | Waiting | Rejection {
  const { context } = screener
  const frame = parseFrame(inbound.bytes)
  if (isRejection(frame)) return frame
  const keys = context.ring.get(frame.reference.version)
  if (keys === undefined) return whyKeyless(context, frame)
  const tek = keys.tekAt(frame.reference.revision)
  if (tek === undefined) return reject('late', 'a revision that we erased, or far ahead of ours')
  const opened = openFrame(context.group, frame, tek)
  if (isRejection(opened)) return opened
  const content = decodeRoomMessage(context.group, opened.content)
  if (isRejection(content)) return content
  const why = whyNotFrom(screener, { ...opened, content }, keys, now)
  if (why !== undefined) return why
  const claims = [opened.claim, ...roomClaims(context, opened.sender, content)]
  const { sender, session, reference } = opened
  return spend(
    screener,
    inbound,
    { claims, message: { on: 'room', sender, session, reference, content } },
    now,
  )
}

function whyKeyless(context: Context, frame: RoomFrame): Waiting | Rejection {
  const { version } = frame.reference
  if (context.ring.isErased(version)) return reject('late', 'a version whose keys we erased')
  if (context.status !== 'joined' && context.status !== 'joining')
    return reject('not-ready', 'we are in no room')
  if (context.isForeign(version)) return reject('unsolicited', 'of another lineage')
  return { kind: 'waiting', awaits: { version } }
}

interface Spoken {
  readonly sender: PeerId
  readonly session: Session
  readonly content: RoomMessage
}

/** Why a frame that opened is not taken from its sender, or not yet. */
function whyNotFrom(
  { context, windows }: Screener,
  spoken: Spoken,
  keys: VersionKeys,
  now: number,
): Waiting | Rejection | undefined {
  const { sender, session, content } = spoken
  if (sender === context.self) return reject('replayed', 'our own frame')
  if (!windows.isFresh(sender, session)) return reject('replayed', 'a frame that we had before')
  const { alive, dead } = context.log.roster
  if (!alive.has(sender)) {
    const gone = [...dead.values()].some((entry) => admitted(entry) === sender)
    return gone
      ? reject('not-a-member', 'from somebody who is no member any more')
      : { kind: 'waiting', awaits: { sender } }
  }
  // Control traffic under an old key still tells us what its sender knows; what was said under it is too late.
  const since = keys.supersededAt
  if (isSaid(content) && since !== undefined && now - since > context.timing.lateMs) {
    return reject('late', 'said under a version that was superseded a while ago')
  }
  return undefined
}

function isSaid({ kind }: RoomMessage): boolean {
  return kind === 'chat' || kind === 'action'
}

function roomClaims(context: Context, sender: PeerId, content: RoomMessage): Claim[] {
  if (content.kind === 'operations') return claimsOf(context, content.operations)
  if (content.kind !== 'leave') return []
  return content.admissions.flatMap(({ admission, signature }) =>
    leaveClaims(context.group, { peer: sender, admission, leave: signature }),
  )
}

/** The claims of operations that are new to us: what is in the log was checked when it came. */
function claimsOf(context: Context, operations: readonly Operation[]): Claim[] {
  return operations
    .filter((operation) => context.log.get(operation.id) === undefined)
    .flatMap((operation) => operationClaims(context.group, operation))
}

function screenLobby(screener: Screener, inbound: Inbound, now: number): Screened | Rejection {
  const { context, requests } = screener
  const frame = openLobbyFrame(context.group, inbound.bytes)
  if (isRejection(frame)) return frame
  const { sender, to } = frame
  if (sender === context.self) return reject('replayed', 'our own frame')
  if (to !== undefined && to !== context.self) return reject('not-for-us', 'for another peer')
  const content = decodeLobbyMessage(context.group, frame.content)
  if (isRejection(content)) return content
  if (content.kind === 'reply') {
    const opened = requests.open(sender, content)
    if (isRejection(opened)) return opened
    const claims = [frame.claim, ...(opened.kind === 'page' ? claimsOf(context, opened.operations) : [])]
    // We asked for it, so it costs its sender nothing.
    return { kind: 'screened', claims, message: { on: 'reply', sender, message: content, content: opened } }
  }
  const evidence = content.kind === 'request' ? content.join?.evidence : undefined
  const { publicKey } = frame.claim
  const claims = [frame.claim, ...(evidence ? evidenceClaims(context.group.id, evidence, publicKey) : [])]
  const directed = to !== undefined
  return spend(screener, inbound, { claims, message: { on: 'lobby', sender, directed, content } }, now)
}

function spend(
  screener: Screener,
  inbound: Inbound,
  read: Omit<Screened, 'kind'>,
  now: number,
): Screened | Rejection {
  // By path and by name, so that nobody can use up the allowance of another in its name; strangers, whose names cost
  // nothing, share one.
  const { sender } = read.message
  const isMember = screener.context.log.roster.alive.has(sender)
  const payer = isMember ? `${inbound.from} ${sender}` : `${inbound.from} stranger`
  if (screener.allowance.spend(payer, read.claims.length, now)) return { kind: 'screened', ...read }
  return reject('rate-limited', 'more messages than we check from one peer')
}

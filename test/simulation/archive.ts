/**
 * What an attacker who sees and keeps everything has at the end: every operation, every frame that was sent, every reply
 * opened with the secret of whoever asked, and every key as each peer held it, also those it erased since.
 */
import { isRejection, type OperationId, type Output, type PeerId } from '@conclave/protocol'
import type { Slot } from '../../packages/protocol/src/ids.ts'
import { decodeLobbyMessage } from '../../packages/protocol/src/lobby/messages.ts'
import { openLobbyFrame } from '../../packages/protocol/src/lobby/lobby-frame.ts'
import { openReply } from '../../packages/protocol/src/lobby/reply-content.ts'
import { covers } from '../../packages/protocol/src/keys/cover.ts'
import { isOutdated } from '../../packages/protocol/src/keys/generation.ts'
import type { HandedKeys } from '../../packages/protocol/src/keys/key-ring.ts'
import type { VersionKeys } from '../../packages/protocol/src/keys/version-keys.ts'
import type { MembershipLog } from '../../packages/protocol/src/log/membership-log.ts'
import type { Operation, Wrap } from '../../packages/protocol/src/log/operation.ts'
import type { PathKeys } from '../../packages/protocol/src/tree/messages.ts'
import { openFrame, parseFrame, type RoomFrame } from '../../packages/protocol/src/traffic/frame.ts'
import { decodeRoomMessage } from '../../packages/protocol/src/traffic/room-messages.ts'
import { toHex } from '../../packages/protocol/src/ids.ts'
import type { SimPeer } from './peer.ts'
import type { World } from './world.ts'

/** What one peer ever held of one version. */
export interface Haul {
  chain?: Uint8Array
  secret?: Uint8Array
  /** By revision. */
  readonly teks: Map<number, Uint8Array>
  /** By slot; more than one when two members made the same slot. */
  readonly keks: Map<Slot, Uint8Array[]>
  /** Paths in the key tree of its generation, as they came with its keys. */
  paths?: PathKeys[]
}

/** What a member knew. */
interface View {
  readonly size: number
  readonly heads: readonly OperationId[]
  readonly alive: ReadonlySet<PeerId>
  /** Refreshes that counted. */
  readonly refreshes: readonly OperationId[]
}

function viewOf({ size, heads, roster }: MembershipLog): View {
  const refreshes = roster.refreshes.map(({ operation }) => operation.id)
  return { size, heads, alive: new Set(roster.alive.keys()), refreshes }
}

/** A frame under a TEK, and the view its sender had when it sent it. */
export interface Sent extends Omit<View, 'size'> {
  readonly by: SimPeer
  readonly at: number
  readonly about: string
  readonly frame: RoomFrame
}

/** Somebody broke in to a member once and copied all keys that were in memory. */
export interface Theft {
  /** Under which the loot is found with `haulOf`. */
  readonly thief: PeerId
  readonly at: number
}

export interface Recorded {
  readonly operation: Operation
  /** When it first was in anybody's log. */
  readonly at: number
}

/** What is sent under the key parent of the version it is about, which the excluded hold: it is taken as known to everybody. */
const ANNOUNCEMENTS = new Set(['operations', 'relay'])

export class Archive {
  readonly world: World
  readonly operations = new Map<OperationId, Recorded>()
  /** Wraps that key relays added to a version's own. */
  readonly relayed = new Map<OperationId, readonly Wrap[]>()
  readonly sent: Sent[] = []
  readonly thefts: Theft[] = []
  /** Versions that a malicious member made: who trusts it is not protected from it. */
  readonly crafted = new Set<OperationId>()
  readonly #hauls = new Map<PeerId, Map<OperationId, Haul>>()
  /** Who asked, by request id. */
  readonly #requests = new Map<string, { requester: PeerId; exchangeKey: Uint8Array }>()
  /** What each session knows and knew: one member may be in two lineages, and one identity may run twice. */
  readonly #views = new Map<string, { readonly log: MembershipLog; before: View; now: View }>()
  /** Key arrays that were copied already, so that a step costs only what is new in it. */
  readonly #copied = new WeakMap<Uint8Array, Set<PeerId>>()

  constructor(world: World) {
    this.world = world
    world.onStep = (peer, outputs) => this.#record(peer, outputs)
  }

  /** Everything that a peer ever held, by version. */
  haulOf(peer: PeerId): ReadonlyMap<OperationId, Haul> {
    return this.#hauls.get(peer) ?? new Map<OperationId, Haul>()
  }

  /** Records an operation that no member made. */
  recordOperation(operation: Operation): void {
    if (!this.operations.has(operation.id)) {
      this.operations.set(operation.id, { operation, at: this.world.now })
    }
  }

  /** Copies all keys in a member's memory. */
  steal(from: SimPeer): Theft {
    const thief = `thief ${this.thefts.length}` as PeerId
    this.#recordKeys(from, thief)
    const theft = { thief, at: this.world.now }
    this.thefts.push(theft)
    return theft
  }

  /** Gives keys to a peer, as if it had got them in some way. */
  learn(peer: PeerId, keys: Omit<HandedKeys, 'secret'> & { secret?: Uint8Array | undefined }): void {
    const haul = this.#haul(peer, keys.version)
    haul.chain ??= keys.chain.slice()
    if (keys.secret) haul.secret ??= keys.secret.slice()
    if (!haul.teks.has(keys.revision)) haul.teks.set(keys.revision, keys.tek.slice())
    for (const { slot, kek } of keys.slots) this.#learnKek(haul, slot, kek)
    if (keys.path) haul.paths = [...(haul.paths ?? []), keys.path]
  }

  #learnKek(haul: Haul, slot: Slot, kek: Uint8Array): void {
    const known = haul.keks.get(slot) ?? []
    haul.keks.set(slot, known)
    if (!known.some((other) => toHex(other) === toHex(kek))) known.push(kek.slice())
  }

  #haul(peer: PeerId, version: OperationId): Haul {
    const byVersion = this.#hauls.get(peer) ?? new Map<OperationId, Haul>()
    this.#hauls.set(peer, byVersion)
    const haul = byVersion.get(version) ?? {
      teks: new Map<number, Uint8Array>(),
      keks: new Map<Slot, Uint8Array[]>(),
    }
    byVersion.set(version, haul)
    return haul
  }

  #record(peer: SimPeer, outputs: readonly Output[]): void {
    this.#recordKeys(peer)
    const stored = new Set<OperationId>()
    for (const output of outputs) {
      if (output.kind === 'store') {
        for (const operation of output.operations) this.recordOperation(operation)
        for (const { id } of output.operations) stored.add(id)
      } else if (output.kind === 'broadcast' && output.channel === 'room')
        this.#recordFrame(peer, output, stored)
      else if (output.kind === 'broadcast' || output.kind === 'send') this.#recordLobby(output.bytes)
    }
  }

  #recordKeys(peer: SimPeer, holder: PeerId = peer.id): void {
    const { others, ...own } = peer.member.unsafeInsideForTests
    for (const { salt, log, keys, paths } of [own, ...others]) {
      this.#recordView(toHex(salt), log)
      this.#recordLineage(holder, keys)
      for (const [generation, path] of paths) this.#recordPath(holder, generation, path)
    }
  }

  #recordView(session: string, log: MembershipLog): void {
    const known = this.#views.get(session)
    if (known?.log !== log) {
      const now = viewOf(log)
      this.#views.set(session, { log, before: now, now })
      return
    }
    known.before = known.now
    if (known.now.size !== log.size) known.now = viewOf(log)
  }

  #recordLineage(holder: PeerId, held: readonly VersionKeys[]): void {
    for (const keys of held) {
      const haul = this.#haul(holder, keys.version)
      haul.chain ??= keys.chain.slice()
      if (keys.secret) haul.secret ??= keys.secret.slice()
      for (const [revision, tek] of keys.heldTeks)
        if (!haul.teks.has(revision)) haul.teks.set(revision, tek.slice())
      for (const [slot, { kek }] of keys.slots) if (this.#isNew(holder, kek)) this.#learnKek(haul, slot, kek)
    }
  }

  /** Each path once, as it was after the last message and use: what came between follows from what was before. */
  #recordPath(holder: PeerId, generation: OperationId, path: PathKeys): void {
    const haul = this.#haul(holder, generation)
    haul.paths ??= []
    const isSame = (other: PathKeys): boolean =>
      other.id === path.id &&
      other.serial === path.serial &&
      toHex(other.keys.at(-1)?.key ?? new Uint8Array()) === toHex(path.keys.at(-1)?.key ?? new Uint8Array())
    if (!haul.paths.some(isSame)) haul.paths.push(path)
  }

  #isNew(peer: PeerId, key: Uint8Array): boolean {
    const holders = this.#copied.get(key) ?? new Set<PeerId>()
    this.#copied.set(key, holders)
    if (holders.has(peer)) return false
    holders.add(peer)
    return true
  }

  /** `stored`: what its step stored before it. */
  #recordFrame(
    by: SimPeer,
    { bytes, about }: { bytes: Uint8Array; about: string },
    stored: ReadonlySet<OperationId>,
  ): void {
    const frame = parseFrame(bytes)
    if (isRejection(frame)) throw new Error(`${by.label} sent a frame that is none: ${frame.detail}`)
    if (ANNOUNCEMENTS.has(about)) {
      this.#recordAnnouncement(by, frame)
      return
    }
    const session = this.#views.get(toHex(frame.session.salt))
    const version = session?.log.get(frame.reference.version)
    if (!session || !version) throw new Error(`${by.label} sent under a version that it never knew`)
    // One step can send something, and then learn of what it would not have sent it under. What it knew then it had stored.
    const { log, before, now } = session
    const hasLearned = log.entries.slice(before.size).every(({ operation: { id } }) => stored.has(id))
    const isFit = covers(log, version) && !isOutdated(log.roster, version)
    const view = hasLearned || isFit ? now : before
    this.sent.push({ by, at: this.world.now, about, frame, ...view })
  }

  /** Wraps of key relays stand in no operation; and who scouts tells of operations before it stores them. */
  #recordAnnouncement(by: SimPeer, frame: RoomFrame): void {
    const { version, revision } = frame.reference
    const tek = this.haulOf(by.id).get(version)?.teks.get(revision)
    const opened = tek && openFrame(this.world.group, frame, tek)
    if (!opened || isRejection(opened)) throw new Error(`${by.label} sent under a key that it never held`)
    const message = decodeRoomMessage(this.world.group, opened.content)
    if (isRejection(message)) return
    if (message.kind === 'operations')
      for (const operation of message.operations) this.recordOperation(operation)
    if (message.kind !== 'relayed') return
    this.relayed.set(message.version, [...(this.relayed.get(message.version) ?? []), ...message.wraps])
  }

  /** Opens replies with what the requester held when it asked. */
  #recordLobby(bytes: Uint8Array): void {
    const { group, suite } = this.world
    const opened = openLobbyFrame(group, bytes)
    if (isRejection(opened)) throw new Error(`a lobby frame that is none: ${opened.detail}`)
    const message = decodeLobbyMessage(group, opened.content)
    if (isRejection(message)) throw new Error(`a lobby message that is none: ${message.detail}`)
    if (message.kind === 'request') {
      this.#requests.set(toHex(message.id), { requester: opened.sender, exchangeKey: message.exchangeKey })
    }
    if (message.kind !== 'reply') return
    const request = this.#requests.get(toHex(message.request))
    const secret = request && suite.exchangeSecret(request.exchangeKey)
    // A request that was made by hand has no secret: then nobody can open the reply.
    if (request === undefined || secret === undefined) return
    const parties = { request: message.request, requester: request.requester, replier: opened.sender }
    const content = openReply(group, { secret, publicKey: message.exchangeKey, ...parties }, message.sealed)
    if (isRejection(content)) throw new Error(`a reply that its requester cannot open: ${content.detail}`)
    if (content.kind === 'page' && content.keys) this.learn(request.requester, content.keys)
  }
}

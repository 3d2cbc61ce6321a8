/**
 * The shape of a room as an embedder sees it: state to read, actions to call, events to listen to.
 * The events carry exactly the fields of the command line's JSON form, so the two never drift apart.
 */

import type { FileOffer, Transfer } from './file-api.ts'

/** How far a room has come. `excluded`, `left`, `destroyed` and `closed` are final. */
export type RoomStatus = 'offline' | 'joining' | 'joined' | 'excluded' | 'left' | 'destroyed' | 'closed'

/** How a member is reached: over a WebRTC connection of its own, or by the relay's bridge. */
export type Via = 'webrtc' | 'bridge'

/** What happened to a member. */
export type MemberChange = 'admitted' | 'excluded' | 'left' | 'online' | 'offline'

/** Who makes the keys: all members, or one that manages them in a flat table or a tree. */
export type Scheme = 'distributed-flat' | 'centralized-flat' | 'centralized-tree'

/** A member as the roster has it. */
export interface MemberInfo {
  /** libp2p peer id, base58btc. */
  peer: string
  /** Display name the member chose; empty when it chose none. Not authenticated as unique. */
  name: string
  /** Null while it is unknown: in a room of more than 50 not all tell that they are there. */
  online: boolean | null
  /** How many members voted for its exclusion; absent when nobody did. */
  votes?: number
  /** Absent for ourselves and for members that are offline. */
  via?: Via
}

/** How a member is reached, and since when. */
export interface MemberHealth {
  peer: string
  name: string
  /** `none`: it is offline, or it is unknown whether it is there. */
  via: Via | 'none'
  /** Milliseconds since 1970 from which on it has been so, as far as we were there to see it. */
  since: number
  /** Milliseconds there and back, measured every ten seconds on a direct connection. */
  rttMs?: number
}

/** How well a room is connected. */
export interface RoomHealth {
  /** Relays that are kept dialled, and whether they can be used. */
  relays: { address: string; status: 'connecting' | 'unreachable' | 'connected' | 'reserved' }[]
  /** Everybody on the roster but ourselves. */
  members: MemberHealth[]
}

/** Who may do what in a room: fixed when it is created. */
export interface RoomPolicy {
  /**
   * `anyone` who knows the room's name; by `invite`; by invite and after a member's word (`ask`); or by `moderators` alone and
   * their invites.
   */
  admit: 'anyone' | 'invite' | 'ask' | 'moderators'
  /** Any `member`; a `quorum` of members that vote; or `moderators`, who may in any case. */
  exclude: 'member' | 'quorum' | 'moderators'
  /** Votes that an exclusion needs where `exclude` is `quorum`, else 0. */
  quorum: number
  /** Peer ids, eight at most. Where only moderators may do something and none is named, it is the creator. */
  moderators: readonly string[]
  /** Seconds after which a member that was silent is excluded; 0: never. */
  silence: number
}

/** How a room is at one moment; a copy. */
export interface RoomState {
  status: RoomStatus
  /** Hex id of the version we send under; absent while we hold none that covers our view. */
  version?: string
  revision: number
  /** Hex ids of the log's heads. */
  heads: string[]
  scheme: Scheme
  /** Peer id of the member that makes the keys, where one does. */
  manager?: string
  policy: RoomPolicy
  /** Number of members on the roster, ourselves included. */
  members: number
  /** How many more exclusions the key table bears before a refresh is due. */
  exclusionsLeft: number
}

/** An entry of the membership log. */
export interface RoomDeed {
  /** Hex. */
  id: string
  kind:
    | 'founding'
    | 'admission'
    | 'exclusion'
    | 'leave'
    | 'split'
    | 'seal'
    | 'refresh'
    | 'vote'
    | 'denial'
    | 'revocation'
    | 'destruction'
  by: string
  byName: string
  /** Whom it is about. */
  peers: readonly { readonly peer: string; readonly name: string }[]
  /** Of an exclusion. */
  reason: string
  /** Hex. Every member checked it. */
  signature: string
  /** Its length as it travels. */
  bytes: number
}

/** The flat table of keys, without the keys: whose ID holds which slot is no secret. */
export interface KeyTable {
  /** Its columns: a member holds one slot of each. */
  symbols: number
  /** Slots a column. */
  radix: number
  /** For each member, column by column, which slot it holds. */
  rows: ReadonlyMap<string, readonly number[]>
  /** Slots that somebody who is gone may hold a key of; slot `column · radix + symbol`. */
  tainted: readonly number[]
  /** Slots whose key we have by now. */
  held: readonly number[]
}

/** What a member may do alone. */
export interface RoomRights {
  /** Let others in, invite and deny them. */
  admit: boolean
  exclude: boolean
  /** Split, merge and destroy the room. */
  govern: boolean
}

/** What each event of a room carries in its `detail`. */
export interface RoomEventDetails {
  joined: {
    peer: string
    room: string
    version: string
    revision: number
    scheme: Scheme
    manager?: string
    members: number
  }
  message: { from: string; name: string; text: string; version: string; revision: number; verified: boolean }
  member: { peer: string; name: string; change: MemberChange }
  keys: {
    version: string
    revision: number
    heads: string[]
    scheme: Scheme
    manager?: string
    cause: string
  }
  /** Somebody wants another one out, where that takes a quorum; `votes`: how many do by now. */
  vote: { peer: string; name: string; by: string; byName: string; votes: number }
  excluded: { by: string; reason: string }
  /** Somebody who may ended the room for everybody. */
  destroyed: { by: string }
  /** Somebody waits to be let in: `admit` or `deny` it. */
  knock: { peer: string; name: string }
  /** The room goes on as another one: merged into that, or split off. `room`: its id. */
  moved: { by: string; room: string }
  transport: { peer: string; via: Via }
  /**
   * What somebody sent cannot be read yet, its key being under way. `frame` names it. Once the key has come it is `opened`, and its
   * `message` follows; it is `gone` if it was no message, or the key did not come. For embedders only.
   */
  waiting: { frame: number; version: string; state: 'waiting' | 'opened' | 'gone' }
  /** Somebody offers a file: `acceptFile` fetches it, `cancelFile` declines. */
  file: FileOffer
  /** A file goes to or comes from a peer: its progress, a few times a second, and its end. */
  transfer: Transfer
  /** What an application said by an action, also by one that nobody here made. Bytes are a `Uint8Array`, in JSON base64. */
  action: { from: string; name: string; action: string; data: unknown }
  /** A member begins or stops typing. */
  typing: { peer: string; name: string; typing: boolean }
  /** `RoomState.status` changed. For embedders only: the command line tells the same by its other events. */
  status: { status: RoomStatus }
  error: { code: string; message: string }
}

/** What a room tells of. */
export type RoomEventName = keyof RoomEventDetails

/** A `CustomEvent` a kind, e.g. `room.addEventListener('message', ({ detail }) => …)`. */
export type RoomEvents = { [K in RoomEventName]: CustomEvent<RoomEventDetails[K]> }

/** How keys are to be made from now on. */
export interface TransitionOptions {
  to: Scheme
  /** Peer id of the member that is to make the keys; ourselves if it is left out. None where all make them. */
  manager?: string
}

/** For what may take long. */
export interface WaitOptions {
  /** Aborting it gives that up, as far as it can be. */
  signal?: AbortSignal
}

/** What an invite is good for. */
export interface InviteOptions {
  /** Seconds until the invite expires by the wall clock of whoever checks it. Default one week. */
  ttl?: number
  /** How many peers it is good for. Default 0: any number. */
  uses?: number
  /** `ask`: who comes by it waits until a member says yes. Default `now`, unless the room asks for everybody. */
  admit?: 'now' | 'ask'
}

/** What a member gets from its shell, asks of it, and tells it. Effects are data: whoever gets them carries them out in order. */
import type { RejectionCode } from '../errors.ts'
import type { Successor } from '../group/successor.ts'
import type { Millis, OperationId, PeerId, VersionId } from '../ids.ts'
import type { Refusal } from '../lobby/reply-content.ts'
import type { Action } from '../traffic/room-messages.ts'
import type { Operation } from '../log/operation.ts'
import type { SchemeState } from './member-state.ts'

/** Topics of a group: its lobby, for those outside, and the room itself. */
export type Channel = 'lobby' | 'room'

/** What comes with every input. */
export interface StepContext {
  /** Monotonic time. */
  readonly now: Millis
  /** 32 fresh random bytes, for this step alone. */
  readonly entropy: Uint8Array
  /** Seconds since 1970 by the wall clock: used for nothing but the expiry of invites. */
  readonly wallSeconds: number
}

/** Something from the network: its bytes and the peer that handed it to us, who need not have written it. */
export interface Inbound {
  readonly bytes: Uint8Array
  readonly from: string
}

/** One effect of a step. Whoever embeds the member carries them out in their order; none may be left out. */
export type Output =
  /** Publish to one of the group's topics. */
  | {
      readonly kind: 'broadcast'
      readonly channel: Channel
      readonly bytes: Uint8Array
      readonly about: About
      /** The only member that has a use for it: where there is a path to it, it need not be published. */
      readonly to?: PeerId
    }
  /** Hand to one peer, by the best path there is; without a direct one, publish to the lobby (SPEC B5). */
  | { readonly kind: 'send'; readonly to: PeerId; readonly bytes: Uint8Array; readonly about: About }
  /** Write to disk before any output that follows (SPEC M5). */
  | { readonly kind: 'store'; readonly operations: readonly Operation[] }
  /** Our lineage was given up: what was stored of it goes, before anything else is stored. */
  | { readonly kind: 'forget' }
  /** What it waited for may have come: screen it again. */
  | { readonly kind: 'retry'; readonly inbound: Inbound }
  | { readonly kind: 'notify'; readonly notification: Notification }

/** What is said, and what of it goes behind all else: pieces of files. */
export type Loudness = 'chat' | 'bulk'

/** What an output is about, for counting what things cost; never on the wire. */
export type About = 'relay' | 'heartbeat' | 'request' | 'reply' | 'operations' | Loudness | 'leave'

/** What happened to a member, as others are told. */
export type MemberChange = 'admitted' | 'excluded' | 'left' | 'online' | 'offline'

/** Why keys changed. */
export type Cause = 'founding' | 'introduction' | 'exclusion' | 'leave' | 'seal' | 'refresh' | 'transition'

/** What is for the user to know, in the order in which it happened. */
export type Notification =
  | ({
      readonly event: 'joined'
      readonly version: VersionId
      readonly revision: number
      readonly members: number
    } & SchemeState)
  | {
      readonly event: 'message'
      readonly from: PeerId
      readonly name: string
      readonly text: string
      readonly version: VersionId
      readonly revision: number
    }
  | {
      readonly event: 'action'
      readonly from: PeerId
      readonly name: string
      readonly action: Action
    }
  | { readonly event: 'member'; readonly peer: PeerId; readonly name: string; readonly change: MemberChange }
  /** Somebody wants another one out: how many do by now. Those that excluded it at last are told of, too. */
  | {
      readonly event: 'vote'
      readonly peer: PeerId
      readonly name: string
      readonly by: PeerId
      readonly byName: string
      readonly votes: number
    }
  | ({
      readonly event: 'keys'
      readonly version: VersionId
      readonly revision: number
      readonly heads: readonly OperationId[]
      readonly cause: Cause
    } & SchemeState)
  | { readonly event: 'excluded'; readonly by: PeerId; readonly reason: string }
  | { readonly event: 'left' }
  /** Somebody ended the room for everybody. `to`: where we go on, as members that know nothing yet. */
  | { readonly event: 'destroyed'; readonly by: PeerId; readonly to?: Successor }
  /** Our membership goes on in another group: enter that as a member of it. */
  | { readonly event: 'moved'; readonly by: PeerId; readonly to: Successor }
  /** Somebody waits for a human's word. */
  | { readonly event: 'knock'; readonly peer: PeerId; readonly name: string }
  /** Nobody let us in, and why. */
  | { readonly event: 'refused'; readonly refusal: Refusal }
  /** An operation that reached us does not count. */
  | { readonly event: 'rejected'; readonly code: RejectionCode; readonly detail: string }
  /** A member asks to be let in, so it has started anew, and connections to it from before are most likely dead. */
  | { readonly event: 'restarted'; readonly peer: PeerId }
  /** Peers worth a direct connection, best first, with the addresses they announce. */
  | { readonly event: 'peers'; readonly peers: readonly { peer: PeerId; addresses: readonly string[] }[] }

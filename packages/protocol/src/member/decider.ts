/** What a member decides on its user's word; invites and their end are seen to here (SPEC G4–G6, L15, L16). */
import { nobleSigner } from '../crypto/noble-suite.ts'
import { UsageError } from '../errors.ts'
import { decodeInvite, encodeInvite, makeGrant } from '../group/invite.ts'
import { mayAdmit } from '../group/policy.ts'
import type { Successor } from '../group/successor.ts'
import { type AdmissionId, type PeerId, peerIdOf } from '../ids.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { RELAYS_MAX } from '../limits.ts'
import { type Decision, revokedInvite } from '../log/decisions.ts'
import { whyNotEntitled } from '../log/entitlement.ts'
import type { Scheme } from '../log/management.ts'
import type { MembershipLog } from '../log/membership-log.ts'
import type { Context } from './context.ts'
import type { Destroyer } from './destroyer.ts'
import type { Excluder } from './excluder.ts'
import { type Introducer, MODERATORS_ALONE } from './introducer.ts'
import type { Manager } from './manager.ts'
import type { Voter } from './voter.ts'

/** What an invite is to be good for. */
export interface InviteRequest {
  /** Seconds from now until it expires; 0: never. */
  readonly ttl: number
  /** People it is good for; 0: any number. */
  readonly uses: number
  /** Whether a human has to say yes besides. */
  readonly ask?: boolean
  readonly relays: readonly string[]
}

/** What a user wants decided. */
export type Wish =
  /** `invite`: its text, or a link that holds it. */
  | { readonly kind: 'revoke'; readonly invite: string }
  | { readonly kind: 'admit'; readonly peer: PeerId }
  | { readonly kind: 'deny'; readonly peer: PeerId }
  /** That somebody who is no member never becomes one again. */
  | { readonly kind: 'ban'; readonly peer: PeerId }
  /** All keys made anew. */
  | { readonly kind: 'refresh' }
  /** Another scheme, with a manager where it has one: ourselves if nobody is named. */
  | { readonly kind: 'transition'; readonly to: Scheme; readonly manager?: PeerId }
  /** That a member should be excluded, where that takes a quorum. */
  | { readonly kind: 'vote'; readonly peer: PeerId }
  /** The end of the room for everybody; or, with `to`, its merger into a group where all were admitted before. */
  | { readonly kind: 'destroy'; readonly to?: Successor }
  /** Lets in who did not knock: they come from another group. */
  | { readonly kind: 'welcome'; readonly peers: readonly { readonly peer: PeerId; readonly name: string }[] }
  /** These and we go on in another group, where they were admitted before; we are to leave then. */
  | { readonly kind: 'split'; readonly peers: readonly PeerId[]; readonly to: Successor }

interface Roles {
  readonly introducer: Introducer
  readonly excluder: Excluder
  readonly manager: Manager
  readonly voter: Voter
  readonly destroyer: Destroyer
}

export class Decider {
  readonly #context: Context
  readonly #roles: Roles

  constructor(context: Context, roles: Roles) {
    this.#context = context
    this.#roles = roles
  }

  /** Carries out a wish. Throws `UsageError`, with nothing changed, when that cannot be. */
  decide(wish: Wish): void {
    const { introducer, excluder, manager, voter, destroyer } = this.#roles
    switch (wish.kind) {
      case 'revoke':
        return this.#revoke(wish.invite)
      case 'admit':
        return introducer.admit(wish.peer)
      case 'deny':
        return introducer.deny(wish.peer)
      case 'ban':
        return introducer.ban(wish.peer)
      case 'vote':
        return voter.vote(wish.peer)
      case 'destroy':
        return destroyer.destroy(wish.to)
      case 'welcome':
        return introducer.welcome(wish.peers)
      case 'split':
        return excluder.exclude(wish.peers, '', wish.to)
      case 'refresh':
        return manager.refresh()
      case 'transition':
        return manager.transition(wish.to, wish.manager)
    }
  }

  /** A new invite as text. It holds the room key and the seed of a key that we vouch for. Throws `UsageError` outside. */
  invite(request: InviteRequest): string {
    const { entropy, group, signer, wallSeconds } = this.#context
    const issuerAdmission = this.#ownAdmission()
    const seed = entropy.bytes(32)
    const expires = request.ttl === 0 ? 0 : Math.floor(wallSeconds) + request.ttl
    const seedSigner = nobleSigner(seed)
    const { uses, ask = false } = request
    const grant = makeGrant(group.id, { seedSigner, issuer: signer, issuerAdmission, expires, uses, ask })
    return encodeInvite({ group, grant, seed, relays: request.relays.slice(0, RELAYS_MAX) })
  }

  #ownAdmission(): AdmissionId {
    const { log, self, status, group } = this.#context
    const admission = log.admissionOf(self)
    if (status !== 'joined' || admission === undefined) {
      throw new UsageError('not-joined', 'Only members can invite. Wait until you have joined.')
    }
    if (!mayAdmit(group.genesis.policy, self)) throw new UsageError('not-entitled', MODERATORS_ALONE)
    return admission.operation.id
  }

  #revoke(text: string): void {
    const { group, log } = this.#context
    // One that has expired is good for nothing already, and yet may be revoked.
    const { grant, group: invited } = decodeInvite(text, group.suite, 0)
    if (!group.id.every((byte, i) => byte === invited.id[i])) {
      throw new UsageError('bad-invite', 'This invite is for another room. Revoke it there.')
    }
    const body = {
      kind: 'revocation',
      inviteKey: grant.inviteKey,
      issuer: peerIdOf(grant.issuer),
    } as const
    const keys = this.#mayDecide(body)
    if (!log.roster.revoked.has(revokedInvite(body))) this.#context.publish(body, keys)
  }

  /** The keys to tell the room under. Throws when we are not in, or not entitled. */
  #mayDecide(body: Decision): VersionKeys {
    const { log, self } = this.#context
    const keys = this.#context.mustBeReady()
    this.#context.mustBeLet(whyNotEntitled(self, body, log))
    return keys
  }
}

/** Throws `UsageError` where what we sign, or what has to follow from it, may find no place in the log any more (SPEC L14). */
export function mustHaveSpace({ isUsedUp }: Pick<MembershipLog, 'isUsedUp'>): void {
  if (!isUsedUp) return
  throw new UsageError(
    'log-full',
    'The log of this room is full: nothing about its members and keys can change any more. Create a new room, and invite everybody there.',
  )
}

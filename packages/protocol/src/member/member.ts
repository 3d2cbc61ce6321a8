/**
 * A member of one group. No clock, no randomness, no network: the shell brings those with each step and carries out what
 * comes back (SPEC M1).
 */
import type { Rejection } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import type { Millis, PeerId } from '../ids.ts'
import type { Operation } from '../log/operation.ts'
import type { StepContext } from './context.ts'
import type { InviteRequest, Wish } from './decider.ts'
import type { Awaited } from './held-frames.ts'
import { Lineage, type MemberInit, type MemberInside, type MemberState } from './lineage.ts'
import type { Entrance } from './newcomer.ts'
import type { Inbound, Output } from './output.ts'
import type { Screened, Waiting } from './screen.ts'

export class Member {
  readonly #own: Lineage

  /** Throws `UsageError` when the name is too long. */
  constructor(init: MemberInit) {
    this.#own = new Lineage(init)
  }

  get self(): PeerId {
    return this.#own.self
  }

  get group(): Group {
    return this.#own.group
  }

  get state(): MemberState {
    return this.#own.state
  }

  /**
   * What is inside, to look at and never to touch: it holds every key. For the attacker and the checkers of the
   * simulation; nothing else may call it.
   */
  get unsafeInsideForTests(): MemberInside {
    return this.#own.unsafeInsideForTests
  }

  /** When `tick` should be called at the latest. */
  get nextDeadline(): Millis | undefined {
    return this.#own.nextDeadline
  }

  /** Takes back operations that were stored before a restart. Call it before `start`. */
  restore(operations: readonly Operation[], at: StepContext): Output[] {
    return this.#own.restore(operations, at)
  }

  start(entrance: Entrance, at: StepContext): Output[] {
    return this.#own.start(entrance, at)
  }

  /** The network came, or came back: whoever waits to be let in asks again at once, a member shows itself. */
  wake(at: StepContext): Output[] {
    return this.#own.wake(at)
  }

  /** Runs whatever is due. */
  tick(at: StepContext): Output[] {
    return this.#own.tick(at)
  }

  /** Looks at a message from the network. Its claims have to be checked before `handle` may have it. */
  screen(inbound: Inbound, now: Millis): Screened | Waiting | Rejection {
    return this.#own.screen(inbound, now)
  }

  /** Keeps a frame that cannot be read yet, and asks for what it waits for. A `retry` output brings it back. */
  hold(inbound: Inbound, awaits: Awaited, at: StepContext): Output[] {
    return this.#own.hold(inbound, awaits, at)
  }

  /** Takes a message whose claims all hold. */
  handle(screened: Screened, at: StepContext): Output[] {
    return this.#own.handle(screened, at)
  }

  /** Says something to the room. Throws `UsageError` when it cannot even be held. */
  say(text: string, at: StepContext): Output[] {
    return this.#own.say(text, at)
  }

  /** Excludes members. Throws `UsageError`, with nothing changed, when that cannot be. */
  exclude(peers: readonly PeerId[], reason: string, at: StepContext): Output[] {
    return this.#own.exclude(peers, reason, at)
  }

  /** Asks the others to take us off the roster, and erases our keys. */
  leave(at: StepContext): Output[] {
    return this.#own.leave(at)
  }

  /** Addresses to announce, at most four. */
  announce(addresses: readonly string[], at: StepContext): Output[] {
    return this.#own.announce(addresses, at)
  }

  /** A new invite as text. Throws `UsageError` outside. */
  invite(request: InviteRequest, at: StepContext): string {
    return this.#own.invite(request, at)
  }

  /** Carries out what the user decided. Throws `UsageError`, with nothing changed, when that cannot be. */
  decide(wish: Wish, at: StepContext): Output[] {
    return this.#own.decide(wish, at)
  }
}

/** The end of a room for everybody: deciding it, and telling those who have not heard (paper §3.1.2; SPEC L18, E8). */
import type { Successor } from '../group/successor.ts'
import type { PeerId } from '../ids.ts'
import type { LobbyHeartbeat, Request } from '../lobby/messages.ts'
import { whyEvidenceFails, whyNotEntitled } from '../log/entitlement.ts'
import { admitted, isAdmitting } from '../log/roster.ts'
import type { Context } from './context.ts'
import type { Replier } from './replier.ts'
import type { Requests } from './requests.ts'
import type { Read } from './screen.ts'

/** Somebody who has not heard is told by about so many at once. */
const TELLERS = 3

export class Destroyer {
  readonly #context: Context
  readonly #requests: Requests
  readonly #replier: Replier

  constructor(context: Context, roles: { requests: Requests; replier: Replier }) {
    this.#context = context
    this.#requests = roles.requests
    this.#replier = roles.replier
  }

  /** Destroys the room, or merges it into another one. Throws `UsageError`, with nothing changed, when that cannot be. */
  destroy(successor?: Successor): void {
    const { log, self } = this.#context
    const keys = this.#context.mustBeReady()
    const body = { kind: 'destruction', ...(successor && { successor }) } as const
    this.#context.mustBeLet(whyNotEntitled(self, body, log))
    this.#context.publish(body, keys)
  }

  /** In a room that was destroyed nothing counts but what shows who has not heard, or that it was not destroyed after all. */
  handle(message: Read): void {
    if (message.on === 'room') return
    const { sender, content } = message
    if (message.on === 'reply') this.#requests.settle(message.message)
    // Keys that come with a page are not for us any more.
    if (content.kind === 'page') this.#context.integrate(content.operations)
    if (message.on !== 'lobby') return
    if (content.kind === 'lobby-heartbeat') this.#hear(sender, content)
    if (content.kind === 'request' && this.#replier.isNew(content))
      this.#answer(sender, content, message.directed)
  }

  /** Somebody asks in a room that was destroyed: it gets the operations that led to that, and no keys. */
  #answer(from: PeerId, request: Request, directed: boolean): void {
    const { log } = this.#context
    // It may know of an exclusion that makes the destruction void.
    if (!log.covers(request.heads)) this.#requests.visit(from)
    const { destroyed } = log.roster
    if (destroyed === undefined || !(directed || this.#isOurTurn(request.attempt + 1))) return
    if (this.#mayKnow(from, request)) this.#replier.tell(from, request, destroyed)
    else this.#replier.refuse(from, request, 'destroyed')
  }

  /** Somebody goes on as if nothing had happened: it is shown our heads, and asks for what it lacks. */
  #hear(from: PeerId, { root }: LobbyHeartbeat): void {
    const { log } = this.#context
    const isUnaware = root === this.#context.root && log.roster.destroyed !== undefined
    if (isUnaware && this.#isOurTurn(1)) this.#requests.visit(from)
  }

  /** Who was a member, or could have become one, may see who destroyed the room; strangers learn that it is gone. */
  #mayKnow(peer: PeerId, { join }: Request): boolean {
    const { log, group } = this.#context
    if (log.entries.some((entry) => isAdmitting(entry) && admitted(entry) === peer)) return true
    if (group.genesis.policy.admit === 'anyone') return true
    return join?.evidence !== undefined && whyEvidenceFails(peer, join.evidence, log) === undefined
  }

  /** Nobody hears the others any more, so turns are by chance. */
  #isOurTurn(attempt: number): boolean {
    const { entropy, log } = this.#context
    return entropy.fraction() * log.roster.alive.size < TELLERS * attempt
  }
}

/**
 * We as a newcomer in another lineage of our room, while we are still a member of our own: it gets in first, and then takes
 * our place (SPEC F5, F6).
 */
import type { Millis, OperationId } from '../ids.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { HELD_MAX } from '../limits.ts'
import { Lineage, type MemberInit } from './lineage.ts'
import { schemeStateOf } from './member-state.ts'
import type { Notification, Output } from './output.ts'
import { isBetter, rivalOf } from './rivals.ts'

/** Whoever is not in by then comes back: a newcomer is let in, and confirmed, within half of it. */
const SCOUTING_HEARTBEATS = 5

export class Scout {
  readonly lineage: Lineage
  readonly root: OperationId
  readonly #until: Millis
  readonly #heartbeatMs: Millis
  /** When it was first ready to take our place. */
  #readyAt: Millis | undefined
  /** Said there since it got in: our user hears it once we have moved. */
  #messages: Output[] = []
  #keys: Output | undefined
  /** Whether somebody there said no, or that a human has to be asked. */
  wasRefused = false

  constructor(init: MemberInit, root: OperationId, heartbeatMs: Millis) {
    this.lineage = new Lineage({ ...init, lineage: root })
    this.root = root
    this.#heartbeatMs = heartbeatMs
    this.#until = init.start.now + SCOUTING_HEARTBEATS * heartbeatMs
  }

  get deadline(): Millis {
    const end = this.lineage.context.isReady ? this.#patience : this.#until
    return Math.min(end, this.lineage.nextDeadline ?? Infinity)
  }

  /** How long it waits for the others of our lineage to be in, too. */
  get #patience(): Millis {
    return this.#readyAt === undefined ? Infinity : this.#readyAt + this.#heartbeatMs
  }

  /** What goes out of what a step of it gave. Nothing is stored, and our user hears nothing, before we have moved. */
  take(outputs: readonly Output[]): Output[] {
    return outputs.filter((output) => {
      if (output.kind !== 'notify') return output.kind !== 'store' && output.kind !== 'forget'
      this.#remember(output, output.notification)
      return output.notification.event === 'peers'
    })
  }

  #remember(output: Output, { event }: Notification): void {
    if (event === 'message' || event === 'action')
      this.#messages = [...this.#messages, output].slice(-HELD_MAX)
    if (event === 'keys') this.#keys = output
    if (event === 'refused') this.wasRefused = true
  }

  /**
   * Whether it takes our place now. Everybody of our lineage that is online should be in by then, so that nobody misses what
   * another says; but nobody is waited for for long.
   */
  judge(own: Lineage, now: Millis): 'move' | 'wait' | 'give up' {
    const { isReady, log } = this.lineage.context
    if (!isReady) return now < this.#until ? 'wait' : 'give up'
    const [there, here] = [rivalOf(log), rivalOf(own.context.log)]
    if (!there || !here || !isBetter(there, here)) return 'give up'
    this.#readyAt ??= now
    const areAllIn = own.context.onlineOthers.every((peer) => log.roster.alive.has(peer))
    return areAllIn || now >= this.#patience ? 'move' : 'wait'
  }

  /** What is to be stored and told when it takes the place of `before`. */
  news(before: Lineage): Output[] {
    const { context } = this.lineage
    const { log, others, current } = context
    const fresh = others.filter((peer) => !before.context.log.roster.alive.has(peer))
    return [
      { kind: 'forget' },
      { kind: 'store', operations: log.entries.map(({ operation }) => operation) },
      ...(current
        ? [
            told({
              event: 'joined',
              ...referenceOf(current),
              members: log.roster.alive.size,
              ...schemeStateOf(context),
            }),
          ]
        : []),
      ...fresh.map((peer) => told({ event: 'member', peer, name: context.nameOf(peer), change: 'admitted' })),
      ...(this.#keys ? [this.#keys] : []),
      ...this.#messages,
    ]
  }
}

function referenceOf({ version, revision }: VersionKeys): Pick<VersionKeys, 'version' | 'revision'> {
  return { version, revision }
}

function told(notification: Notification): Output {
  return { kind: 'notify', notification }
}

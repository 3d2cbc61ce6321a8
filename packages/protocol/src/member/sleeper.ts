/** Waking after a sleep: a tab that was frozen, a machine that was suspended (SPEC F7, M8). */
import type { Millis } from '../ids.ts'
import type { Beacon } from './beacon.ts'
import type { Context } from './context.ts'
import type { HeldFrames } from './held-frames.ts'
import type { Newcomer } from './newcomer.ts'
import type { Requests } from './requests.ts'

/** A step that comes this much too late comes after a sleep; less may be a busy machine. */
const SLEEP_MS = 5_000

interface Roles {
  readonly requests: Requests
  readonly beacon: Beacon
  readonly newcomer: Newcomer
  readonly held: HeldFrames
}

export class Sleeper {
  readonly #context: Context
  readonly #roles: Roles

  constructor(context: Context, roles: Roles) {
    this.#context = context
    this.#roles = roles
  }

  /** A step comes later by `late` than it was due. */
  begin(late: Millis): void {
    if (late <= SLEEP_MS) return
    const { status, timing, agenda, presence } = this.#context
    // Nobody is silent while we cannot hear, and nobody had the time that we gave it to answer.
    presence.excuse(late)
    agenda.postpone(late)
    if (status === 'joined' && late >= timing.retentionMs) this.#forgetKeys()
    else if (status === 'joined') this.#roles.beacon.start()
    else if (status === 'joining') this.#roles.newcomer.startAgain()
  }

  /** Our keys are older than anybody keeps keys: we are keyed again as after a restart. */
  #forgetKeys(): void {
    const { requests, newcomer, held } = this.#roles
    this.#context.forgetKeys()
    this.#context.agenda.cancel('confirm')
    requests.forgetAll()
    held.clear()
    newcomer.startAgain()
  }
}

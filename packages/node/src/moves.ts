/** Rooms that go on in another group: where they are merged into one, or a part of them splits off (SPEC G8). */
import { mayGovern, type Group, type PeerId, type Successor } from '@conclave/protocol'
import { raceSignal } from 'race-signal'
import { toString } from 'uint8arrays/to-string'
import { isUsageError, UsageError } from './errors.ts'
import { MOVE_LINGER_MS, MOVE_MS_MAX, MOVE_RETRY_MS, MOVE_TOLD_MS } from './limits.ts'
import { pause } from './pause.ts'
import { isMemberStatus } from './room-state.ts'
import { refusalMessage } from './words.ts'
import type { Entries, Entry } from './entries.ts'
import type { RoomPolicy } from './room-api.ts'
import type { Seat } from './seat.ts'

export interface MovesInit {
  readonly entries: Entries
  /** Enters a group beside those we are in. */
  sitDown(entry: Entry): Promise<Seat>
  /** Keeps in mind how to enter it after a restart. */
  remember(entry: Entry): Promise<void>
}

/** Who is to come along. */
export type Companions = readonly { readonly peer: PeerId; readonly name: string }[]

/** The room that is to be merged into another one. */
export interface Home {
  readonly group: Group
  /** Everybody else who is in it now: people come and go while we wait. */
  readonly companions: Companions
}

export class Moves {
  readonly #init: MovesInit
  /** Groups that we are in already, or on our way into, and where nobody has followed us yet, by group id. */
  readonly #prepared = new Map<string, Seat>()
  /** Where we were before, with the timer that ends it. */
  readonly #retired = new Map<Seat, ReturnType<typeof setTimeout>>()

  constructor(init: MovesInit) {
    this.#init = init
  }

  /**
   * Becomes a member of an invite's group, and admits everybody there; after a while in which all have heard of it. Throws `UsageError`
   * when either is refused, and the signal's reason when that is aborted before.
   */
  async prepareMerge(invite: string, home: () => Home, signal?: AbortSignal): Promise<Successor> {
    const settleIn = async (seat: Seat): Promise<void> => {
      await welcome(seat, () => home().companions, signal)
      await pause(MOVE_TOLD_MS)
      // Of two rooms that are brought into each other one has to wait and see.
      if (mayComeHere(seat, home())) await pause(MOVE_TOLD_MS)
    }
    // Never an open room, which what is left of a cut invite would name: nobody's consent is needed to come into that.
    const entry = await this.#init.entries.invited(invite)
    return await this.#prepare(entry, async (seat) => await raceSignal(settleIn(seat), signal))
  }

  /** Founds a group under the same policy, and admits these there. */
  async prepareSplit(policy: RoomPolicy, companions: Companions): Promise<Successor> {
    return await this.#prepare(
      this.#init.entries.create(policy),
      async (seat) => await welcome(seat, () => companions),
    )
  }

  async #prepare(entry: Entry, settleIn: (seat: Seat) => Promise<void>): Promise<Successor> {
    const { group } = entry
    const seat = await this.#init.sitDown(entry)
    // From now on: somebody else who governs here may lead us there before we are done.
    this.#prepared.set(idOf(group.id), seat)
    try {
      await settleIn(seat)
    } catch (error) {
      await this.#take(group.id)?.driver.close()
      throw error
    }
    return { genesis: group.genesis, roomKey: group.roomKey, relays: seat.relays }
  }

  /** Admits who has come since to a group that we prepared. Throws `UsageError` when nobody can go on there any more. */
  welcome(to: Successor, companions: Companions): void {
    const seat = this.#prepared.get(idOf(this.#init.entries.successor(to).group.id))
    if (seat && !tryWelcome(seat, companions)) throw new UsageError('not-let-in', OVER)
  }

  /** Nobody follows after all. */
  async abandon(to: Successor): Promise<void> {
    await this.#take(this.#init.entries.successor(to).group.id)?.driver.close()
  }

  /** The seat in the group where our room goes on. Throws `UsageError` when we cannot be in it. */
  async follow(to: Successor): Promise<Seat> {
    const entry = this.#init.entries.successor(to)
    const seat = this.#take(entry.group.id) ?? (await this.#init.sitDown(entry))
    // Wherever else we wanted to go.
    for (const other of this.#prepared.values()) await other.driver.close()
    this.#prepared.clear()
    // Not before: else where nobody can be would be what we come back to after a restart.
    await this.#init.remember(entry)
    return seat
  }

  /** We went on elsewhere; who has not heard is told for a while. */
  retire(seat: Seat): void {
    seat.listener = undefined
    const timer = setTimeout(() => void this.#closeRetired(seat), MOVE_LINGER_MS)
    this.#retired.set(seat, timer)
  }

  async stop(): Promise<void> {
    for (const seat of this.#retired.keys()) await this.#closeRetired(seat)
    for (const seat of this.#prepared.values()) await seat.driver.close()
    this.#prepared.clear()
  }

  async #closeRetired(seat: Seat): Promise<void> {
    clearTimeout(this.#retired.get(seat))
    this.#retired.delete(seat)
    await seat.driver.close()
  }

  #take(id: Uint8Array): Seat | undefined {
    const seat = this.#prepared.get(idOf(id))
    this.#prepared.delete(idOf(id))
    return seat
  }
}

function idOf(id: Uint8Array): string {
  return toString(id, 'base16')
}

const OVER =
  'The other room has just ended, or goes on elsewhere; maybe it comes into this one. See whether it does, else ask there for another invite.'

/**
 * Whether the other room may be about to come into ours, and it is for us to wait: somebody is here who governs there, and of the
 * two ours has the greater id.
 */
function mayComeHere({ member }: Seat, { group, companions }: Home): boolean {
  return (
    idOf(group.id) > idOf(member.group.id) && companions.some(({ peer }) => mayGovern(member.group, peer))
  )
}

/** Admits them as soon as we are in, and confirmed. */
async function welcome(seat: Seat, companions: () => Companions, signal?: AbortSignal): Promise<void> {
  let refusal: string | undefined
  seat.listener = {
    onNotification: (notification) => {
      // Where a human has to be asked, one may still say yes.
      const isFinal = notification.event === 'refused' && notification.refusal !== 'asked'
      if (isFinal) refusal = refusalMessage(notification.refusal)
    },
    onTransport: () => undefined,
    onFile: () => false,
    onTrouble: (message) => (refusal = message),
    onWaiting: () => undefined,
  }
  const end = performance.now() + MOVE_MS_MAX
  while (!tryWelcome(seat, companions())) {
    signal?.throwIfAborted()
    if (refusal !== undefined)
      throw new UsageError('not-let-in', `We are not let into the other room: ${refusal}`)
    if (!isMemberStatus(seat.member.state.status)) throw new UsageError('not-let-in', OVER)
    if (performance.now() > end)
      throw new UsageError(
        'not-let-in',
        'Nobody let us into the other room. Try again when somebody is there.',
      )
    await pause(MOVE_RETRY_MS)
  }
  await seat.driver.settled()
}

/** Whether we could: not before we are in, nor when that room is over. */
function tryWelcome({ driver, member }: Seat, peers: Companions): boolean {
  try {
    driver.run((at) => member.decide({ kind: 'welcome', peers }, at))
    return true
  } catch (error) {
    if (isUsageError(error) && error.code === 'not-joined') return false
    throw error
  }
}

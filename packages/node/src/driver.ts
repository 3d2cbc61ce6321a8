/**
 * Runs one member: feeds it what comes from the network, the user and the clock, and carries out what it asks for.
 */
import {
  isRejection,
  type Action,
  type Claim,
  type Inbound,
  type Loudness,
  type Member,
  type Notification,
  type Output,
} from '@conclave/protocol'
import type { Rejection, Screened, StepContext } from '@conclave/protocol'
import { memberTime, stepContext } from './clock.ts'
import { Courier } from './courier.ts'
import { UsageError } from './errors.ts'
import {
  CONGESTION_LOOK_MS,
  CONGESTION_MS_MAX,
  HELD_VERDICT_MS,
  SCREENED_CLAIMS_A_BATCH,
  TIMER_MS_MAX,
  UNHEARD_RETRY_MS,
} from './limits.ts'
import { HeldWords, type WaitingFrame } from './held-words.ts'
import { pause } from './pause.ts'
import { Outbox } from './outbox.ts'
import type { InboundMessage, RoomNetwork, RoomNetworkInit, Verdict } from './room-network.ts'
import type { RoomStore } from './room-store.ts'
import type { Verifier } from './verifier.ts'

export interface DriverInit {
  readonly member: Member
  readonly verifier: Verifier
  readonly store: RoomStore
  /** Joins the network with the handlers given to it. */
  openNetwork(handlers: Pick<RoomNetworkInit, 'onMessage'>): RoomNetwork
  onNotification(notification: Notification): void
  /** Something failed that no peer and no user is to blame for, e.g. a full disk. */
  onTrouble(message: string): void
  /** What somebody sent waits for its key, or has waited. */
  onWaiting(waiting: WaitingFrame): void
}

type Broadcast = Extract<Output, { kind: 'broadcast' }>

/** What became of what a rejected message deserves: only a frame that nobody honest makes counts against its bringer (SPEC T8). */
const VERDICTS: Readonly<Record<Rejection['rejected'], Verdict>> = {
  'not-for-us': 'accept',
  'too-long': 'reject',
  malformed: 'reject',
  'trailing-bytes': 'reject',
  'unknown-type': 'reject',
  'bad-signature': 'reject',
  'wrong-group': 'ignore',
  undecryptable: 'ignore',
  replayed: 'ignore',
  late: 'ignore',
  'not-a-member': 'ignore',
  'not-entitled': 'ignore',
  unsolicited: 'ignore',
  'invalid-operation': 'ignore',
  'rate-limited': 'ignore',
  'not-ready': 'ignore',
}

export class Driver {
  readonly #init: DriverInit
  readonly #network: RoomNetwork
  readonly #courier: Courier
  readonly #outbox: Outbox
  #timer: ReturnType<typeof setTimeout> | undefined
  #knocking: ReturnType<typeof setTimeout> | undefined
  #isClosed = false
  readonly #heldWords: HeldWords
  /** Who waits to hear what became of a frame that is held. */
  readonly #held = new Map<Inbound, (verdict: Verdict) => void>()
  /** Who waits to hear how many neighbours a message was handed to, in the order they were said. */
  readonly #saying: Record<Loudness, ((reached: number) => void)[]> = { chat: [], bulk: [] }
  /** What the member sent, before gossip copies it: messages and their bytes. */
  readonly #sent = { messages: 0, bytes: 0 }
  /** Rejections by code, for operators and tests. */
  readonly rejections = new Map<string, number>()

  constructor(init: DriverInit) {
    this.#init = init
    this.#heldWords = new HeldWords((waiting) => init.onWaiting(waiting))
    this.#network = init.openNetwork({ onMessage: async (message) => await this.#judge(message) })
    this.#courier = new Courier(this.#network)
    this.#outbox = new Outbox({
      carryOut: async (output) => await this.#carryOut(output),
      isCongested: () => !this.#isClosed && this.#network.isCongested(),
      onTrouble: (message) => init.onTrouble(message),
    })
  }

  get network(): RoomNetwork {
    return this.#network
  }

  /** What the member sent, before gossip copies it: messages and their bytes, and how many of them were dropped for want of a way. */
  get sent(): { messages: number; bytes: number; dropped: number } {
    return { ...this.#sent, dropped: this.#courier.dropped }
  }

  /** Runs one step. What the member throws, the caller gets; what it asks for is carried out soon after. */
  run(step: (at: StepContext) => Output[]): void {
    if (this.#isClosed) return
    let outputs: Output[] = []
    try {
      outputs = step(stepContext())
    } finally {
      for (const output of outputs) this.#outbox.push(output)
      this.#setTimer()
    }
  }

  /** Whether what is said now is sent at once: it waits neither for keys nor for the network. */
  get isClear(): boolean {
    return this.#init.member.isReady && !this.#outbox.isBusy
  }

  /** Resolves when nothing is to be sent that goes before pieces of files, or after `CONGESTION_MS_MAX`. */
  async bulkTurn(): Promise<void> {
    const deadline = performance.now() + CONGESTION_MS_MAX
    while (this.#outbox.isBusy && performance.now() < deadline) await pause(CONGESTION_LOOK_MS)
  }

  /**
   * Says something; resolves, once it was sent, to the number of neighbours it was handed to. Aborting the signal takes it back
   * while it waits for its key. Throws `UsageError` while too much that was said before waits for the network.
   */
  async say(text: string, signal?: AbortSignal): Promise<number> {
    const { member } = this.#init
    const sent = this.#speak('chat', (at) => member.say(text, at))
    if (signal === undefined) return await sent.reached
    // What has its key is out of our hands.
    const giveUp = (): void => {
      if (member.takeBack(text)) sent.giveUp(signal.reason)
    }
    signal.addEventListener('abort', giveUp)
    return await sent.reached.finally(() => signal.removeEventListener('abort', giveUp))
  }

  /** As `say`, for an application; what is bulk goes behind all else. */
  async act(action: Omit<Action, 'kind'>, about: Loudness = 'chat'): Promise<number> {
    return await this.#speak(about, (at) => this.#init.member.act(action, at, about)).reached
  }

  #speak(
    about: Loudness,
    step: (at: StepContext) => Output[],
  ): { reached: Promise<number>; giveUp: (reason: unknown) => void } {
    if (this.#outbox.isFull(about)) {
      throw new UsageError(
        'too-fast',
        'More was said than the network takes. Wait until earlier messages were sent.',
      )
    }
    const { promise: reached, resolve, reject } = Promise.withResolvers<number>()
    const waiting = this.#saying[about]
    if (this.#isClosed) resolve(0)
    else waiting.push(resolve)
    try {
      this.run(step)
    } catch (error) {
      waiting.pop()
      throw error
    }
    const giveUp = (reason: unknown): void => {
      waiting.splice(waiting.indexOf(resolve), 1)
      reject(reason)
    }
    return { reached, giveUp }
  }

  /** Resolves when everything asked for so far was carried out; chat may still wait for its turn. */
  async settled(): Promise<void> {
    await this.#outbox.settled()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#knocking)
    this.#heldWords.clear()
    for (const tell of this.#held.values()) tell('ignore')
    for (const waiting of Object.values(this.#saying)) for (const tell of waiting.splice(0)) tell(0)
    await this.#outbox.emptied()
    await this.#network.close()
  }

  #setTimer(): void {
    clearTimeout(this.#timer)
    const deadline = this.#init.member.nextDeadline
    if (deadline === undefined || this.#isClosed) return
    const wait = Math.min(Math.max(0, deadline - memberTime()), TIMER_MS_MAX)
    this.#timer = setTimeout(() => this.run((at) => this.#init.member.tick(at)), wait)
  }

  async #judge({ bytes, from }: InboundMessage): Promise<Verdict> {
    return await this.#consider({ bytes, from })
  }

  async #consider(inbound: Inbound): Promise<Verdict> {
    if (this.#isClosed) return 'ignore'
    const screened = this.#init.member.screen(inbound, memberTime())
    if (isRejection(screened)) return this.#refuse(inbound, screened.rejected)
    if (screened.kind === 'waiting') {
      this.run((at) => this.#init.member.hold(inbound, at))
      if (this.#init.member.state.status === 'joined') this.#heldWords.wait(inbound, screened)
      return await this.#verdictOfHeld(inbound)
    }
    return await this.#verify(inbound, screened)
  }

  async #verify(inbound: Inbound, screened: Screened): Promise<Verdict> {
    const holds = await this.#claimsHold(inbound.from, screened.claims)
    if (holds === undefined) return this.#refuse(inbound, 'rate-limited')
    if (!holds) return this.#refuse(inbound, 'bad-signature')
    this.#heldWords.opened(inbound, screened)
    this.run((at) => this.#init.member.handle(screened, at))
    return 'accept'
  }

  #refuse(inbound: Inbound, code: Rejection['rejected']): Verdict {
    this.#heldWords.refused(inbound)
    this.rejections.set(code, (this.rejections.get(code) ?? 0) + 1)
    return VERDICTS[code]
  }

  /** A page of the log brings hundreds of claims: a batch at a time stays within what the verifier takes from one peer. */
  async #claimsHold(from: string, claims: readonly Claim[]): Promise<boolean | undefined> {
    for (let start = 0; start < claims.length; start += SCREENED_CLAIMS_A_BATCH) {
      const batch = claims.slice(start, start + SCREENED_CLAIMS_A_BATCH)
      const holds = await this.#init.verifier.verifyAll(from, batch)
      if (holds !== true) return holds
    }
    return true
  }

  /** What a held frame comes to, if that shows soon enough for gossipsub to forward it. */
  async #verdictOfHeld(inbound: Inbound): Promise<Verdict> {
    const { promise, resolve } = Promise.withResolvers<Verdict>()
    this.#held.set(inbound, resolve)
    const timer = setTimeout(() => resolve('ignore'), HELD_VERDICT_MS)
    const verdict = await promise
    clearTimeout(timer)
    this.#held.delete(inbound)
    return verdict
  }

  async #carryOut(output: Output): Promise<void> {
    if ('bytes' in output) {
      this.#sent.messages += 1
      this.#sent.bytes += output.bytes.length
    }
    switch (output.kind) {
      case 'store':
        await this.#init.store.append(output.operations)
        break
      case 'forget':
        await this.#init.store.clear()
        break
      case 'broadcast':
        await this.#broadcast(output)
        break
      case 'send':
        // Not awaited: one slow peer must not hold up what the others are waiting for.
        // Sealed and addressed, so it may take the long way round.
        void this.#courier.bring(output.to, { channel: 'lobby', bytes: output.bytes })
        break
      case 'retry':
        void this.#retry(output.inbound)
        break
      case 'notify':
        if (output.notification.event === 'peers') this.#network.want(output.notification.peers)
        if (output.notification.event === 'restarted') this.#network.doubt(output.notification.peer)
        this.#init.onNotification(output.notification)
        break
    }
  }

  async #broadcast({ channel, bytes, about, to }: Broadcast): Promise<void> {
    const tell = about === 'chat' || about === 'bulk' ? this.#saying[about].shift() : undefined
    // What is for one goes to it alone where it can, and keeps nobody waiting meanwhile (SPEC A2).
    if (to !== undefined) return void this.#courier.bring(to, { channel, bytes }).then(tell)
    const reached = await this.#network.broadcast(channel, bytes)
    tell?.(reached)
    if (about === 'request' && reached === 0) this.#askAgainSoon()
  }

  /** Nobody was there to hear us knock: gossip learns of its neighbours' topics a moment after it connects. */
  #askAgainSoon(): void {
    if (this.#knocking !== undefined || this.#isClosed) return
    this.#knocking = setTimeout(() => {
      this.#knocking = undefined
      if (this.#init.member.state.status === 'joining') this.run((at) => this.#init.member.wake(at))
    }, UNHEARD_RETRY_MS)
  }

  async #retry(inbound: Inbound): Promise<void> {
    const tell = this.#held.get(inbound)
    const verdict = await this.#consider(inbound)
    tell?.(verdict)
  }
}

/**
 * Keeps a node connected to its circuit relays, and reserved at them. libp2p dials a relay once; when that fails or the
 * relay restarts, nothing brings it back. A relay that is down is a state, never an exception: a node starts offline.
 */
import { raceSignal } from 'race-signal'
import { parseRelay } from './addresses.ts'
import { backoffMs } from './backoff.ts'
import { messageOf } from './errors.ts'
import { isDirect } from './host.ts'
import { NODE_RELAYS_MAX, RELAY_BACKOFF_MS, RELAY_DIAL_MS, RESERVATION_RETRY_MS } from './limits.ts'
import { Wakeable } from './wakeable.ts'
import type { NetworkHost } from './host.ts'
import type { RelayPeers } from './relay-peers.ts'
import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** `reserved`: connected, and others can dial us through it. `connected`: gossip works, the slot is still missing. */
export type RelayStatus = 'connecting' | 'unreachable' | 'connected' | 'reserved'

export interface RelayState {
  peer: string
  address: string
  status: RelayStatus
}

export interface RelayProblem {
  code: 'relay-unreachable' | 'relay-full'
  message: string
}

export interface RelaySupervisorInit {
  host: NetworkHost
  relayPeers: RelayPeers
  /** A relay's status changed. */
  onChange?: (state: RelayState) => void
  /** Once an outage, when a relay does not answer or gives no slot. Attempts go on. */
  onProblem?: (problem: RelayProblem) => void
}

interface Relay {
  readonly peer: string
  readonly address: Multiaddr
  readonly pause: Wakeable
  status: RelayStatus
  failures: number
  /** When a missing slot is asked for, in monotonic milliseconds. */
  askAt: number
}

export class RelaySupervisor {
  readonly #init: RelaySupervisorInit
  readonly #relays = new Map<string, Relay>()
  readonly #stopped = new AbortController()
  readonly #loops: Promise<void>[] = []
  readonly #listeners = new Set<(state: RelayState) => void>()

  constructor(init: RelaySupervisorInit) {
    this.#init = init
    const until = { signal: this.#stopped.signal }
    // Reservations come and go with listeners; connections end.
    init.host.events.addEventListener('transport:listening', () => this.retryNow(), until)
    init.host.events.addEventListener('connection:close', () => this.retryNow('connected'), until)
    if ('addEventListener' in globalThis) globalThis.addEventListener('online', () => this.retryNow(), until)
  }

  /**
   * Takes over relays, given as multiaddrs that end in the relay's peer id. Those known already and those over the most
   * a node keeps are left out. Throws `UsageError` for an address that is none.
   */
  add(addresses: readonly string[]): void {
    for (const { peer, address } of addresses.map(parseRelay)) {
      if (this.#stopped.signal.aborted || this.#relays.has(peer) || this.#relays.size >= NODE_RELAYS_MAX)
        continue
      const relay: Relay = {
        peer,
        address,
        pause: new Wakeable(),
        status: 'connecting',
        failures: 0,
        askAt: 0,
      }
      this.#relays.set(peer, relay)
      this.#init.relayPeers.add(peer)
      this.#loops.push(this.#keep(relay))
    }
  }

  /** Whether a relay is among those that we keep, given as in `add`. */
  keeps(address: string): boolean {
    return this.#relays.has(parseRelay(address).peer)
  }

  states(): RelayState[] {
    return [...this.#relays.values()].map(stateOf)
  }

  /** The addresses of the relays we are connected to. */
  connected(): Multiaddr[] {
    return [...this.#relays.values()].filter(isUp).map(({ address }) => address)
  }

  /** Hears of every change; returns what ends it. */
  listen(onChange: (state: RelayState) => void): () => void {
    this.#listeners.add(onChange)
    return () => this.#listeners.delete(onChange)
  }

  /** Looks at all relays now, or at those that were up; call it when the network came back or a tab woke. */
  retryNow(which: 'all' | 'connected' = 'all'): void {
    for (const { pause, status } of this.#relays.values()) {
      if (which === 'all' || isUp({ status })) pause.wake()
    }
  }

  /** Ends all attempts at once, also those that hang; connections stay until the node stops. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    for (const { pause } of this.#relays.values()) pause.wake()
    await Promise.all(this.#loops)
  }

  async #keep(relay: Relay): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const connection = this.#connectionTo(relay) ?? (await this.#dial(relay))
      if (this.#stopped.signal.aborted) return
      if (connection === undefined) await this.#pause(relay, backoffMs(relay.failures, RELAY_BACKOFF_MS))
      else await this.#holdReservation(relay, connection)
    }
  }

  /** What happened while nobody paused has not cut this short: that we stopped has to be looked at. */
  async #pause({ pause }: Relay, ms: number): Promise<void> {
    if (!this.#stopped.signal.aborted) await pause.wait(ms)
  }

  #connectionTo(relay: Relay): Connection | undefined {
    return this.#init.host.getConnections().find((c) => c.remotePeer.toString() === relay.peer && isDirect(c))
  }

  async #dial(relay: Relay): Promise<Connection | undefined> {
    if (relay.status !== 'unreachable') this.#change(relay, 'connecting')
    try {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(RELAY_DIAL_MS)])
      // Not every transport heeds the signal.
      return await raceSignal(this.#init.host.dial([relay.address], { signal }), signal)
    } catch (error) {
      relay.failures += 1
      if (this.#stopped.signal.aborted) return undefined
      if (relay.status !== 'unreachable')
        this.#report('relay-unreachable', `${notAnswering(relay)} (${messageOf(error)})`)
      this.#change(relay, 'unreachable')
      return undefined
    }
  }

  /** Looks at the slot once, asks for it when it is due, and returns at the next occasion to look. */
  async #holdReservation(relay: Relay, connection: Connection): Promise<void> {
    const now = performance.now()
    const isReserved = this.#isReserved(relay)
    if (isReserved || !isUp(relay)) {
      relay.failures = 0
      relay.askAt = now + RESERVATION_RETRY_MS
    }
    this.#change(relay, isReserved ? 'reserved' : 'connected')
    if (!isReserved && now >= relay.askAt) await this.#askForSlot(relay, connection)
    // The connection's close and the slot's arrival wake us.
    await this.#pause(relay, isReserved ? 10 * RESERVATION_RETRY_MS : relay.askAt - performance.now())
  }

  /** libp2p asks for a slot when it hears that a peer is a relay, which is whenever that peer was identified. */
  async #askForSlot(relay: Relay, connection: Connection): Promise<void> {
    relay.askAt = performance.now() + RESERVATION_RETRY_MS
    relay.failures += 1
    if (relay.failures === 1) this.#report('relay-full', givesNoSlot(relay))
    const asked = this.#init.host.identify(connection)
    await raceSignal(asked, this.#stopped.signal).catch(() => undefined)
  }

  #isReserved({ peer }: Relay): boolean {
    return this.#init.host
      .getMultiaddrs()
      .some((address) => String(address).includes(`/p2p/${peer}/p2p-circuit`))
  }

  #change(relay: Relay, status: RelayStatus): void {
    if (relay.status === status) return
    relay.status = status
    this.#init.onChange?.(stateOf(relay))
    for (const listener of this.#listeners) listener(stateOf(relay))
  }

  #report(code: RelayProblem['code'], message: string): void {
    this.#init.onProblem?.({ code, message })
  }
}

function isUp({ status }: Pick<Relay, 'status'>): boolean {
  return status === 'connected' || status === 'reserved'
}

function stateOf({ peer, address, status }: Relay): RelayState {
  return { peer, address: address.toString(), status }
}

function givesNoSlot({ address }: Relay): string {
  return `The relay ${address.toString()} gives no slot; others cannot dial this node through it. Trying again.`
}

function notAnswering({ address }: Relay): string {
  return `The relay ${address.toString()} does not answer; check its address and that it runs. Trying again.`
}

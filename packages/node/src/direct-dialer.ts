/**
 * Opens direct connections to the peers that rooms want. Attempts never end while a peer is wanted, they get rarer; a
 * peer behind a network that lets nothing through is still reached by the bridge.
 */
import { usableAddresses, throughRelay } from './addresses.ts'
import { backoffMs } from './backoff.ts'
import { asError } from './errors.ts'
import { isDirect } from './host.ts'
import {
  DIRECT_BACKOFF_MS,
  DIRECT_DIALS_MAX,
  DIRECT_DIAL_MS,
  DIRECT_PEERS_MAX,
  SECOND_DIALLER_DELAY_MS,
} from './limits.ts'
import { Slots } from './slots.ts'
import type { NetworkHost } from './host.ts'
import type { WantedPeer } from './room-network.ts'
import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface DirectDialerInit {
  host: Pick<NetworkHost, 'peerId' | 'events' | 'getConnections' | 'dial'>
  /** Addresses of the relays we are connected to. */
  relays: () => Multiaddr[]
  isRelay: (peer: string) => boolean
}

interface Target {
  readonly peer: string
  addresses: readonly string[]
  failures: number
  isDialling: boolean
  /** The dial that is under way, not one that waits for its turn. */
  attempt?: Promise<unknown>
  timer?: ReturnType<typeof setTimeout>
}

export class DirectDialer {
  readonly #init: DirectDialerInit
  readonly #self: string
  readonly #wanted = new Map<object, readonly WantedPeer[]>()
  readonly #targets = new Map<string, Target>()
  readonly #stopped = new AbortController()
  readonly #slots = new Slots(DIRECT_DIALS_MAX)

  constructor(init: DirectDialerInit) {
    this.#init = init
    this.#self = init.host.peerId.toString()
    const until = { signal: this.#stopped.signal }
    init.host.events.addEventListener('connection:open', ({ detail }) => this.#opened(detail), until)
    init.host.events.addEventListener('connection:close', ({ detail }) => this.#closed(detail), until)
  }

  /** Replaces what one room wants; the first eight count. `room` is any object that stands for the room. */
  want(room: object, peers: readonly WantedPeer[]): void {
    const isOther = ({ peer }: WantedPeer): boolean => peer !== this.#self && !this.#init.isRelay(peer)
    const distinct = new Map(peers.filter(isOther).map((wanted) => [wanted.peer, wanted]))
    this.#wanted.set(room, [...distinct.values()].slice(0, DIRECT_PEERS_MAX))
    this.#update()
  }

  /** The room wants nobody any more. Open connections stay: the other side may want them. */
  leave(room: object): void {
    this.#wanted.delete(room)
    this.#update()
  }

  /** Tries again what had to wait for a relay. */
  retryNow(): void {
    for (const target of this.#targets.values()) this.#schedule(target, this.#headStart(target))
  }

  stop(): void {
    this.#stopped.abort()
    this.#wanted.clear()
    this.#update()
  }

  /** A direct connection to the peer, undefined when there is none. */
  connectionTo(peer: string): Connection | undefined {
    return this.#init.host.getConnections().find((c) => c.remotePeer.toString() === peer && isDirect(c))
  }

  /** Whether some room wants a direct connection to the peer. */
  wants(peer: string): boolean {
    return this.#targets.has(peer)
  }

  /** The dial of a direct connection to the peer that is under way, if any. */
  attempt(peer: string): Promise<unknown> | undefined {
    return this.#targets.get(peer)?.attempt
  }

  #update(): void {
    const wanted = new Map([...this.#wanted.values()].flat().map(({ peer, addresses }) => [peer, addresses]))
    for (const [peer, target] of this.#targets) {
      if (wanted.has(peer)) continue
      clearTimeout(target.timer)
      this.#targets.delete(peer)
    }
    for (const [peer, addresses] of wanted) {
      const known = this.#targets.get(peer)
      if (known !== undefined) {
        this.#readdress(known, addresses)
        continue
      }
      const target: Target = { peer, addresses, failures: 0, isDialling: false }
      this.#targets.set(peer, target)
      this.#schedule(target, this.#headStart(target))
    }
  }

  #readdress(target: Target, addresses: readonly string[]): void {
    if (target.addresses.join() === addresses.join()) return
    target.addresses = addresses
    if (target.timer === undefined) {
      // It had nothing to be dialled by until now.
      this.#schedule(target, this.#headStart(target))
    } else if (target.failures > 1) {
      // That it was not found elsewhere says little. But who moves all the time does not make us dial all the time.
      target.failures = 1
      this.#schedule(target, backoffMs(1, DIRECT_BACKOFF_MS))
    }
  }

  /** The peer with the lower id dials first, so that two who want each other make one connection. */
  #headStart({ peer }: Target): number {
    return this.#self < peer ? 0 : SECOND_DIALLER_DELAY_MS * (1 + Math.random() / 2)
  }

  #schedule(target: Target, ms: number): void {
    clearTimeout(target.timer)
    if (target.isDialling || this.connectionTo(target.peer) !== undefined) return
    target.timer = setTimeout(() => void this.#dial(target), ms)
  }

  async #dial(target: Target): Promise<void> {
    delete target.timer
    if (this.connectionTo(target.peer) !== undefined) return
    const addresses = this.#addressesOf(target)
    // Without a relay there is nothing to dial through; its return calls `retryNow`, an address comes by `want`.
    if (addresses.length === 0) return
    const { addresses: announced } = target
    target.isDialling = true
    await this.#slots.take()
    let isDialable = true
    try {
      target.attempt = this.#connect(addresses)
      await target.attempt
    } catch (error) {
      isDialable = asError(error).name !== 'NoValidAddressesError'
      if (isDialable) target.failures += 1
    } finally {
      delete target.attempt
      target.isDialling = false
      this.#slots.give()
    }
    // By what no transport of ours dials, e.g. all that is relayed where there is no WebRTC, we need not try again.
    const isWorthIt = isDialable || target.addresses !== announced
    const isWanted = this.#targets.get(target.peer) === target
    if (isWanted && isWorthIt)
      this.#schedule(target, backoffMs(Math.max(1, target.failures), DIRECT_BACKOFF_MS))
  }

  #addressesOf({ peer, addresses }: Target): Multiaddr[] {
    const all = [
      ...this.#init.relays().map((relay) => throughRelay(relay, peer)),
      ...usableAddresses(peer, addresses),
    ]
    return [...new Map(all.map((address) => [address.toString(), address])).values()]
  }

  /**
   * libp2p lets a dial join another one to the same peer that is under way, e.g. that of a circuit, and then gives us
   * the circuit. The next dial looks for more, and signals over that circuit without opening another.
   */
  async #connect(addresses: Multiaddr[]): Promise<void> {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(DIRECT_DIAL_MS)])
    const first = await this.#init.host.dial(addresses, { signal })
    if (isDirect(first)) return
    const second = await this.#init.host.dial(addresses, { signal })
    if (!isDirect(second)) throw new Error('no direct connection')
  }

  #opened(opened: Connection): void {
    if (!isDirect(opened) || this.#init.isRelay(opened.remotePeer.toString())) return
    const target = this.#targets.get(opened.remotePeer.toString())
    if (target !== undefined) {
      target.failures = 0
      clearTimeout(target.timer)
    }
    const others = this.#init.host
      .getConnections(opened.remotePeer)
      .filter((c) => c.id !== opened.id && isDirect(c))
    for (const other of others) this.#closeSpare(other, opened)
  }

  /**
   * Of two connections both sides keep the same: the one the lower id dialled, and of two alike the newer. Who dials has
   * no connection, so an old one is dead for it: it was killed and is back, or it slept. Only two that were dialled at
   * once are both good.
   */
  #closeSpare(older: Connection, newer: Connection): void {
    const lowerDialled = (c: Connection): boolean =>
      (c.direction === 'outbound') === this.#self < c.remotePeer.toString()
    const atOnce = newer.timeline.open - older.timeline.open < DIRECT_DIAL_MS
    const spare = atOnce && lowerDialled(older) && !lowerDialled(newer) ? newer : older
    void spare.close().catch((error: unknown) => spare.abort(asError(error)))
  }

  #closed(closed: Connection): void {
    const target = this.#targets.get(closed.remotePeer.toString())
    if (target !== undefined && closed.limits === undefined)
      this.#schedule(target, this.#headStart(target) + backoffMs(1, DIRECT_BACKOFF_MS))
  }
}

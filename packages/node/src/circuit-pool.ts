/**
 * Sends small messages through a relay's circuit while there is no direct connection: by gossip every member and the
 * relay would carry a copy. Circuits are short: they are opened when something is to be sent, given up before the relay
 * ends them, and closed when idle. None is ever taken for a direct connection, nor in the way of one.
 */
import { CircuitBudget } from './circuit-budget.ts'
import { CircuitRefusals } from './circuit-refusals.ts'
import { isDirect } from './host.ts'
import {
  CIRCUITS_MAX,
  CIRCUIT_DIALS_MAX,
  CIRCUIT_GRACE_MS,
  CIRCUIT_MESSAGE_BYTES_MAX,
  CIRCUIT_OPEN,
  CIRCUIT_SWEEP_MS,
} from './limits.ts'
import { Patience } from './patience.ts'
import { Slots } from './slots.ts'
import type { DirectDialer } from './direct-dialer.ts'
import type { DirectStreams } from './direct-streams.ts'
import type { Frame } from './framing.ts'
import type { NetworkHost } from './host.ts'
import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface CircuitPoolInit {
  host: NetworkHost
  dialer: Pick<DirectDialer, 'connectionTo' | 'attempt' | 'wants'>
  streams: DirectStreams
  /** Addresses of the relays we are connected to. */
  relays: () => Multiaddr[]
}

export class CircuitPool {
  readonly #init: CircuitPoolInit
  readonly #circuits = new Map<Connection, CircuitBudget>()
  /** Those that we opened, other than an application that shares the node. */
  readonly #ours = new WeakSet<Connection>()
  readonly #dials = new Map<string, Promise<boolean>>()
  readonly #refusals = new CircuitRefusals()
  readonly #slots = new Slots(CIRCUIT_DIALS_MAX)
  readonly #stopped = new AbortController()
  /** Resolves when the next connection opens, to whomever. */
  #opening = Promise.withResolvers<boolean>()
  #sweeping: ReturnType<typeof setInterval> | undefined

  constructor(init: CircuitPoolInit) {
    this.#init = init
    const until = { signal: this.#stopped.signal }
    init.host.events.addEventListener('connection:open', ({ detail }) => this.#opened(detail), until)
    init.host.events.addEventListener('connection:close', ({ detail }) => this.#closed(detail), until)
  }

  /** False when the message is too long or there is no way to the peer, after `CIRCUIT_OPEN` at the latest. */
  async send(peer: string, frame: Frame): Promise<boolean> {
    if (frame.message.length > CIRCUIT_MESSAGE_BYTES_MAX) return false
    const patience = new Patience(CIRCUIT_OPEN)
    try {
      while (!patience.isOver) {
        const direct = this.#init.dialer.connectionTo(peer)
        if (direct !== undefined) return await this.#init.streams.send(direct, frame)
        const circuit = this.#take(peer, frame)
        if (circuit !== undefined) return await this.#sendOver(circuit, frame)
        if (!(await Promise.race([this.#wayTo(peer), patience.over]))) return false
      }
      return false
    } finally {
      patience.end()
    }
  }

  /** Asks again those that had no circuit. */
  retryNow(): void {
    this.#refusals.clear()
  }

  stop(): void {
    this.#stopped.abort()
    clearInterval(this.#sweeping)
    this.#opening.resolve(false)
    for (const circuit of this.#circuits.values()) if (this.#ours.has(circuit.connection)) close(circuit)
  }

  #take(peer: string, { message }: Frame): CircuitBudget | undefined {
    const now = performance.now()
    for (const circuit of this.#circuits.values()) {
      if (circuit.peer === peer && circuit.take(message.length, now)) return circuit
    }
    return undefined
  }

  async #sendOver(circuit: CircuitBudget, frame: Frame): Promise<boolean> {
    const isSent = await this.#init.streams.send(circuit.connection, frame)
    // What failed once, e.g. because the peer does not speak this over circuits, is not tried on the same one again.
    if (!isSent) circuit.retire()
    circuit.done(performance.now())
    return isSent
  }

  /** Resolves to true when it is worth looking again, to false when there is no way. */
  async #wayTo(peer: string): Promise<boolean> {
    // A dial of ours would join the dialler's and wait for its end; but that one opens a circuit first, which serves.
    const attempt = this.#init.dialer.attempt(peer)
    if (attempt === undefined && this.#isVain(peer)) return false
    const way = attempt === undefined ? this.#dialOnce(peer) : endOf(attempt)
    return await Promise.race([this.#opening.promise, way])
  }

  #isVain(peer: string): boolean {
    return this.#stopped.signal.aborted || this.#refusals.has(peer) || this.#init.relays().length === 0
  }

  async #dialOnce(peer: string): Promise<boolean> {
    const dial = this.#dials.get(peer) ?? this.#dial(peer).finally(() => this.#dials.delete(peer))
    this.#dials.set(peer, dial)
    return await dial
  }

  async #dial(peer: string): Promise<boolean> {
    const turn = new Patience(CIRCUIT_OPEN)
    await this.#slots.take()
    const patience = new Patience(CIRCUIT_OPEN)
    try {
      // Nobody waits any more, or the dialler was faster and a dial of ours would join its.
      if (turn.isOver) return false
      if (this.#init.dialer.attempt(peer) !== undefined) return true
      if ([...this.#circuits.values()].filter(({ isOutbound }) => isOutbound).length >= CIRCUITS_MAX)
        return false
      const signal = AbortSignal.any([this.#stopped.signal, patience.signal])
      // By force, since libp2p would close a second circuit by the same way, also when the first is spent.
      const options = { signal, force: true }
      const connection = await this.#init.host.dial(circuitsTo(peer, this.#init.relays()), options)
      this.#ours.add(connection)
      const isOfUse = isDirect(connection) || this.#circuits.get(connection)?.isRoomy === true
      if (isOfUse) this.#refusals.delete(peer)
      else this.#refusals.add(peer)
      return isOfUse
    } catch {
      this.#refusals.add(peer)
      return false
    } finally {
      turn.end()
      patience.end()
      this.#slots.give()
    }
  }

  #opened(connection: Connection): void {
    if (!connection.direct) {
      this.#circuits.set(connection, new CircuitBudget(connection, performance.now()))
      this.#sweeping ??= setInterval(() => this.#sweep(), CIRCUIT_SWEEP_MS)
    }
    const { resolve } = this.#opening
    this.#opening = Promise.withResolvers()
    resolve(true)
  }

  #closed(connection: Connection): void {
    this.#circuits.delete(connection)
    if (this.#circuits.size > 0) return
    clearInterval(this.#sweeping)
    this.#sweeping = undefined
  }

  #sweep(): void {
    const now = performance.now()
    const { dialer } = this.#init
    for (const circuit of this.#circuits.values()) {
      circuit.look(now)
      // What the dialler's signalling leaves behind goes too; while it dials it may need a circuit of ours.
      const isOurs = this.#ours.has(circuit.connection) || dialer.wants(circuit.peer)
      if (!isOurs || dialer.attempt(circuit.peer) !== undefined) continue
      if (circuit.isDue(now, dialer.connectionTo(circuit.peer) === undefined)) close(circuit)
    }
  }
}

function circuitsTo(peer: string, relays: readonly Multiaddr[]): Multiaddr[] {
  return relays.map((relay) => relay.encapsulate(`/p2p-circuit/p2p/${peer}`))
}

function close(circuit: CircuitBudget): void {
  circuit.retire()
  const { connection } = circuit
  const signal = AbortSignal.timeout(CIRCUIT_GRACE_MS)
  connection.close({ signal }).catch(() => connection.abort(new Error('an idle circuit did not close')))
}

async function endOf(attempt: Promise<unknown>): Promise<true> {
  await attempt.catch(() => undefined)
  return true
}

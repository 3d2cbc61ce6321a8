/**
 * Finds out which direct connections still lead to somebody, and cuts the others. In the place of libp2p's own monitor,
 * which measures its patience by the clock: in a process that slept every answer it waits for is late, though it lies in
 * the socket, unread.
 */
import { asError } from './errors.ts'
import { isDirect } from './host.ts'
import { DOUBT_MS, PING_MS, PONG_MS, PONG_STEPS } from './limits.ts'
import { Patience } from './patience.ts'
import type { NetworkHost } from './host.ts'
import type { Connection } from '@libp2p/interface'

const PING_PROTOCOL = '/ipfs/ping/1.0.0'
const PING_BYTES = 32

export class Pulse {
  readonly #host: Pick<NetworkHost, 'getConnections'>
  /** Connections that owe an answer. */
  readonly #tried = new Map<Connection, Promise<void>>()
  readonly #doubts = new Map<string, Promise<void>>()
  readonly #rttMs = new WeakMap<Connection, number>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(host: Pick<NetworkHost, 'getConnections'>) {
    this.#host = host
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), PING_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Tries all connections now; call it when the process slept. */
  look(): void {
    for (const connection of this.#host.getConnections()) {
      if (isDirect(connection) && !this.#tried.has(connection)) void this.#try(connection, PONG_MS.usual)
    }
  }

  /** Tries the connections to one peer, which may have started anew since, with little patience. */
  doubt(peer: string): void {
    if (this.#doubts.has(peer)) return
    const doubted = this.#host
      .getConnections()
      .filter((connection) => connection.remotePeer.toString() === peer && isDirect(connection))
    if (doubted.length === 0) return
    const tries = doubted.map(async (connection) => await this.#try(connection, PONG_MS.doubted))
    this.#doubts.set(
      peer,
      Promise.all(tries).then(() => void this.#doubts.delete(peer)),
    )
  }

  /** How long the last answer on a connection took. */
  rttMs(connection: Connection): number | undefined {
    return this.#rttMs.get(connection)
  }

  /** Whether connections to the peer may be used: waits a little for those in doubt, so that the answer may be no. */
  async trusts(peer: string): Promise<boolean> {
    const doubt = this.#doubts.get(peer)
    if (doubt === undefined) return true
    const late = new Promise((resolve) => setTimeout(resolve, DOUBT_MS))
    await Promise.race([doubt, late])
    return !this.#doubts.has(peer)
  }

  async #try(connection: Connection, ms: number): Promise<void> {
    const start = performance.now()
    const answered = answerOf(connection, ms)
    this.#tried.set(connection, answered)
    try {
      await answered
      this.#rttMs.set(connection, performance.now() - start)
    } catch (error) {
      connection.abort(asError(error))
    } finally {
      if (this.#tried.get(connection) === answered) this.#tried.delete(connection)
    }
  }
}

/** Rejects when the other side does not answer a ping within `ms`. That it speaks no ping is an answer, too. */
async function answerOf(connection: Connection, ms: number): Promise<void> {
  const late = new Patience({ ms, steps: PONG_STEPS, reason: 'the peer does not answer' })
  try {
    const stream = await connection.newStream(PING_PROTOCOL, { signal: late.signal })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // Where not even the question gets out, nobody waits for what becomes of the stream.
    promise.catch(() => undefined)
    stream.addEventListener('message', () => resolve(), { once: true })
    stream.addEventListener('close', ({ error }) => reject(error ?? new Error('closed')), { once: true })
    late.signal.addEventListener('abort', () => stream.abort(asError(late.signal.reason)), { once: true })
    stream.send(crypto.getRandomValues(new Uint8Array(PING_BYTES)))
    await promise
    await stream.close({ signal: late.signal })
  } catch (error) {
    if (error instanceof Error && error.name === 'UnsupportedProtocolError') return
    throw error
  } finally {
    late.end()
  }
}

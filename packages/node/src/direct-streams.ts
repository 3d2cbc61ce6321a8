/**
 * Messages between two peers, on one long-lived stream in each direction of a connection. Also over a relay's circuit,
 * which ends after 128 KiB or two minutes, in the middle of whatever it carries: `CircuitPool` sees to that.
 */
import { asError } from './errors.ts'
import { FrameError, FrameReader, encodeFrame } from './framing.ts'
import { isDirect } from './host.ts'
import { CIRCUIT_OPEN, SEND_BUFFER_BYTES_MAX, STREAMS_PER_PEER_MAX, STREAM_STEP_MS } from './limits.ts'
import { Patience } from './patience.ts'
import type { Frame } from './framing.ts'
import type { NetworkHost } from './host.ts'
import type { Verdict } from './room-network.ts'
import type { Connection, Stream } from '@libp2p/interface'

export const ROOM_PROTOCOL = '/conclave/room/1'

/** Frames of one stream in judgement at once; beyond, it is not read. */
const STREAM_JUDGEMENTS_MAX = 64

export interface DirectStreamsInit {
  host: NetworkHost
  /** Judges a frame that `peer` sent us itself; on `reject` the stream it came by is cut. Never rejects. */
  onFrame(peer: string, frame: Frame): Promise<Verdict>
}

interface Outgoing {
  readonly stream: Promise<Stream>
  /** Bytes handed over and not yet drained. */
  pending: number
}

export class DirectStreams {
  readonly #init: DirectStreamsInit
  /** By connection, not by peer: what goes to a peer must leave its circuit as soon as there is a direct connection. */
  readonly #outgoing = new Map<Connection, Outgoing>()

  constructor(init: DirectStreamsInit) {
    this.#init = init
  }

  async start(): Promise<void> {
    const limits = { maxInboundStreams: STREAMS_PER_PEER_MAX, maxOutboundStreams: STREAMS_PER_PEER_MAX }
    await this.#init.host.handle(ROOM_PROTOCOL, (stream, connection) => this.#receive(stream, connection), {
      ...limits,
      runOnLimitedConnection: true,
    })
  }

  async stop(): Promise<void> {
    for (const connection of this.#outgoing.keys()) this.#cut(connection, new Error('stopped'))
    await this.#init.host.unhandle(ROOM_PROTOCOL)
  }

  /**
   * Hands one frame to the connection's stream and waits while its buffer is full. False when the stream fails, or when
   * the peer is so slow that more than the buffer's cap would wait: then it is cut.
   */
  async send(connection: Connection, frame: Frame): Promise<boolean> {
    const bytes = encodeFrame(frame)
    const out = this.#on(connection)
    if (out.pending + bytes.length > SEND_BUFFER_BYTES_MAX) {
      this.#cut(connection, new Error('the peer reads too slowly'))
      return false
    }
    out.pending += bytes.length
    try {
      const stream = await out.stream
      if (!stream.send(bytes)) await stream.onDrain({ signal: AbortSignal.timeout(STREAM_STEP_MS) })
      return stream.status === 'open'
    } catch (error) {
      if (this.#outgoing.get(connection) === out) this.#cut(connection, asError(error))
      return false
    } finally {
      out.pending -= bytes.length
    }
  }

  #on(connection: Connection): Outgoing {
    const known = this.#outgoing.get(connection)
    if (known !== undefined) return known
    const out: Outgoing = { stream: this.#open(connection), pending: 0 }
    this.#outgoing.set(connection, out)
    const forget = (): void => {
      if (this.#outgoing.get(connection) === out) this.#outgoing.delete(connection)
    }
    out.stream.then((stream) => stream.addEventListener('close', forget), forget)
    return out
  }

  async #open(connection: Connection): Promise<Stream> {
    // A circuit's messages have another way to go, and should not be late for it.
    const patience = isDirect(connection) ? undefined : new Patience(CIRCUIT_OPEN)
    const signal = patience?.signal ?? AbortSignal.timeout(STREAM_STEP_MS)
    const options = { signal, runOnLimitedConnection: true }
    const stream = await connection.newStream(ROOM_PROTOCOL, options).finally(() => patience?.end())
    // Nothing is read from an outgoing stream; a peer that writes to it nevertheless loses it.
    stream.maxReadBufferLength = 1024
    return stream
  }

  #cut(connection: Connection, reason: Error): void {
    const out = this.#outgoing.get(connection)
    this.#outgoing.delete(connection)
    out?.stream.then((stream) => stream.abort(reason)).catch(() => undefined)
  }

  #receive(stream: Stream, connection: Connection): void {
    const peer = connection.remotePeer.toString()
    receiveFrames(stream, async (frame) => await this.#init.onFrame(peer, frame))
  }
}

/** Reads frames off a stream until it ends; cuts it for anything that is no frame. */
function receiveFrames(stream: Stream, judge: (frame: Frame) => Promise<Verdict>): void {
  const reader = new FrameReader()
  const step = new StepTimer(() => stream.abort(new FrameError('a frame was not completed in time')))
  let judging = 0
  stream.maxReadBufferLength = SEND_BUFFER_BYTES_MAX

  const take = (frame: Frame): void => {
    judging += 1
    if (judging >= STREAM_JUDGEMENTS_MAX && stream.readStatus === 'readable') stream.pause()
    const settle = (verdict: Verdict): void => {
      judging -= 1
      if (verdict === 'reject') stream.abort(new FrameError('a message was rejected'))
      else if (judging < STREAM_JUDGEMENTS_MAX && stream.readStatus === 'paused') stream.resume()
    }
    judge(frame).then(settle, () => settle('ignore'))
  }

  stream.addEventListener('message', ({ data }) => {
    try {
      for (const frame of reader.push(data.subarray())) take(frame)
      step.set(reader.isInsideFrame)
    } catch (error) {
      stream.abort(asError(error))
    }
  })
  stream.addEventListener('remoteCloseWrite', () => {
    step.set(false)
    void stream
      .close({ signal: AbortSignal.timeout(STREAM_STEP_MS) })
      .catch((error: unknown) => stream.abort(asError(error)))
  })
  stream.addEventListener('close', () => step.set(false))
}

/** Runs `onExpired` when a step that was started is not over in time. */
class StepTimer {
  readonly #onExpired: () => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(onExpired: () => void) {
    this.#onExpired = onExpired
  }

  /** Starts the step's time anew, or ends it. */
  set(isRunning: boolean): void {
    clearTimeout(this.#timer)
    this.#timer = isRunning ? setTimeout(this.#onExpired, STREAM_STEP_MS) : undefined
  }
}

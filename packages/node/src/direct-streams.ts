/**
 * Direct messages between two peers, on one long-lived stream in each direction. Only over direct connections: a relay's
 * circuit ends after 128 KiB or two minutes, in the middle of whatever it carried.
 */
import { FrameError, FrameReader, encodeFrame } from './framing.ts'
import { isDirect } from './host.ts'
import { SEND_BUFFER_BYTES_MAX, STREAMS_PER_PEER_MAX, STREAM_STEP_MS } from './limits.ts'
import type { Frame } from './framing.ts'
import type { NetworkHost } from './host.ts'
import type { Verdict } from './room-network.ts'
import type { Connection, Stream } from '@libp2p/interface'

export const ROOM_PROTOCOL = '/conclave/room/1'

/** Frames of one stream in judgement at once; beyond, it is not read. */
const STREAM_JUDGEMENTS_MAX = 64

export interface DirectStreamsInit {
  host: NetworkHost
  /** Judges a frame that came directly from `peer`; on `reject` the stream it came by is cut. Never rejects. */
  onFrame(peer: string, frame: Frame): Promise<Verdict>
}

interface Outgoing {
  readonly connection: Connection
  readonly stream: Promise<Stream>
  /** Bytes handed over and not yet drained. */
  pending: number
}

export class DirectStreams {
  readonly #init: DirectStreamsInit
  readonly #outgoing = new Map<string, Outgoing>()

  constructor(init: DirectStreamsInit) {
    this.#init = init
  }

  async start(): Promise<void> {
    const limits = { maxInboundStreams: STREAMS_PER_PEER_MAX, maxOutboundStreams: STREAMS_PER_PEER_MAX }
    await this.#init.host.handle(ROOM_PROTOCOL, (stream, connection) => this.#receive(stream, connection), {
      ...limits,
      runOnLimitedConnection: false,
    })
  }

  async stop(): Promise<void> {
    for (const peer of this.#outgoing.keys()) this.#cut(peer, new Error('stopped'))
    await this.#init.host.unhandle(ROOM_PROTOCOL)
  }

  /**
   * Hands one frame to the peer's stream and waits while its buffer is full. False when there is no direct connection,
   * when the stream fails, or when the peer is so slow that more than the buffer's cap would wait: then it is cut.
   */
  async send(connection: Connection, frame: Frame): Promise<boolean> {
    const peer = connection.remotePeer.toString()
    const bytes = encodeFrame(frame)
    const out = this.#to(peer, connection)
    if (out.pending + bytes.length > SEND_BUFFER_BYTES_MAX) {
      this.#cut(peer, new Error('the peer reads too slowly'))
      return false
    }
    out.pending += bytes.length
    try {
      const stream = await out.stream
      if (!stream.send(bytes)) await stream.onDrain({ signal: AbortSignal.timeout(STREAM_STEP_MS) })
      return stream.status === 'open'
    } catch (error) {
      if (this.#outgoing.get(peer) === out) this.#cut(peer, asError(error))
      return false
    } finally {
      out.pending -= bytes.length
    }
  }

  #to(peer: string, connection: Connection): Outgoing {
    const known = this.#outgoing.get(peer)
    if (known !== undefined && known.connection.status === 'open') return known
    const out: Outgoing = { connection, stream: this.#open(peer, connection), pending: 0 }
    this.#outgoing.set(peer, out)
    return out
  }

  async #open(peer: string, connection: Connection): Promise<Stream> {
    const stream = await connection.newStream(ROOM_PROTOCOL, {
      signal: AbortSignal.timeout(STREAM_STEP_MS),
      runOnLimitedConnection: false,
    })
    const forget = (): void => {
      if (this.#outgoing.get(peer)?.connection === connection) this.#outgoing.delete(peer)
    }
    stream.addEventListener('close', forget)
    // Nothing is read from an outgoing stream; a peer that writes to it nevertheless loses it.
    stream.maxReadBufferLength = 1024
    return stream
  }

  #cut(peer: string, reason: Error): void {
    const out = this.#outgoing.get(peer)
    this.#outgoing.delete(peer)
    out?.stream.then((stream) => stream.abort(reason)).catch(() => undefined)
  }

  #receive(stream: Stream, connection: Connection): void {
    if (!isDirect(connection)) {
      stream.abort(new Error('not a direct connection'))
      return
    }
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

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

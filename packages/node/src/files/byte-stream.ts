/** A libp2p stream as bytes that one reads in amounts of one's own, and writes as fast as they are taken. */
import { asError } from '../errors.ts'
import { FILE_READ_AHEAD_BYTES_MAX, FILE_STALL_MS } from '../limits.ts'
import type { Stream } from '@libp2p/interface'

export class ByteStream {
  readonly #stream: Stream
  #pieces: Uint8Array[] = []
  #available = 0
  #ended: Error | undefined
  #wake: (() => void) | undefined

  constructor(stream: Stream) {
    this.#stream = stream
    stream.addEventListener('message', ({ data }) => this.#take(data.subarray()))
    stream.addEventListener('remoteCloseWrite', () => this.#end(new Error('the other side has ended')))
    stream.addEventListener('close', ({ error }) => this.#end(error ?? new Error('closed')))
  }

  /** Bytes that can be read without waiting. */
  get available(): number {
    return this.#available
  }

  /** The next `length` bytes. Rejects when they do not come, or not in time. */
  async read(length: number): Promise<Uint8Array> {
    const timer = setTimeout(() => this.#end(new Error('nothing came')), FILE_STALL_MS)
    try {
      while (this.#available < length) {
        if (this.#ended) throw this.#ended
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      clearTimeout(timer)
    }
    return this.#shift(length)
  }

  /** Hands bytes over, and waits while there is no room for more. Rejects when nobody takes them. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#ended) throw this.#ended
    if (!this.#stream.send(bytes)) await this.#stream.onDrain({ signal: AbortSignal.timeout(FILE_STALL_MS) })
  }

  /** What was written arrives; nothing more is read. */
  async close(): Promise<void> {
    await this.#stream
      .close({ signal: AbortSignal.timeout(FILE_STALL_MS) })
      .catch((error: unknown) => this.abort(error))
  }

  abort(reason: unknown): void {
    this.#end(asError(reason))
    this.#stream.abort(asError(reason))
  }

  #take(bytes: Uint8Array): void {
    this.#pieces.push(bytes)
    this.#available += bytes.length
    // An honest peer is never so far ahead.
    if (this.#available > FILE_READ_AHEAD_BYTES_MAX) this.abort(new Error('more came than was asked for'))
    this.#wake?.()
  }

  #end(reason: Error): void {
    this.#ended ??= reason
    this.#wake?.()
  }

  #shift(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    let at = 0
    while (at < length) {
      const [piece = new Uint8Array(), ...rest] = this.#pieces
      const part = piece.subarray(0, length - at)
      bytes.set(part, at)
      at += part.length
      if (part.length === piece.length) this.#pieces = rest
      else this.#pieces[0] = piece.subarray(part.length)
    }
    this.#available -= length
    return bytes
  }
}

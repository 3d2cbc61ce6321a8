/** A libp2p stream as bytes that one reads in amounts of one's own, and writes as fast as they are taken. */
import { asError } from '../errors.ts'
import { FILE_READ_AHEAD_BYTES_MAX, FILE_STALL_MS } from '../limits.ts'
import type { Stream } from '@libp2p/interface'

export class ByteStream {
  readonly #stream: Stream
  /** What came and was not read is from `#start` to `#end`: in one piece, since a peer may send each byte by itself. */
  #buffer = new Uint8Array(0)
  #start = 0
  #end = 0
  #over: Error | undefined
  #wake: (() => void) | undefined

  constructor(stream: Stream) {
    this.#stream = stream
    stream.addEventListener('message', ({ data }) => this.#take(data.subarray()))
    stream.addEventListener('remoteCloseWrite', () => this.#finish(new Error('the other side has ended')))
    stream.addEventListener('close', ({ error }) => this.#finish(error ?? new Error('closed')))
  }

  /** Bytes that can be read without waiting. */
  get available(): number {
    return this.#end - this.#start
  }

  /** The next `length` bytes. Rejects when they do not come, or not in time. */
  async read(length: number): Promise<Uint8Array> {
    const timer = setTimeout(() => this.#finish(new Error('nothing came')), FILE_STALL_MS)
    try {
      while (this.available < length) {
        if (this.#over) throw this.#over
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      clearTimeout(timer)
    }
    return this.#shift(length)
  }

  /** Hands bytes over, and waits while there is no room for more. Rejects when nobody takes them. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#over) throw this.#over
    if (!this.#stream.send(bytes)) await this.#stream.onDrain({ signal: AbortSignal.timeout(FILE_STALL_MS) })
  }

  /** What was written arrives; nothing more is read. */
  async close(): Promise<void> {
    await this.#stream
      .close({ signal: AbortSignal.timeout(FILE_STALL_MS) })
      .catch((error: unknown) => this.abort(error))
  }

  abort(reason: unknown): void {
    this.#finish(asError(reason))
    this.#stream.abort(asError(reason))
  }

  #take(bytes: Uint8Array): void {
    if (this.#over) return
    // An honest peer is never so far ahead.
    if (this.available + bytes.length > FILE_READ_AHEAD_BYTES_MAX) {
      this.abort(new Error('more came than was asked for'))
      return
    }
    this.#makeRoomFor(bytes.length)
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
    this.#wake?.()
  }

  #makeRoomFor(length: number): void {
    if (this.#end + length <= this.#buffer.length) return
    const left = this.#buffer.subarray(this.#start, this.#end)
    // At least as much again as there is, so that each byte is moved a few times at most.
    const isLarge = 2 * (left.length + length) <= this.#buffer.length
    const buffer = isLarge ? this.#buffer : new Uint8Array(2 * (left.length + length))
    buffer.set(left)
    this.#buffer = buffer
    this.#start = 0
    this.#end = left.length
  }

  #finish(reason: Error): void {
    this.#over ??= reason
    this.#wake?.()
  }

  #shift(length: number): Uint8Array {
    const bytes = this.#buffer.slice(this.#start, this.#start + length)
    this.#start += length
    return bytes
  }
}

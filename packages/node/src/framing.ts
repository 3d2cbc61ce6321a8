/**
 * Frames on a direct stream: a length (4 bytes, big-endian) of what follows, the room (32 bytes, the hash in its topic's
 * name), then the message. Each frame names its room, so one stream serves all rooms two peers share.
 */
import { FRAME_BYTES_MAX } from './limits.ts'
import { TOPIC_HASH_BYTES } from './topics.ts'

const LENGTH_BYTES = 4
const BODY_BYTES_MAX = TOPIC_HASH_BYTES + FRAME_BYTES_MAX

export interface Frame {
  room: Uint8Array
  message: Uint8Array
}

/** What a peer sent is no frame; the stream is of no further use. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** `room` has 32 bytes and `message` 1 to `FRAME_BYTES_MAX`; that is the caller's to check. */
export function encodeFrame({ room, message }: Frame): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES + room.length + message.length)
  new DataView(bytes.buffer).setUint32(0, room.length + message.length)
  bytes.set(room, LENGTH_BYTES)
  bytes.set(message, LENGTH_BYTES + room.length)
  return bytes
}

/** Takes a stream's bytes in any pieces. Holds at most one frame that is not complete. */
export class FrameReader {
  #pieces: Uint8Array[] = []
  #size = 0

  /** Whether bytes of a frame wait for the rest of it. */
  get isInsideFrame(): boolean {
    return this.#size > 0
  }

  /** Returns the frames that `bytes` completes. Throws `FrameError` for a length that no frame has. */
  push(bytes: Uint8Array): Frame[] {
    if (bytes.length > 0) this.#pieces.push(bytes)
    this.#size += bytes.length
    const frames: Frame[] = []
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame)
    return frames
  }

  #next(): Frame | undefined {
    if (this.#size < LENGTH_BYTES) return undefined
    const head = this.#join(LENGTH_BYTES)
    const body = new DataView(head.buffer, head.byteOffset).getUint32(0)
    if (body <= TOPIC_HASH_BYTES || body > BODY_BYTES_MAX) throw new FrameError(`a frame of ${body} bytes`)
    const end = LENGTH_BYTES + body
    if (this.#size < end) return undefined
    const all = this.#join(end)
    this.#pieces[0] = all.subarray(end)
    this.#size -= end
    if (all.length === end) this.#pieces.shift()
    // Copies, so that a message kept by the room does not keep the stream's buffer.
    return {
      room: all.slice(LENGTH_BYTES, LENGTH_BYTES + TOPIC_HASH_BYTES),
      message: all.slice(LENGTH_BYTES + TOPIC_HASH_BYTES, end),
    }
  }

  /** Joins pieces from the front until the first has `length` bytes, of which there are enough. */
  #join(length: number): Uint8Array {
    let count = 0
    let size = 0
    for (const piece of this.#pieces) {
      if (size >= length) break
      size += piece.length
      count += 1
    }
    const joined = new Uint8Array(size)
    let at = 0
    for (const piece of this.#pieces.slice(0, count)) {
      joined.set(piece, at)
      at += piece.length
    }
    this.#pieces.splice(0, count, joined)
    return joined
  }
}

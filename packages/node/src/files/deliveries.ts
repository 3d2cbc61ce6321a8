/** Files of ours on their way to those who asked: over a direct stream, or a few chunks at a time over the bridge (SPEC A5, A6). */
import { ChunkBox, FILE_CHUNK, nobleSuite } from '@conclave/protocol'
import { concat } from 'uint8arrays/concat'
import { ANSWERS, bytesOf, numberOf, refuse, type FileRequest } from './file-streams.ts'
import { BRIDGED_CHUNKS, BRIDGED_REPEATS_MAX, DELIVERIES_MAX, FILE_WINDOW } from '../limits.ts'
import type { ByteStream } from './byte-stream.ts'
import type { Secrets } from './offer.ts'
import type { Source } from './ends.ts'

export const SALT_BYTES = 16
/** What is before a chunk over the bridge, behind the file's id: the delivery's salt, and the chunk's place. */
export const BRIDGED_HEAD_BYTES = SALT_BYTES + 4

/** A file that stands to be fetched. */
export interface Deliverable {
  readonly secrets: Secrets
  readonly source: Source
}

export interface DeliveriesInit {
  /** Resolves when nothing waits that goes before pieces of files. */
  turn(): Promise<void>
  /** Sends one chunk over the bridge. */
  sendChunk(peer: string, data: Uint8Array): Promise<unknown>
  /** A peer has so many chunks now. */
  onProgress(id: string, peer: string, chunks: number): void
  /** A stream was cut; the peer may come again. */
  onPause(id: string, peer: string): void
}

/** How many chunks a file of that size has. */
export function chunksOf(size: number): number {
  return Math.ceil(size / FILE_CHUNK)
}

export class Deliveries {
  readonly #init: DeliveriesInit
  /** By file and peer: one at a time. */
  readonly #streams = new Map<string, { peer: string; stream: ByteStream }>()
  /** Chunks given over the bridge. */
  readonly #bridged = new Map<string, number>()
  /** What is on its way over the bridge. */
  readonly #bridging = new Set<string>()

  constructor(init: DeliveriesInit) {
    this.#init = init
  }

  /** Delivers over a stream of the peer's. Never rejects. */
  async deliver(file: Deliverable, request: FileRequest): Promise<void> {
    const { id, peer, stream } = request
    const key = `${id} ${peer}`
    // Who asks again has lost the stream before.
    this.#streams.get(key)?.stream.abort(new Error('asked again'))
    const own = [...this.#streams.values()].filter((one) => one.peer === peer).length
    try {
      if (own >= DELIVERIES_MAX.peer || this.#streams.size >= DELIVERIES_MAX.all)
        return await refuse(stream, 'busy')
      this.#streams.set(key, { peer, stream })
      await this.#send(file, request)
      await stream.close()
    } catch (error) {
      stream.abort(error)
      this.#init.onPause(id, peer)
    } finally {
      if (this.#streams.get(key)?.stream === stream) this.#streams.delete(key)
    }
  }

  async #send({ secrets, source }: Deliverable, { id, peer, from, stream }: FileRequest): Promise<void> {
    const total = chunksOf(source.size)
    const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
    const box = new ChunkBox(nobleSuite, { ...secrets, salt })
    await stream.write(concat([Uint8Array.of(ANSWERS.here), salt]))
    let has = Math.min(from, total)
    let next = has
    this.#init.onProgress(id, peer, has)
    while (has < total) {
      const mayGoOn = next < total && next - has < FILE_WINDOW
      if (!mayGoOn || stream.available >= 4) {
        const told = numberOf(await stream.read(4))
        if (told < has || told > next) throw new Error('the peer has what was not sent')
        has = told
        this.#init.onProgress(id, peer, has)
      } else {
        await this.#init.turn()
        await stream.write(box.seal(next, await chunkAt(source, next)))
        next += 1
      }
    }
  }

  /** Gives the next few chunks over the bridge, unless the peer had its share. */
  async bridge(
    { secrets, source }: Deliverable,
    { id, peer, from }: Omit<FileRequest, 'stream'>,
  ): Promise<void> {
    const key = `${id} ${peer}`
    const given = this.#bridged.get(key) ?? 0
    const total = chunksOf(source.size)
    if (from <= total) this.#init.onProgress(id, peer, from)
    const count = Math.min(BRIDGED_CHUNKS, total - from)
    if (count <= 0 || given + count > (total + BRIDGED_CHUNKS) * BRIDGED_REPEATS_MAX) return
    // Who asks again while chunks wait to be sent gets them no sooner by it.
    if (this.#bridging.has(key)) return
    this.#bridging.add(key)
    this.#bridged.set(key, given + count)
    const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
    const box = new ChunkBox(nobleSuite, { ...secrets, salt })
    try {
      for (let index = from; index < from + count; index++) {
        const sealed = box.seal(index, await chunkAt(source, index))
        await this.#init.sendChunk(peer, concat([secrets.id, salt, bytesOf(index), sealed]))
      }
    } finally {
      this.#bridging.delete(key)
    }
  }

  /** Stops what is on its way: of a file, to a peer, or both. */
  stop(isMeant: (id: string, peer: string) => boolean): void {
    for (const [key, { peer, stream }] of this.#streams) {
      const [id = ''] = key.split(' ')
      if (isMeant(id, peer)) stream.abort(new Error('no longer offered'))
    }
    for (const key of this.#bridged.keys()) {
      const [id = '', peer = ''] = key.split(' ')
      if (isMeant(id, peer)) this.#bridged.delete(key)
    }
  }
}

/** A chunk; shorter than it should be where the file has shrunk, which the receiver will see. */
async function chunkAt(source: Source, index: number): Promise<Uint8Array> {
  const start = index * FILE_CHUNK
  const length = Math.min(FILE_CHUNK, source.size - start)
  const chunk = await source.read(start, length)
  if (chunk.length !== length) throw new Error('the file is shorter than it was')
  return chunk
}

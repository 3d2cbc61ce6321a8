/** Fetches one file: over direct streams while there is a direct connection, else, if it is small, over the bridge (SPEC A5, A6). */
import { ChunkBox, FILE_CHUNK, nobleSuite } from '@conclave/protocol'
import { messageOf, UsageError } from '../errors.ts'
import {
  BRIDGED_CHUNKS,
  BRIDGED_FILE_BYTES_MAX,
  BRIDGED_STALL_MS,
  FILE_ACK_CHUNKS,
  FILE_PATIENCE_MS,
  FILE_RETRY_MS,
} from '../limits.ts'
import { BRIDGED_HEAD_BYTES, chunksOf, SALT_BYTES } from './deliveries.ts'
import { createHasher } from './disk.ts'
import { ANSWERS, bytesOf, numberOf } from './file-streams.ts'
import type { Secrets } from './offer.ts'
import { Progress } from './progress.ts'
import type { FileOffer, Transfer } from '../file-api.ts'
import type { ByteStream } from './byte-stream.ts'
import type { Sink } from './ends.ts'
import type { FilesInit } from './room-files.ts'

export interface FetchInit {
  readonly offer: FileOffer
  readonly secrets: Secrets
  readonly room: FilesInit
  onProgress(transfer: Transfer): void
}

type End = 'cancelled' | 'withdrawn' | 'lost' | 'corrupt' | 'sink-failed'

/** Why it is over, whatever else was to come. */
class Over extends Error {
  readonly code: End

  constructor(code: End, message: string) {
    super(message)
    this.code = code
  }
}

const TAG_BYTES = 16

export class Fetch {
  readonly #init: FetchInit
  readonly #total: number
  readonly #hasher = createHasher()
  readonly #progress: Progress
  /** Chunks that are in the sink. */
  #has = 0
  #heardAt = performance.now()
  #stopped: Over | undefined
  #stream: ByteStream | undefined
  /** Chunks that came over the bridge and wait for their turn. */
  readonly #bridged = new Map<number, Uint8Array>()
  #wake: (() => void) | undefined

  constructor(init: FetchInit) {
    this.#init = init
    this.#total = chunksOf(init.offer.size)
    this.#progress = new Progress((transfer) => {
      init.onProgress(transfer)
      init.room.onTransfer(transfer)
    })
  }

  /** Ends it from outside. */
  stop(code: 'cancelled' | 'withdrawn' | 'lost'): void {
    this.#stopped ??= new Over(code, code)
    this.#stream?.abort(this.#stopped)
    this.#wake?.()
  }

  /** Resolves when all is there, to the file's parts if they were kept. Rejects as `Room.acceptFile` says. */
  async run(open: () => Promise<Sink>): Promise<BlobPart[] | undefined> {
    const sink = await open()
    let isKept = false
    try {
      await this.#resume(sink)
      this.#tell('waiting')
      // Once also when nothing is lacking, so that the sender knows.
      do await this.#attempt(sink)
      while (this.#has < this.#total)
      if (this.#hasher.digest() !== this.#init.offer.hash)
        throw new Over('corrupt', 'what came is not what was offered')
      const parts = await sink.finish().catch((error: unknown) => {
        throw new Over('sink-failed', messageOf(error))
      })
      this.#tell('done')
      return parts
    } catch (error) {
      const over = error instanceof Over ? error : new Over('sink-failed', messageOf(error))
      isKept = over.code === 'lost' || over.code === 'withdrawn'
      await sink.stop(isKept).catch(() => undefined)
      throw this.#failed(over)
    }
  }

  /** Goes on where an earlier run stood. */
  async #resume(sink: Sink): Promise<void> {
    const size = Math.min(sink.have, this.#init.offer.size)
    for (let start = 0; start < size && sink.read; start += FILE_CHUNK) {
      this.#hasher.update(await sink.read(start, Math.min(FILE_CHUNK, size - start)))
      this.#has += 1
    }
  }

  /** Fetches as much as comes. A connection that is lost is no failure; patience that is lost is one. */
  async #attempt(sink: Sink): Promise<void> {
    const { offer, room } = this.#init
    if (this.#stopped) throw this.#stopped
    if (performance.now() - this.#heardAt > FILE_PATIENCE_MS) throw new Over('lost', 'nothing came any more')
    try {
      if (room.isDirect(offer.from)) await this.#fetchDirectly(sink)
      else if (offer.size <= BRIDGED_FILE_BYTES_MAX) await this.#fetchOverBridge(sink)
      else room.seek(offer.from)
    } catch (error) {
      if (error instanceof Over) throw error
    }
    if (this.#stopped) throw this.#stopped
    if (this.#has === this.#total) return
    this.#tell('waiting')
    await this.#pause(FILE_RETRY_MS)
  }

  async #fetchDirectly(sink: Sink): Promise<void> {
    const { offer, secrets, room } = this.#init
    const stream = await room.openStream(offer.from, { id: secrets.id, from: this.#has })
    this.#stream = stream
    try {
      if (this.#stopped) throw this.#stopped
      const [answer] = await stream.read(1)
      if (answer === ANSWERS.gone) throw new Over('withdrawn', 'the file is not offered to us')
      if (answer !== ANSWERS.here) throw new Error('busy')
      const box = new ChunkBox(nobleSuite, { ...secrets, salt: await stream.read(SALT_BYTES) })
      while (this.#has < this.#total) {
        const sealed = await stream.read(this.#lengthOf(this.#has) + TAG_BYTES)
        await this.#take(sink, box.open(this.#has, sealed))
        if (this.#has % FILE_ACK_CHUNKS === 0 || this.#has === this.#total)
          await stream.write(bytesOf(this.#has))
      }
      await stream.close()
    } catch (error) {
      stream.abort(error)
      throw error
    } finally {
      this.#stream = undefined
    }
  }

  async #fetchOverBridge(sink: Sink): Promise<void> {
    const { offer, room } = this.#init
    const until = Math.min(this.#has + BRIDGED_CHUNKS, this.#total)
    for (const index of this.#bridged.keys()) if (index < this.#has) this.#bridged.delete(index)
    await room.say(':file-want', { id: offer.id, from: this.#has }, [offer.from])
    if (until === this.#has) return
    const deadline = performance.now() + BRIDGED_STALL_MS
    while (this.#has < until && performance.now() < deadline && !this.#stopped) {
      const chunk = this.#bridged.get(this.#has)
      if (chunk === undefined) await this.#pause(deadline - performance.now())
      else {
        this.#bridged.delete(this.#has)
        await this.#take(sink, chunk)
      }
    }
    // So the sender knows that all is there.
    if (this.#has === this.#total)
      await room.say(':file-want', { id: offer.id, from: this.#has }, [offer.from])
    else if (this.#has === until) await this.#fetchOverBridge(sink)
  }

  /** A chunk over the bridge; `data` is what follows the file's id. */
  hearChunk(data: Uint8Array): void {
    const [salt, sealed] = [data.slice(0, SALT_BYTES), data.slice(BRIDGED_HEAD_BYTES)]
    const index = numberOf(data.subarray(SALT_BYTES, BRIDGED_HEAD_BYTES))
    if (index < this.#has || index >= this.#has + BRIDGED_CHUNKS) return
    const chunk = new ChunkBox(nobleSuite, { ...this.#init.secrets, salt }).open(index, sealed)
    if (chunk === undefined) return
    this.#bridged.set(index, chunk)
    this.#wake?.()
  }

  async #take(sink: Sink, chunk: Uint8Array | undefined): Promise<void> {
    if (chunk?.length !== this.#lengthOf(this.#has))
      throw new Over('corrupt', 'a chunk that is not of this file')
    this.#hasher.update(chunk)
    await sink.write(chunk).catch((error: unknown) => {
      throw new Over('sink-failed', messageOf(error))
    })
    this.#has += 1
    this.#heardAt = performance.now()
    if (this.#has < this.#total) this.#tell('active')
  }

  #lengthOf(index: number): number {
    return Math.min(FILE_CHUNK, this.#init.offer.size - index * FILE_CHUNK)
  }

  async #pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = setTimeout(resolve, Math.max(0, ms))
    })
    clearTimeout(timer)
  }

  #tell(status: Transfer['status'], code?: End): void {
    const { id, from, size } = this.#init.offer
    const bytes = Math.min(this.#has * FILE_CHUNK, size)
    this.#progress.set({ id, peer: from, direction: 'in', status, bytes, size, ...(code && { code }) })
  }

  /** What the user is told. */
  #failed({ code, message }: Over): Error {
    const isCancelled = code === 'cancelled' || code === 'withdrawn'
    this.#tell(isCancelled ? 'cancelled' : 'failed', code)
    if (isCancelled) return new DOMException(`The file was ${code}.`, 'AbortError')
    return new UsageError(code, `${SENTENCES[code]} (${message})`)
  }
}

const SENTENCES: Readonly<Record<Exclude<End, 'cancelled' | 'withdrawn'>, string>> = {
  lost: 'Its sender cannot be reached any more. Ask for the file to be sent again: what came is kept where a path was given.',
  corrupt: 'What came is not the file that was offered. Ask its sender for it again.',
  'sink-failed': 'What came could not be written. See that there is space, and accept it again.',
}

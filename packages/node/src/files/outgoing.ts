/** Files that we offer (SPEC A3, A7). */
import { toString } from 'uint8arrays/to-string'
import { UsageError } from '../errors.ts'
import { FILE_BYTES_MAX, SENT_FILES_MAX } from '../limits.ts'
import { Deliveries, chunksOf } from './deliveries.ts'
import { createHasher, copyOf, openPath } from './disk.ts'
import { blobSource, bytesSource, type Source } from './ends.ts'
import { FILE_CHUNK } from '@conclave/protocol'
import { ID_BYTES, KEY_BYTES, encodeOffer, harmless, mediaType, type Secrets } from './offer.ts'
import { Progress } from './progress.ts'
import type { FileContent, SendFileOptions, SentFile, Transfer } from '../file-api.ts'
import type { FileRequest } from './file-streams.ts'
import type { FilesInit } from './room-files.ts'

interface Sent {
  readonly offer: SentFile
  readonly secrets: Secrets
  readonly source: Source
  /** Who may fetch it; undefined for everybody. */
  readonly to: ReadonlySet<string> | undefined
  /** Who has not had it yet, of those who were there when it was offered. */
  readonly expected: Set<string>
  readonly progress: Map<string, Progress>
  readonly options: SendFileOptions
  readonly finished: PromiseWithResolvers<void>
}

const HASHED_AT_ONCE = 1024 * 1024

export class OutgoingFiles {
  readonly #init: FilesInit
  readonly #sent = new Map<string, Sent>()
  readonly #deliveries: Deliveries

  constructor(init: FilesInit) {
    this.#init = init
    this.#deliveries = new Deliveries({
      turn: async () => await init.turn(),
      sendChunk: async (peer, data) => await init.sendChunk(peer, data),
      onProgress: (id, peer, chunks) => this.#progressed(id, peer, chunks),
      onPause: (id, peer) => this.#tell(id, peer, { status: 'waiting' }),
    })
  }

  async send(content: FileContent, options: SendFileOptions): Promise<SentFile> {
    options.signal?.throwIfAborted()
    if (this.#sent.size >= SENT_FILES_MAX)
      throw new UsageError(
        'too-many-files',
        `${SENT_FILES_MAX} files are offered. Withdraw one of them first.`,
      )
    const source = await sourceOf(content)
    try {
      if (source.size > FILE_BYTES_MAX)
        throw new UsageError('file-size', `A file has ${FILE_BYTES_MAX} bytes at most.`)
      const to = targetsOf(options.to)
      const there = this.#init.membersOnline().filter((peer) => to?.has(peer) ?? true)
      if (there.length === 0)
        throw new UsageError(
          'nobody-there',
          'Nobody that the file is for is online. Send it when somebody is.',
        )
      await this.#init.mustReach(there, source.size)
      const hash = await hashOf(source, options.signal)
      return await this.#offer({ source, to, there, hash, options })
    } catch (error) {
      await source.close()
      throw error
    }
  }

  async #offer({
    source,
    to,
    there,
    hash,
    options,
  }: {
    source: Source
    to: ReadonlySet<string> | undefined
    there: readonly string[]
    hash: string
    options: SendFileOptions
  }): Promise<SentFile> {
    const secrets = {
      id: crypto.getRandomValues(new Uint8Array(ID_BYTES)),
      key: crypto.getRandomValues(new Uint8Array(KEY_BYTES)),
    }
    const id = toString(secrets.id, 'base16')
    const finished = Promise.withResolvers<void>()
    // Not everybody looks.
    finished.promise.catch(() => undefined)
    const { self, name } = this.#init.self()
    const offer: SentFile = {
      id,
      from: self,
      name,
      fileName: harmless(options.name ?? source.name),
      type: mediaType(options.type ?? source.type),
      size: source.size,
      hash,
      done: finished.promise,
      cancel: () => this.withdraw(id),
    }
    const expected = new Set(there)
    // Before it is told: who hears of it may ask at once.
    this.#sent.set(id, { offer, secrets, source, to, expected, progress: new Map(), options, finished })
    try {
      await this.#init.say(':file', encodeOffer(secrets, offer), to && [...to])
    } catch (error) {
      this.#sent.delete(id)
      throw error
    }
    options.signal?.addEventListener('abort', () => this.withdraw(id), { once: true })
    return offer
  }

  has(id: string): boolean {
    return this.#sent.has(id)
  }

  /** Delivers over a stream what this peer may have now. False when there is nothing of that name for it. */
  serve(request: FileRequest): boolean {
    const sent = this.#entitled(request.peer, request.id)
    if (sent === undefined) return false
    void this.#deliveries.deliver(sent, request)
    return true
  }

  /** Delivers a few chunks over the bridge, likewise. */
  bridge(request: Omit<FileRequest, 'stream'>): void {
    const sent = this.#entitled(request.peer, request.id)
    if (sent === undefined)
      void this.#init.say(':file-end', { id: request.id }, [request.peer]).catch(() => undefined)
    else void this.#deliveries.bridge(sent, request).catch(() => undefined)
  }

  /** Looked up at every request: somebody may have been excluded meanwhile (SPEC A7). */
  #entitled(peer: string, id: string): Sent | undefined {
    const sent = this.#sent.get(id)
    const isMeant = sent?.to?.has(peer) ?? true
    return isMeant && this.#init.isMember(peer) ? sent : undefined
  }

  /** The peer wants no more of it. */
  ended(peer: string, id: string, code: string): void {
    const sent = this.#sent.get(id)
    if (sent === undefined) return
    const wasActive = sent.progress.has(peer)
    this.#deliveries.stop((file, to) => file === id && to === peer)
    this.#tell(id, peer, { status: 'cancelled', code: wasActive ? code : 'declined' })
    this.#over(sent, peer)
  }

  /** A member is gone, or offline. */
  gone(peer: string, isOffline: boolean): void {
    for (const sent of this.#sent.values()) {
      const isOpen = sent.progress.get(peer)?.last?.status
      if (!isOffline && (isOpen === 'active' || isOpen === 'waiting'))
        this.#tell(sent.offer.id, peer, { status: 'failed', code: 'lost' })
      this.#over(sent, peer)
    }
    if (!isOffline) this.#deliveries.stop((_id, to) => to === peer)
  }

  withdraw(id: string): void {
    const sent = this.#sent.get(id)
    if (sent === undefined) return
    void this.#init.say(':file-end', { id }, sent.to && [...sent.to]).catch(() => undefined)
    this.#forget(id, sent)
  }

  close(): void {
    for (const [id, sent] of this.#sent) this.#forget(id, sent)
  }

  #forget(id: string, sent: Sent): void {
    for (const [peer, { last }] of sent.progress) {
      if (last?.status === 'active' || last?.status === 'waiting')
        this.#tell(id, peer, { status: 'cancelled', code: 'withdrawn' })
    }
    this.#sent.delete(id)
    this.#deliveries.stop((file) => file === id)
    sent.secrets.key.fill(0)
    sent.finished.reject(new DOMException('The file was withdrawn.', 'AbortError'))
    void sent.source.close().catch(() => undefined)
  }

  #progressed(id: string, peer: string, chunks: number): void {
    const sent = this.#sent.get(id)
    if (sent === undefined) return
    const isDone = chunks >= chunksOf(sent.source.size)
    const bytes = Math.min(chunks * FILE_CHUNK, sent.source.size)
    this.#tell(id, peer, { status: isDone ? 'done' : 'active', bytes })
    if (isDone) this.#over(sent, peer)
  }

  #tell(
    id: string,
    peer: string,
    news: Pick<Transfer, 'status'> & Partial<Pick<Transfer, 'bytes' | 'code'>>,
  ): void {
    const sent = this.#sent.get(id)
    if (sent === undefined) return
    const progress =
      sent.progress.get(peer) ??
      new Progress((transfer) => {
        sent.options.onProgress?.(transfer)
        this.#init.onTransfer(transfer)
      })
    sent.progress.set(peer, progress)
    const { bytes = 0, status: before } = progress.last ?? {}
    // A stream that was cut because it is over.
    if (before !== 'active' && news.status === 'waiting') return
    progress.set({ id, peer, direction: 'out', bytes, size: sent.source.size, ...news })
  }

  #over(sent: Sent, peer: string): void {
    sent.expected.delete(peer)
    if (sent.expected.size === 0) sent.finished.resolve()
  }
}

async function sourceOf(content: FileContent): Promise<Source> {
  if (typeof content === 'string') return await openPath(content)
  if (content instanceof Uint8Array) return bytesSource(content)
  if (content instanceof Blob) return blobSource(content)
  return await copyOf(content)
}

function targetsOf(to: SendFileOptions['to']): ReadonlySet<string> | undefined {
  if (to === undefined) return undefined
  return new Set(typeof to === 'string' ? [to] : to)
}

async function hashOf(source: Source, signal: AbortSignal | undefined): Promise<string> {
  const hasher = createHasher()
  for (let start = 0; start < source.size; start += HASHED_AT_ONCE) {
    signal?.throwIfAborted()
    hasher.update(await source.read(start, Math.min(HASHED_AT_ONCE, source.size - start)))
  }
  return hasher.digest()
}

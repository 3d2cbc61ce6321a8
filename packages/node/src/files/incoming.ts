/** Files that others offer, and fetching them (SPEC A3–A7). */
import { UsageError } from '../errors.ts'
import { BRIDGED_FILE_BYTES_MAX, FETCHES_MAX, OFFERS_MAX } from '../limits.ts'
import { pathSink } from './disk.ts'
import { FILE_CHUNK } from '@conclave/protocol'
import { memorySink, streamSink, type Sink } from './ends.ts'
import { Fetch } from './fetch.ts'
import { decodeOffer, type Secrets } from './offer.ts'
import type { AcceptFileOptions, FileOffer, ReceivedFile } from '../file-api.ts'
import type { FilesInit } from './room-files.ts'

interface Offered {
  readonly offer: FileOffer
  readonly secrets: Secrets
  fetch?: Fetch
}

export class IncomingFiles {
  readonly #init: FilesInit
  readonly #offered = new Map<string, Offered>()

  constructor(init: FilesInit) {
    this.#init = init
  }

  get offers(): FileOffer[] {
    return [...this.#offered.values()].map(({ offer }) => ({ ...offer }))
  }

  /** Somebody offers something. */
  hear(from: string, name: string, data: unknown): void {
    const decoded = decodeOffer(data)
    if (decoded === undefined || this.#offered.has(decoded.id)) return
    const { secrets, ...content } = decoded
    const own = [...this.#offered.values()].filter(({ offer }) => offer.from === from)
    const oldest = own.find(({ fetch }) => fetch === undefined)
    if (own.length >= OFFERS_MAX.peer && oldest) this.#offered.delete(oldest.offer.id)
    else if (own.length >= OFFERS_MAX.peer || this.#offered.size >= OFFERS_MAX.all) return
    const offer = { from, name, ...content }
    this.#offered.set(offer.id, { offer, secrets })
    this.#init.onOffer({ ...offer })
  }

  async accept(id: string, options: AcceptFileOptions): Promise<ReceivedFile> {
    options.signal?.throwIfAborted()
    const offered = this.#offered.get(id)
    if (offered === undefined)
      throw new UsageError('no-such-file', 'This file is not offered any more. Ask for it to be sent again.')
    if (offered.fetch) throw new UsageError('fetched-already', 'This file is on its way already.')
    const { offer, secrets } = offered
    if ([...this.#offered.values()].filter(({ fetch }) => fetch).length >= FETCHES_MAX)
      throw new UsageError(
        'too-many-files',
        `${FETCHES_MAX} files are on their way. Wait until one is there.`,
      )
    const fetch = new Fetch({
      offer,
      secrets,
      room: this.#init,
      onProgress: (transfer) => options.onProgress?.(transfer),
    })
    offered.fetch = fetch
    const abort = (): void => this.cancel(id)
    options.signal?.addEventListener('abort', abort, { once: true })
    try {
      if (offer.size > BRIDGED_FILE_BYTES_MAX) await this.#init.mustReach([offer.from], offer.size)
      const parts = await fetch.run(async () => await sinkOf(options.to, offer))
      this.#offered.delete(id)
      return { ...offer, ...(parts && { file: new File(parts, offer.fileName, { type: offer.type }) }) }
    } finally {
      options.signal?.removeEventListener('abort', abort)
      delete offered.fetch
    }
  }

  has(id: string): boolean {
    return this.#offered.has(id)
  }

  /** A chunk came over the bridge. */
  hearChunk(from: string, id: string, data: Uint8Array): void {
    const offered = this.#offered.get(id)
    if (offered?.offer.from === from) offered.fetch?.hearChunk(data)
  }

  /** Who offers it takes it back. */
  ended(from: string, id: string): void {
    const offered = this.#offered.get(id)
    if (offered?.offer.from !== from) return
    this.#offered.delete(id)
    offered.fetch?.stop('withdrawn')
    if (!offered.fetch) this.#init.onTransfer(endOf(offered.offer, 'withdrawn'))
  }

  /** A member's offers end with its membership. */
  gone(peer: string): void {
    for (const [id, { offer }] of this.#offered) if (offer.from === peer) this.ended(peer, id)
  }

  /** Declines what is offered, or stops fetching it; it may be accepted again while it is offered. */
  cancel(id: string): void {
    const offered = this.#offered.get(id)
    if (offered === undefined) return
    const code = offered.fetch ? 'cancelled' : 'declined'
    if (offered.fetch) offered.fetch.stop('cancelled')
    else this.#offered.delete(id)
    void this.#init.say(':file-end', { id, code }, [offered.offer.from]).catch(() => undefined)
  }

  close(): void {
    for (const { fetch } of this.#offered.values()) fetch?.stop('lost')
    this.#offered.clear()
  }
}

function endOf({ id, from, size }: FileOffer, code: string) {
  return { id, peer: from, direction: 'in', status: 'cancelled', bytes: 0, size, code } as const
}

async function sinkOf(to: AcceptFileOptions['to'], { hash }: FileOffer): Promise<Sink> {
  if (to === undefined) return memorySink()
  return typeof to === 'string' ? await pathSink(to, hash, FILE_CHUNK) : streamSink(to)
}

/** Files of a conversation: offering, fetching, what became of each, and what can be shown of it. */
import type { FileOffer, SentFile, Transfer } from '@conclave/node'
import type { Entries, FileEntry } from './entries.ts'
import { pictureTypeOf } from './picture.ts'
import type { Room } from './room.ts'
import { harmlessName, harmlessText } from './text.ts'
import { describeError } from './words/errors.ts'

/** Pictures up to this size are fetched and shown without asking: less than many web pages have. */
const SHOWN_UNASKED_MAX = 3_000_000

export class Transfers {
  readonly #room: Room
  readonly #entries: Entries
  readonly #onChange: () => void
  /** Entries by offer. */
  readonly #keys = new Map<string, number>()
  readonly #sources = new Map<number, File>()
  readonly #sent = new Map<number, SentFile>()
  readonly #urls = new Set<string>()

  constructor(room: Room, entries: Entries, onChange: () => void) {
    this.#room = room
    this.#entries = entries
    this.#onChange = onChange
  }

  /** Whether bytes of some file are on their way, which would be for nothing if the page went now. */
  get areUnderWay(): boolean {
    return this.#entries.list.some(
      (entry) =>
        entry.kind === 'file' && Object.values(entry.progress).some(({ status }) => status === 'active'),
    )
  }

  /** Offers files to the room, each in an entry of its own. */
  send(files: readonly File[], name: string): void {
    for (const file of files) {
      const key = this.#entries.add({
        kind: 'file',
        from: this.#room.self,
        name,
        offer: undefined,
        fileName: file.name,
        size: file.size,
        progress: {},
        state: 'preparing',
        ...this.#shown(file, pictureTypeOf(file.type)),
      })
      this.#sources.set(key, file)
      void this.#offer(key, file)
    }
    this.#onChange()
  }

  /** Somebody offers a file. */
  hear(offer: FileOffer): void {
    if (offer.from === this.#room.self || this.#keys.has(offer.id)) return
    const { from, name, fileName, size, id } = offer
    const key = this.#entries.add({
      kind: 'file',
      from,
      name,
      offer: id,
      fileName,
      size,
      progress: {},
      state: 'offered',
    })
    this.#keys.set(id, key)
    const isPicture = pictureTypeOf(offer.type) !== undefined
    if (isPicture && size <= SHOWN_UNASKED_MAX) void this.fetch(key)
  }

  /** How a file goes. */
  progress(transfer: Transfer): void {
    const key = this.#keys.get(transfer.id)
    if (key === undefined) return
    const isTakenBack = transfer.direction === 'in' && transfer.code === 'withdrawn'
    this.#change(key, (entry) => ({
      ...entry,
      progress: { ...entry.progress, [transfer.peer]: transfer },
      ...(isTakenBack && { state: 'gone' }),
    }))
  }

  /** Fetches a file that was offered; goes on where it stood if it was begun before. */
  async fetch(key: number): Promise<void> {
    const id = this.#offerOf(key)
    if (id === undefined) return
    this.#change(key, (entry) => ({ ...entry, state: 'under-way', why: undefined }))
    try {
      const { file } = await this.#room.acceptFile(id)
      const shown = file === undefined ? {} : this.#shown(file, await sniffed(file))
      this.#change(key, (entry) => ({ ...entry, ...shown, state: 'done' }))
    } catch (error) {
      this.#fail(key, error)
    }
  }

  /** Sends one of ours again that failed. */
  sendAgain(key: number): void {
    const file = this.#sources.get(key)
    if (file === undefined) return
    this.#change(key, (entry) => ({ ...entry, state: 'preparing', progress: {}, why: undefined }))
    void this.#offer(key, file)
  }

  /** Withdraws one of ours, declines another's, or stops fetching it. */
  cancel(key: number): void {
    const id = this.#offerOf(key)
    if (id !== undefined) this.#room.cancelFile(id)
    this.#sent.get(key)?.cancel()
    // What was being fetched may be fetched again as long as it is offered; what was declined is not.
    this.#change(key, (entry) => ({ ...entry, state: entry.state === 'offered' ? 'gone' : 'cancelled' }))
  }

  dispose(): void {
    for (const url of this.#urls) URL.revokeObjectURL(url)
  }

  async #offer(key: number, file: File): Promise<void> {
    try {
      const sent = await this.#room.sendFile(file)
      this.#keys.set(sent.id, key)
      this.#sent.set(key, sent)
      this.#change(key, (entry) => ({ ...entry, offer: sent.id, state: 'under-way' }))
      await sent.done
      this.#change(key, (entry) => ({ ...entry, state: 'done' }))
    } catch (error) {
      this.#fail(key, error)
    }
  }

  #fail(key: number, error: unknown): void {
    const isCancelled = error instanceof Error && error.name === 'AbortError'
    this.#change(key, (entry) => {
      if (entry.state === 'cancelled' || entry.state === 'gone') return entry
      return isCancelled
        ? { ...entry, state: 'cancelled' }
        : { ...entry, state: 'failed', why: describeError(error) }
    })
  }

  #offerOf(key: number): string | undefined {
    const entry = this.#entries.list.find((one) => one.key === key)
    return entry?.kind === 'file' ? entry.offer : undefined
  }

  /** Addresses inside the page for what can be saved, and shown if it is a picture. Never of a type that could run. */
  #shown(file: File, pictureType: string | undefined): Pick<FileEntry, 'url' | 'isPicture'> {
    const url = URL.createObjectURL(file.slice(0, file.size, pictureType ?? 'application/octet-stream'))
    this.#urls.add(url)
    return { url, isPicture: pictureType !== undefined }
  }

  #change(key: number, changed: (entry: FileEntry) => FileEntry): void {
    this.#entries.change(key, (entry) => (entry.kind === 'file' ? { ...entry, ...changed(entry) } : entry))
    this.#onChange()
  }
}

/** The name under which a file is shown and saved. Its ending says what it is, and stays however long the name is. */
export function fileNameShown(name: string): string {
  const safe = name.replaceAll(/[/\\]/gu, '_')
  const shown = harmlessName(safe, 'file')
  const ending = /\.\w{1,10}$/u.exec(harmlessText(safe).trimEnd())?.[0] ?? ''
  return shown.endsWith('…') && ending !== '' ? `${shown}${ending}` : shown
}

/** The type of a picture by how it begins: what its sender says counts for nothing. */
async function sniffed(file: File): Promise<string | undefined> {
  return pictureTypeOf(new Uint8Array(await file.slice(0, 16).arrayBuffer()))
}

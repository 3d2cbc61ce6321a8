/** The files of one room: those we offer, those offered to us, and the actions by which members speak of them. */
import { toString } from 'uint8arrays/to-string'
import { UsageError } from '../errors.ts'
import { BRIDGED_HEAD_BYTES } from './deliveries.ts'
import { BRIDGED_FILE_BYTES_MAX, DIRECT_LOOK_MS, DIRECT_WAIT_MS } from '../limits.ts'
import { IncomingFiles } from './incoming.ts'
import { ID_BYTES, idOf } from './offer.ts'
import { OutgoingFiles } from './outgoing.ts'
import { pause } from '../pause.ts'
import type { FileOffer, Transfer } from '../file-api.ts'
import type { Actions } from '../action.ts'
import type { ByteStream } from './byte-stream.ts'
import type { FileRequest } from './file-streams.ts'

/** What files need of the room. */
export interface FilesInit {
  self(): { self: string; name: string }
  isMember(peer: string): boolean
  /** Others that are there. */
  membersOnline(): string[]
  isDirect(peer: string): boolean
  /** Wants a direct connection to the peer for a while. */
  seek(peer: string): void
  openStream(peer: string, request: { id: Uint8Array; from: number }): Promise<ByteStream>
  /** Throws `UsageError` unless a file of that size can go to or come from one of these. */
  mustReach(peers: readonly string[], size: number): Promise<void>
  /** Says an action of ours. */
  say(name: `:${string}`, data: unknown, to?: readonly string[]): Promise<number>
  /** Sends a chunk over the bridge, behind all else. */
  sendChunk(peer: string, data: Uint8Array): Promise<unknown>
  /** Resolves when nothing waits that goes before pieces of files. */
  turn(): Promise<void>
  onOffer(offer: FileOffer): void
  onTransfer(transfer: Transfer): void
}

export class RoomFiles {
  readonly incoming: IncomingFiles
  readonly outgoing: OutgoingFiles

  constructor(init: FilesInit, actions: Actions) {
    this.incoming = new IncomingFiles(init)
    this.outgoing = new OutgoingFiles(init)
    actions.hearOwn(':file', ({ data, from, name }) => this.incoming.hear(from, name, data))
    // What is answered is for one alone: else each member would answer the same, and one would make all of them shout.
    actions.hearOwn(':file-want', ({ data, from, isForUsAlone }) => {
      if (isForUsAlone) this.#wanted(from, data)
    })
    actions.hearOwn(':file-chunk', ({ data, from }) => this.#chunk(from, data))
    actions.hearOwn(':file-end', ({ data, from }) => this.#ended(from, data))
  }

  /** Whether a stream was for a file of this room. */
  serve(request: FileRequest): boolean {
    return this.outgoing.serve(request)
  }

  cancel(id: string): void {
    if (this.outgoing.has(id)) this.outgoing.withdraw(id)
    else this.incoming.cancel(id)
  }

  /** A member was excluded or has left, or is only offline. */
  gone(peer: string, isOffline: boolean): void {
    this.outgoing.gone(peer, isOffline)
    if (!isOffline) this.incoming.gone(peer)
  }

  close(): void {
    this.outgoing.close()
    this.incoming.close()
  }

  #wanted(peer: string, data: unknown): void {
    const id = idOf(data)
    if (id === undefined) return
    const from = (data as Record<string, unknown>)['from']
    if (typeof from === 'number' && Number.isSafeInteger(from) && from >= 0 && from < 2 ** 32)
      this.outgoing.bridge({ peer, id, from })
  }

  #chunk(from: string, data: unknown): void {
    if (!(data instanceof Uint8Array) || data.length <= ID_BYTES + BRIDGED_HEAD_BYTES) return
    const id = toString(data.subarray(0, ID_BYTES), 'base16')
    this.incoming.hearChunk(from, id, data.subarray(ID_BYTES))
  }

  #ended(peer: string, data: unknown): void {
    const id = idOf(data)
    if (id === undefined) return
    if (this.outgoing.has(id)) {
      const isCancelled = (data as Record<string, unknown>)['code'] !== 'declined'
      this.outgoing.ended(peer, id, isCancelled ? 'cancelled' : 'declined')
    } else this.incoming.ended(peer, id)
  }
}

/** Waits until one of them is reached directly; throws `UsageError` when none is and the file is too long for the bridge. */
export async function mustReach(
  init: Pick<FilesInit, 'isDirect' | 'seek'>,
  peers: readonly string[],
  size: number,
): Promise<void> {
  if (size <= BRIDGED_FILE_BYTES_MAX) return
  const deadline = performance.now() + DIRECT_WAIT_MS
  while (!peers.some((peer) => init.isDirect(peer))) {
    if (performance.now() > deadline) {
      throw new UsageError(
        'no-direct-path',
        `The file has ${size} bytes; without a direct connection ${BRIDGED_FILE_BYTES_MAX} go. Try from another network, or ` +
          'name a TURN server.',
      )
    }
    for (const peer of peers) init.seek(peer)
    await pause(DIRECT_LOOK_MS)
  }
}

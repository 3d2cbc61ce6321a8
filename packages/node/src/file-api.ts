/** Files as an embedder sees them: what is offered, how it goes, and what comes out. */

/** A file that a member offers. All of it but `id`, `from` and `size` is only what that member says. */
export interface FileOffer {
  /** Names the offer in this room. */
  id: string
  /** Peer id of the member that offers it; its signature was checked. */
  from: string
  /** Display name of that member. */
  name: string
  /** Made harmless: no separators of paths, no control characters, 255 bytes at most. Show it as text all the same. */
  fileName: string
  /** Media type, e.g. `image/png`; empty when none was given. */
  type: string
  /** Bytes. What comes is refused if it is more. */
  size: number
  /** SHA-256 of the content in hex. What comes is checked against it. */
  hash: string
}

/**
 * `waiting` for a connection or for its turn, and goes on from where it stood; `active`; and the ends: `done`, `cancelled` by
 * one of both, `failed`.
 */
export type TransferStatus = 'waiting' | 'active' | 'done' | 'cancelled' | 'failed'

/** One file on its way to or from one peer. */
export interface Transfer {
  /** Of the offer. */
  id: string
  /** The other side. */
  peer: string
  direction: 'out' | 'in'
  status: TransferStatus
  /** How much of it has arrived and was checked. */
  bytes: number
  size: number
  /** Why it ended, for programs: `declined`, `withdrawn`, `cancelled`, `corrupt`, `lost`, `no-direct-path`, `sink-failed`. */
  code?: string
}

/** How a file is offered. */
export interface SendFileOptions {
  /** Shown to the others. A `File` brings its own, and so does a path. */
  name?: string
  /** Media type; a `Blob` brings its own. */
  type?: string
  /** The only members that may fetch it. Default: everybody in the room. */
  to?: string | readonly string[]
  /** Aborting it withdraws the offer. */
  signal?: AbortSignal
  /** Called a few times a second while somebody fetches it. */
  onProgress?(transfer: Transfer): void
}

/** An offer of ours. It stands until it is withdrawn or the room is closed. */
export interface SentFile extends FileOffer {
  /**
   * Resolves when everybody who was online and it was offered to has it, has declined it, or is gone. Rejects with an
   * `AbortError` when it is withdrawn before.
   */
  readonly done: Promise<void>
  /** Takes it back; who is fetching it stops. */
  cancel(): void
}

/** How a file is fetched. */
export interface AcceptFileOptions {
  /**
   * Where it goes: a stream to write to, e.g. of a `FileSystemFileHandle`; in Node also a path. Default: into a `File`. Only
   * a path survives a restart: what came is kept beside it, and used when the same content is offered again.
   */
  to?: WritableStream<Uint8Array> | string
  /** Aborting it cancels the transfer. */
  signal?: AbortSignal
  /** Called a few times a second. */
  onProgress?(transfer: Transfer): void
}

/** A file that has arrived, complete and checked. */
export interface ReceivedFile extends FileOffer {
  /** The content, unless it was written to where `to` said. */
  file?: File
}

/** What can be sent: in Node also the path of a file. Of a stream of pieces a copy is made before it is offered. */
export type FileContent = Blob | Uint8Array | string | AsyncIterable<Uint8Array>

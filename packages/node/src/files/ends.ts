/** Both ends of a transfer: where a file comes from, and where it goes. */

/** What is sent. It may be read at any place, as often as somebody fetches it. */
export interface Source {
  readonly name: string
  readonly type: string
  readonly size: number
  /** Fewer bytes than asked for when it ends. */
  read(start: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** What is received. Bytes come in order. */
export interface Sink {
  /** Bytes from an earlier run, whole chunks. */
  readonly have: number
  /** Reads those back, to check them. */
  read?(start: number, length: number): Promise<Uint8Array>
  write(bytes: Uint8Array): Promise<void>
  /** All is there. The file, if it was kept here. */
  finish(): Promise<BlobPart[] | undefined>
  /** Nothing more comes. `isKept`: it may go on another time. */
  stop(isKept: boolean): Promise<void>
}

/** SHA-256 of bytes that come in pieces. */
export interface Hasher {
  update(bytes: Uint8Array): void
  /** Hex. */
  digest(): string
}

/** Bytes that are gathered before they become a blob, which a browser keeps on its disk. */
const PART_BYTES = 4 * 1024 * 1024

export function blobSource(blob: Blob): Source {
  return {
    name: 'name' in blob && typeof blob.name === 'string' ? blob.name : '',
    type: blob.type,
    size: blob.size,
    read: async (start, length) => new Uint8Array(await blob.slice(start, start + length).arrayBuffer()),
    close: async () => undefined,
  }
}

export function bytesSource(bytes: Uint8Array): Source {
  return {
    name: '',
    type: '',
    size: bytes.length,
    read: async (start, length) => bytes.subarray(start, start + length),
    close: async () => undefined,
  }
}

/** Keeps all of it. */
export function memorySink(): Sink {
  const parts: Blob[] = []
  let pieces: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  const gather = (): void => {
    parts.push(new Blob(pieces))
    pieces = []
    size = 0
  }
  return {
    have: 0,
    write: async (bytes) => {
      pieces.push(bytes.slice())
      size += bytes.length
      if (size >= PART_BYTES) gather()
    },
    finish: async () => {
      gather()
      return parts
    },
    stop: async () => undefined,
  }
}

/** Passes all of it on. */
export function streamSink(stream: WritableStream<Uint8Array>): Sink {
  const writer = stream.getWriter()
  return {
    have: 0,
    write: async (bytes) => {
      await writer.ready
      await writer.write(bytes)
    },
    finish: async () => {
      await writer.close()
      return undefined
    },
    stop: async () => await writer.abort(),
  }
}

/** Streams that carry one file from one peer to another, over a direct connection alone (SPEC A5). */
import { ByteStream } from './byte-stream.ts'
import { ID_BYTES } from './offer.ts'
import { FILE_STALL_MS, STREAMS_PER_PEER_MAX } from '../limits.ts'
import { isDirect, type NetworkHost } from '../host.ts'
import { toString } from 'uint8arrays/to-string'
import type { Connection } from '@libp2p/interface'

export const FILE_PROTOCOL = '/conclave/file/1'

/** What somebody asks for: a file of an offer's id, from a chunk on. */
export interface FileRequest {
  readonly peer: string
  readonly id: string
  readonly from: number
  readonly stream: ByteStream
}

export interface FileStreamsInit {
  readonly host: NetworkHost
  /** False when nobody here has offered it. */
  onRequest(request: FileRequest): boolean
}

/** First byte of an answer. */
export const ANSWERS = { here: 0, gone: 1, busy: 2 } as const

export class FileStreams {
  readonly #init: FileStreamsInit

  constructor(init: FileStreamsInit) {
    this.#init = init
  }

  async start(): Promise<void> {
    await this.#init.host.handle(
      FILE_PROTOCOL,
      (stream, connection) => void this.#answer(new ByteStream(stream), connection),
      { maxInboundStreams: STREAMS_PER_PEER_MAX, maxOutboundStreams: STREAMS_PER_PEER_MAX },
    )
  }

  async stop(): Promise<void> {
    await this.#init.host.unhandle(FILE_PROTOCOL)
  }

  /** Asks for a file. Rejects when the connection is gone. */
  async open(
    connection: Connection,
    request: Pick<FileRequest, 'from'> & { id: Uint8Array },
  ): Promise<ByteStream> {
    const stream = new ByteStream(
      await connection.newStream(FILE_PROTOCOL, { signal: AbortSignal.timeout(FILE_STALL_MS) }),
    )
    await stream.write(Uint8Array.of(...request.id, ...bytesOf(request.from)))
    return stream
  }

  async #answer(stream: ByteStream, connection: Connection): Promise<void> {
    try {
      if (!isDirect(connection)) throw new Error('files take direct connections')
      const request = await stream.read(ID_BYTES + 4)
      const id = toString(request.subarray(0, ID_BYTES), 'base16')
      const from = numberOf(request.subarray(ID_BYTES))
      if (this.#init.onRequest({ peer: connection.remotePeer.toString(), id, from, stream })) return
      await refuse(stream, 'gone')
    } catch (error) {
      stream.abort(error)
    }
  }
}

/** Says why nothing comes. */
export async function refuse(stream: ByteStream, answer: 'gone' | 'busy'): Promise<void> {
  await stream.write(Uint8Array.of(ANSWERS[answer]))
  await stream.close()
}

export function bytesOf(count: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, count)
  return bytes
}

export function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
}

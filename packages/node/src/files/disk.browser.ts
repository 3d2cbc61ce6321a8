/** What browsers have in the place of a disk: blobs, which they move there by themselves. */
import { sha256 } from '@noble/hashes/sha2.js'
import { toString } from 'uint8arrays/to-string'
import { UsageError } from '../errors.ts'
import { FILE_BYTES_MAX } from '../limits.ts'
import { blobSource, type Hasher, type Sink, type Source } from './ends.ts'

export function createHasher(): Hasher {
  const hash = sha256.create()
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => toString(hash.digest(), 'base16'),
  }
}

/** There are no paths in a page. */
export async function openPath(_path: string): Promise<Source> {
  throw new UsageError('no-paths', 'A page sends a File, a Blob or bytes: it cannot open paths.')
}

/** Copies a stream that can be read only once. Throws `UsageError` when it is too long. */
export async function copyOf(pieces: AsyncIterable<Uint8Array>): Promise<Source> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for await (const piece of pieces) {
    size += piece.length
    if (size > FILE_BYTES_MAX)
      throw new UsageError('file-size', `A file has ${FILE_BYTES_MAX} bytes at most.`)
    parts.push(piece.slice())
  }
  return blobSource(new Blob(parts))
}

/** There are no paths in a page. */
export async function pathSink(_path: string, _hash: string, _chunk: number): Promise<Sink> {
  throw new UsageError(
    'no-paths',
    'A page takes files as File, or into a WritableStream: it cannot open paths.',
  )
}

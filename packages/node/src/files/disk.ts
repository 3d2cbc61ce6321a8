/** Files on disk: what is sent from there, what is written there, and where a copy of a stream waits to be sent. */
import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { toString } from 'uint8arrays/to-string'
import { messageOf, UsageError } from '../errors.ts'
import { FILE_BYTES_MAX } from '../limits.ts'
import type { Hasher, Sink, Source } from './ends.ts'

export function createHasher(): Hasher {
  const hash = createHash('sha256')
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest('hex'),
  }
}

/** A file of the disk. Throws `UsageError` when it cannot be read. */
export async function openPath(path: string): Promise<Source> {
  try {
    const handle = await open(path)
    return await sourceOf(handle, basename(path))
  } catch (error) {
    throw new UsageError('unreadable-file', `The file cannot be read: ${messageOf(error)}.`, { cause: error })
  }
}

async function sourceOf(handle: FileHandle, name: string): Promise<Source> {
  const stats = await handle.stat()
  if (!stats.isFile()) {
    await handle.close()
    throw new Error('it is no file')
  }
  return {
    name,
    type: '',
    size: stats.size,
    read: async (start, length) => await readAt(handle, start, length),
    close: async () => await handle.close(),
  }
}

/** Copies a stream that can be read only once. Throws `UsageError` when it is too long. */
export async function copyOf(pieces: AsyncIterable<Uint8Array>): Promise<Source> {
  const path = join(tmpdir(), `conclave-${toString(crypto.getRandomValues(new Uint8Array(12)), 'base16')}`)
  const handle = await open(path, 'wx+', 0o600)
  try {
    // Nobody else finds it, and it goes with the process.
    await rm(path)
    let size = 0
    for await (const piece of pieces) {
      size += piece.length
      if (size > FILE_BYTES_MAX)
        throw new UsageError('file-size', `A file has ${FILE_BYTES_MAX} bytes at most.`)
      await handle.writeFile(piece)
    }
    return await sourceOf(handle, '')
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * Writes to a path, which appears when all is there. What came is kept beside it until then, so that the next run goes on
 * where this one stood. Throws `UsageError` when it cannot be written.
 */
export async function pathSink(path: string, hash: string, chunk: number): Promise<Sink> {
  const partial = `${path}.${hash.slice(0, 16)}.part`
  try {
    const handle = await open(partial, 'a+', 0o600)
    const { size } = await handle.stat()
    const have = size - (size % chunk)
    await handle.truncate(have)
    return {
      have,
      read: async (start, length) => await readAt(handle, start, length),
      write: async (bytes) => await handle.writeFile(bytes),
      finish: async () => {
        await handle.close()
        await rename(partial, path)
        return undefined
      },
      stop: async (isKept) => {
        await handle.close()
        if (!isKept) await rm(partial, { force: true })
      },
    }
  } catch (error) {
    throw new UsageError('unwritable-file', `The file cannot be written: ${messageOf(error)}.`, {
      cause: error,
    })
  }
}

async function readAt(handle: FileHandle, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  const { bytesRead } = await handle.read(bytes, 0, length, start)
  return bytes.subarray(0, bytesRead)
}

/** Where a node keeps what must survive a restart, in Node: a LevelDB directory, or memory. */
import { mkdir } from 'node:fs/promises'
import { MemoryDatastore } from 'datastore-core'
import { LevelDatastore } from 'datastore-level'
import { UsageError, messageOf } from './errors.ts'
import type { Datastore } from 'interface-datastore'

export interface Store extends Datastore {
  close(): Promise<void>
}

/** Opens the store in a directory, which is made if it does not exist. Throws `UsageError` when it is in use or damaged. */
export async function openStore(directory: string): Promise<Store> {
  const store = new LevelDatastore(directory, { createIfMissing: true })
  try {
    // It holds the room key and the invite: nobody else's business.
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await store.open()
  } catch (error) {
    throw new UsageError(
      'store-unusable',
      `Cannot open the store ${directory}: ${messageOf(error)}. Is another peer using it? Each needs a directory of its own.`,
      { cause: error },
    )
  }
  return store
}

/** A store that is gone with the process. */
export function memoryStore(): Store {
  return Object.assign(new MemoryDatastore(), { close: async () => undefined })
}

/** Where a node keeps what must survive a reload, in browsers: an IndexedDB database, or memory. */
import { MemoryDatastore } from 'datastore-core'
import { IDBDatastore } from 'datastore-idb'
import { UsageError, messageOf } from './errors.ts'
import type { Datastore } from 'interface-datastore'

export interface Store extends Datastore {
  close(): Promise<void>
}

/** Opens the store of that name. Throws `UsageError` when the browser keeps none, e.g. in some private windows. */
export async function openStore(name: string): Promise<Store> {
  const store = new IDBDatastore(name)
  try {
    await store.open()
  } catch (error) {
    throw new UsageError('store-unusable', `This browser keeps no data for the page: ${messageOf(error)}.`, {
      cause: error,
    })
  }
  return store
}

/** A store that is gone with the page. */
export function memoryStore(): Store {
  return Object.assign(new MemoryDatastore(), { close: async () => undefined })
}

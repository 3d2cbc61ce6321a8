/** The pool of identities in IndexedDB, one record an index. */

export interface IdentityRecord {
  seed: Uint8Array<ArrayBuffer>
  name: string
}

const DATABASE = 'conclave-identities'
const TABLE = 'identities'

export function readRecord(index: number): Promise<IdentityRecord | undefined> {
  return withTable('readonly', async (table) => {
    const record: unknown = await settled(table.get(index))
    return isRecord(record) ? record : undefined
  })
}

export function writeRecord(index: number, record: IdentityRecord): Promise<void> {
  return withTable('readwrite', async (table) => {
    await settled(table.put(record, index))
  })
}

async function withTable<T>(
  mode: IDBTransactionMode,
  use: (table: IDBObjectStore) => Promise<T>,
): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1)
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(TABLE))
  const database = await settled(opening)
  try {
    return await use(database.transaction(TABLE, mode).objectStore(TABLE))
  } finally {
    database.close()
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB gave no reason')))
  })
}

function isRecord(value: unknown): value is IdentityRecord {
  if (typeof value !== 'object' || value === null) return false
  const { seed, name } = value as Partial<IdentityRecord>
  return seed instanceof Uint8Array && seed.length === 32 && typeof name === 'string'
}

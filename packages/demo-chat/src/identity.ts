/**
 * Who this tab is. Seeds are kept in a small pool in IndexedDB; a tab holds one of them by a Web Lock for as long as it lives. So two
 * tabs are never the same member (which would use one sender's counters twice), and a reload is the same member again.
 */
import type { PortableIdentity } from './identity-file.ts'
import { readRecord, writeRecord } from './identity-store.ts'

export interface Identity {
  /** Ed25519 seed. */
  seed: Uint8Array
  /** The name last used with it. */
  name: string
  /** Name of the database in which the networking code keeps this identity's rooms. */
  store: string
  /** Whether it is the one that this tab had before it was reloaded. */
  returned: boolean
  rememberName: (name: string) => Promise<void>
}

/** Tabs of one browser that can be members at once. */
const POOL_MAX = 32
/** A reloading tab's former page may hold its lock a moment longer; a duplicated tab's original holds it for good. */
const FORMER_PAGE_MS = 2_000
const INDEX_KEY = 'conclave.identity'

/** Takes the identity this tab had before, else the first free one of the pool. Held until the page goes away. */
export async function takeIdentity(): Promise<Identity> {
  const former = formerIndex()
  if (former !== undefined && (await hold(former, FORMER_PAGE_MS))) return load(former, true)
  for (let index = 0; index < POOL_MAX; index++) {
    if (await hold(index, 0)) return load(index, false)
  }
  throw Object.assign(new Error('every identity of the pool is in use'), { code: 'too-many-tabs' })
}

/** Puts an identity from a file into the pool; after a reload this tab is it. */
export async function takeOver(identity: PortableIdentity): Promise<void> {
  for (let index = 0; index < POOL_MAX; index++) {
    const kept = await readRecord(index)
    // The same one twice would be one sender with two counters.
    const isSame = kept?.seed.every((byte, i) => byte === identity.seed[i]) ?? false
    if (kept !== undefined && !isSame) continue
    if (!isSame) await writeRecord(index, identity)
    sessionStorage.setItem(INDEX_KEY, String(index))
    return
  }
  throw Object.assign(new Error('the pool of identities is full'), { code: 'too-many-tabs' })
}

function formerIndex(): number | undefined {
  const index = Number.parseInt(sessionStorage.getItem(INDEX_KEY) ?? '', 10)
  return index >= 0 && index < POOL_MAX ? index : undefined
}

/** Resolves to whether the lock is ours now. It is never released: the browser does so when the page ends. */
function hold(index: number, patienceMs: number): Promise<boolean> {
  const options: LockOptions =
    patienceMs === 0 ? { ifAvailable: true } : { signal: AbortSignal.timeout(patienceMs) }
  return new Promise((resolve) => {
    const forever = async (lock: Lock | null): Promise<void> => {
      resolve(lock !== null)
      if (lock !== null) await new Promise<never>(() => {})
    }
    navigator.locks.request(`conclave-identity-${index}`, options, forever).catch(() => resolve(false))
  })
}

async function load(index: number, returned: boolean): Promise<Identity> {
  sessionStorage.setItem(INDEX_KEY, String(index))
  const stored = await readRecord(index)
  const record = stored ?? { seed: crypto.getRandomValues(new Uint8Array(32)), name: '' }
  if (stored === undefined) await writeRecord(index, record)
  return {
    ...record,
    returned,
    store: `conclave-${index}`,
    rememberName: (name) => writeRecord(index, { seed: record.seed, name }),
  }
}

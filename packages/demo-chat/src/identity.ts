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
  /** Lets another tab, or another chat of this page, have it. */
  release: () => void
}

/** Tabs of one browser that can be members at once. */
const POOL_MAX = 32
/** A reloading tab's former page may hold its lock a moment longer; a duplicated tab's original holds it for good. */
const FORMER_PAGE_MS = 2_000
const INDEX_KEY = 'conclave.identity'

/**
 * Takes the identity this tab had before, else the first free one of the pool. Held until it is released or the page goes away. `key`
 * sets several chats of one page apart.
 */
export async function takeIdentity(key: string): Promise<Identity> {
  const former = formerIndex(key)
  const release = former === undefined ? undefined : await hold(former, FORMER_PAGE_MS)
  if (former !== undefined && release) return load(former, { key, returned: true, release })
  for (let index = 0; index < POOL_MAX; index++) {
    const free = await hold(index, 0)
    if (free) return load(index, { key, returned: false, release: free })
  }
  throw Object.assign(new Error('every identity of the pool is in use'), { code: 'too-many-tabs' })
}

/** Puts an identity from a file into the pool; after a reload this tab is it, in the chat of that key. */
export async function takeOver(key: string, identity: PortableIdentity): Promise<void> {
  for (let index = 0; index < POOL_MAX; index++) {
    const kept = await readRecord(index)
    // The same one twice would be one sender with two counters.
    const isSame = kept?.seed.every((byte, i) => byte === identity.seed[i]) ?? false
    if (kept !== undefined && !isSame) continue
    if (!isSame) await writeRecord(index, identity)
    sessionStorage.setItem(INDEX_KEY + key, String(index))
    return
  }
  throw Object.assign(new Error('the pool of identities is full'), { code: 'too-many-tabs' })
}

function formerIndex(key: string): number | undefined {
  const index = Number.parseInt(sessionStorage.getItem(INDEX_KEY + key) ?? '', 10)
  return index >= 0 && index < POOL_MAX ? index : undefined
}

/** Resolves to what releases the lock, when it is ours; the browser does so too when the page ends. */
function hold(index: number, patienceMs: number): Promise<(() => void) | undefined> {
  const options: LockOptions =
    patienceMs === 0 ? { ifAvailable: true } : { signal: AbortSignal.timeout(patienceMs) }
  return new Promise((resolve) => {
    const holding = async (lock: Lock | null): Promise<void> => {
      if (lock === null) resolve(undefined)
      else await new Promise<void>((release) => resolve(release))
    }
    navigator.locks.request(`conclave-identity-${index}`, options, holding).catch(() => resolve(undefined))
  })
}

interface Hold {
  key: string
  returned: boolean
  release: () => void
}

async function load(index: number, { key, returned, release }: Hold): Promise<Identity> {
  sessionStorage.setItem(INDEX_KEY + key, String(index))
  const stored = await readRecord(index)
  const record = stored ?? { seed: crypto.getRandomValues(new Uint8Array(32)), name: '' }
  if (stored === undefined) await writeRecord(index, record)
  return {
    ...record,
    returned,
    release,
    store: `conclave-${index}`,
    rememberName: (name) => writeRecord(index, { seed: record.seed, name }),
  }
}

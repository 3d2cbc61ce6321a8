/** The page and a relay for it, on this computer. */
import type { CliProcess } from './cli-process.ts'
import { startRelay } from './local-network.ts'
import { buildPage } from './page-build.ts'
import { servePage, type PageServer } from './page-server.ts'

/** Builds the page if need be, and serves it on a free port. `identity`: as of {@link startRelay}. */
export async function startPage({ identity = '' } = {}): Promise<{
  relay: CliProcess
  relays: string[]
  server: PageServer
}> {
  await buildPage({ quiet: true })
  const { relay, multiaddrs: relays } = await startRelay({ identity })
  return { relay, relays, server: await servePage({ relays, port: 0, search: false }) }
}

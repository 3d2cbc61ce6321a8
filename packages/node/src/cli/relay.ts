/** `conclave relay`. */
import { loadIdentity } from '../identity-file.ts'
import { createIdentity } from '../identity.ts'
import { createRelay, serveHealth } from '../relay/index.ts'
import type { HealthServer, Relay } from '../relay/index.ts'
import type { OutputOptions, Session } from './process.ts'

export interface RelayOptions extends OutputOptions {
  listen: string[]
  announce: string[]
  http?: string
  identity?: string
}

/** Runs until a signal. Throws `UsageError` when an address or the identity cannot be used. */
export async function relay(options: RelayOptions, session: Session): Promise<void> {
  const identity =
    options.identity === undefined ? await createIdentity() : await loadIdentity(options.identity)
  const running = await createRelay({
    seed: identity.seed,
    listen: options.listen,
    announce: options.announce,
  })
  let http: HealthServer | undefined
  try {
    if (options.http !== undefined) http = await serveHealth(options.http, () => running.health())
    report(session, running, { http: http?.url, isKept: options.identity !== undefined })
    await session.untilStopped()
  } finally {
    await http?.close()
    await running.stop()
  }
}

function report(
  session: Session,
  running: Relay,
  { http, isKept }: { http: string | undefined; isKept: boolean },
): void {
  const multiaddrs = running.multiaddrs()
  const lines = ['Peers meet here:', ...multiaddrs.map((address) => `  ${address}`)]
  if (http !== undefined) lines.push(`Health: ${http}/health`)
  if (!isKept) lines.push('This peer id is new at every start; keep it with --identity FILE.')
  session.emit({ event: 'listening', peer: running.peer, multiaddrs, http: http ?? null }, lines.join('\n'))
}

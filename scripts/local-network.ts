/** A relay and headless peers on this computer, as child processes. */
import { CliProcess } from './cli-process.ts'

/**
 * Starts a circuit relay, on a free port unless it is told where, and resolves once it listens. `identity`: the file of one that
 * is to be known by the same address again.
 */
export async function startRelay({ listen = '/ip4/127.0.0.1/tcp/0/ws', identity = '' } = {}): Promise<{
  relay: CliProcess
  multiaddrs: string[]
}> {
  const relay = new CliProcess([
    'relay',
    '--listen',
    listen,
    ...(identity === '' ? [] : ['--identity', identity]),
  ])
  const { multiaddrs } = await orStop(relay, relay.expect('listening'))
  if (!Array.isArray(multiaddrs)) throw new Error('The relay did not say where it listens.')
  return { relay, multiaddrs: multiaddrs.map(String) }
}

export interface PeerInit {
  relays: string[]
  name: string
  /** Absent: the peer founds a room. */
  invite?: string
}

/** Starts a headless peer and resolves once it is in the room. */
export async function startPeer({ relays, name, invite }: PeerInit): Promise<CliProcess> {
  const relayFlags = relays.flatMap((relay) => ['--relay', relay])
  const peer = new CliProcess([
    'peer',
    ...(invite === undefined ? [] : [invite]),
    '--name',
    name,
    ...relayFlags,
  ])
  await orStop(peer, peer.expect('joined'))
  return peer
}

/** The invite text for the page's fragment, out of whatever address the peer makes of it. */
export async function inviteFrom(peer: CliProcess): Promise<string> {
  const { url } = await peer.command('invite')
  const text = String(url)
  return text.slice(text.lastIndexOf('#') + 1)
}

/** No child outlives a start that failed. */
async function orStop<T>(child: CliProcess, started: Promise<T>): Promise<T> {
  try {
    return await started
  } catch (error) {
    await child.stop()
    throw error
  }
}

/** Which addresses are dialled for a direct connection, and which we tell others. */
import { multiaddr } from '@multiformats/multiaddr'
import { Circuit, WebRTC } from '@multiformats/multiaddr-matcher'
import { ANNOUNCED_ADDRESSES_MAX, ANNOUNCED_ADDRESS_CHARS_MAX } from './limits.ts'
import { UsageError } from './errors.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Names resolved by one lookup, and memory for tests. Not `dnsaddr`, behind which any number of addresses can be. */
const HOSTS = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6', 'memory'])

/** The address of `peer` for WebRTC signalled through a relay that both have a connection to. */
export function throughRelay(relay: Multiaddr, peer: string): Multiaddr {
  return relay.encapsulate(`/p2p-circuit/webrtc/p2p/${peer}`)
}

/**
 * What of a member's announced addresses may be dialled. They are hostile input: at most four, of bounded length, ending
 * in that member's peer id, through at most one relay, and leading to a connection that is direct.
 */
export function usableAddresses(peer: string, announced: readonly string[]): Multiaddr[] {
  const usable: Multiaddr[] = []
  for (const text of announced.slice(0, ANNOUNCED_ADDRESSES_MAX)) {
    const address = text.length <= ANNOUNCED_ADDRESS_CHARS_MAX ? parse(text) : undefined
    if (address !== undefined && isDirectAddressOf(peer, address)) usable.push(address)
  }
  return usable
}

/** Our own addresses in the form others may use: at most four, those through a relay first. */
export function announcedAddresses(peer: string, own: readonly Multiaddr[]): string[] {
  const withPeer = own.map((address) =>
    address.getComponents().at(-1)?.value === peer ? address : address.encapsulate(`/p2p/${peer}`),
  )
  const direct = withPeer.filter((address) => isDirectAddressOf(peer, address))
  const relayed = direct.filter((address) => WebRTC.exactMatch(address))
  const others = direct.filter((address) => !WebRTC.exactMatch(address))
  return [...relayed, ...others].map(String)
}

function isDirectAddressOf(peer: string, address: Multiaddr): boolean {
  const components = address.getComponents()
  const first = components[0]
  const last = components.at(-1)
  if (first === undefined || !HOSTS.has(first.name) || last?.name !== 'p2p' || last.value !== peer)
    return false
  const circuits = components.filter(({ name }) => name === 'p2p-circuit').length
  return circuits === 0
    ? components.length > 1
    : circuits === 1 && WebRTC.exactMatch(address) && !Circuit.exactMatch(address)
}

function parse(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}

/** A relay's address and peer id. Throws `UsageError` for text that is no multiaddr ending in a peer id. */
export function parseRelay(text: string): { peer: string; address: Multiaddr } {
  try {
    const address = multiaddr(text)
    const last = address.getComponents().at(-1)
    if (last?.name === 'p2p' && last.value !== undefined) return { peer: last.value, address }
  } catch {
    // Falls through to the sentence below, which is about the text either way.
  }
  throw new UsageError(
    'relay-address',
    `${text} is not a relay's address; it looks like /dns4/relay.example/tcp/443/wss/p2p/12D3Koo…, as the relay prints it.`,
  )
}

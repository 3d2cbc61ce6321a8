/**
 * What rooms need of a libp2p node. A service factory is given components and no node, an application that made its own
 * node has that: both fit here.
 */
import type { ReportingGossipSub } from './gossipsub.ts'
import type {
  Connection,
  IdentifyResult,
  Libp2pEvents,
  PeerId,
  StreamHandler,
  StreamHandlerOptions,
  TypedEventTarget,
} from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface NetworkHost {
  readonly peerId: PeerId
  readonly events: TypedEventTarget<Libp2pEvents>
  readonly pubsub: ReportingGossipSub
  /** Open connections, of one peer or of all. */
  getConnections(peer?: PeerId): Connection[]
  /** Our own addresses, each ending in our peer id where libp2p knows it. */
  getMultiaddrs(): Multiaddr[]
  dial(addresses: Multiaddr[], options: { signal: AbortSignal }): Promise<Connection>
  handle(protocol: string, handler: StreamHandler, options: StreamHandlerOptions): Promise<void>
  unhandle(protocol: string): Promise<void>
  /** Asks the peer again what it speaks, which makes every service look at the connection anew. */
  identify(connection: Connection): Promise<IdentifyResult>
}

interface Identifies {
  identify(connection: Connection, options?: { signal?: AbortSignal }): Promise<IdentifyResult>
}

/** The parts of a libp2p node used here; a node made by `createPeerNode` has them. */
export interface HostNode extends TypedEventTarget<Libp2pEvents> {
  readonly peerId: PeerId
  readonly services: { readonly pubsub: ReportingGossipSub; readonly identify: Identifies }
  getConnections(peer?: PeerId): Connection[]
  getMultiaddrs(): Multiaddr[]
  dial(addresses: Multiaddr[], options: { signal: AbortSignal }): Promise<Connection>
  handle(protocol: string, handler: StreamHandler, options: StreamHandlerOptions): Promise<void>
  unhandle(protocol: string): Promise<void>
}

/** The parts of libp2p's components used here. */
export interface HostComponents {
  readonly peerId: PeerId
  readonly events: TypedEventTarget<Libp2pEvents>
  readonly pubsub: ReportingGossipSub
  readonly identify: Identifies
  readonly connectionManager: {
    getConnections(peer?: PeerId): Connection[]
    openConnection(addresses: Multiaddr[], options: { signal: AbortSignal }): Promise<Connection>
  }
  readonly addressManager: { getAddresses(): Multiaddr[] }
  readonly registrar: {
    handle(protocol: string, handler: StreamHandler, options: StreamHandlerOptions): Promise<void>
    unhandle(protocol: string): Promise<void>
  }
}

export function hostOfNode(node: HostNode): NetworkHost {
  return {
    peerId: node.peerId,
    events: node,
    pubsub: node.services.pubsub,
    getConnections: (peer) => node.getConnections(peer),
    getMultiaddrs: () => node.getMultiaddrs(),
    dial: async (addresses, options) => await node.dial(addresses, options),
    handle: async (protocol, handler, options) => await node.handle(protocol, handler, options),
    unhandle: async (protocol) => await node.unhandle(protocol),
    identify: async (connection) => await node.services.identify.identify(connection),
  }
}

export function hostOfComponents(components: HostComponents): NetworkHost {
  const { connectionManager, addressManager, registrar } = components
  return {
    peerId: components.peerId,
    events: components.events,
    pubsub: components.pubsub,
    getConnections: (peer) => connectionManager.getConnections(peer),
    getMultiaddrs: () => addressManager.getAddresses(),
    dial: async (addresses, options) => await connectionManager.openConnection(addresses, options),
    handle: async (protocol, handler, options) => await registrar.handle(protocol, handler, options),
    unhandle: async (protocol) => await registrar.unhandle(protocol),
    identify: async (connection) => await components.identify.identify(connection),
  }
}

/** Whether bytes over this connection go to the peer itself, without limit: not through a relay's circuit. */
export function isDirect(connection: Connection): boolean {
  return connection.status === 'open' && connection.limits === undefined && connection.direct
}

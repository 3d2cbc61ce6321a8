/**
 * Keeps gossip going when one of two connections to a peer closes. gossipsub opens its outgoing stream on the connection
 * it hears of first and never again: without this, a peer that was dialled from both sides at once goes silent in one
 * direction as soon as the spare connection is closed.
 */
import type { Connection, Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'

export interface ConnectionSource {
  readonly events: TypedEventTarget<Libp2pEvents>
  getConnections(peer?: PeerId): Connection[]
  /** Makes gossipsub look at a connection anew. */
  identify(connection: Connection): Promise<unknown>
}

/** Starts watching; returns what ends it. */
export function keepGossipStreams(node: ConnectionSource): () => void {
  const onClose = ({ detail: closed }: CustomEvent<Connection>): void => {
    const left = node.getConnections(closed.remotePeer).find((c) => c.id !== closed.id && isUsable(c))
    if (left === undefined || closed.limits !== undefined) return
    // If this fails the connection is going down too, and its own close event follows.
    node.identify(left).catch(() => undefined)
  }
  node.events.addEventListener('connection:close', onClose)
  return () => node.events.removeEventListener('connection:close', onClose)
}

/** Bytes that gossip has written for a peer and that its stream could not pass on yet. */
export function gossipBacklog(node: Pick<ConnectionSource, 'getConnections'>, peer: PeerId): number {
  return node
    .getConnections(peer)
    .flatMap(({ streams }) => streams)
    .filter(({ protocol, direction }) => protocol.startsWith('/meshsub/') && direction === 'outbound')
    .reduce((bytes, { writeBufferLength }) => bytes + writeBufferLength, 0)
}

function isUsable(connection: Connection): boolean {
  return connection.status === 'open' && connection.limits === undefined
}

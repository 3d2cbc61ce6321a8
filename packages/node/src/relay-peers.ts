/** The peer ids of the relays a user named. Made before the node, since its circuit transport asks for them. */
import type { PeerId, TopologyFilter } from '@libp2p/interface'

export class RelayPeers {
  readonly #peers = new Set<string>()

  has(peer: PeerId | string): boolean {
    return this.#peers.has(peer.toString())
  }

  add(peer: string): void {
    this.#peers.add(peer)
  }

  delete(peer: string): void {
    this.#peers.delete(peer)
  }

  /**
   * Makes libp2p's relay discovery hear of our relays alone, and at every identify. A filter "has" the peers that were
   * told of already; libp2p's own one forgets them only if their disconnect was noticed in order.
   */
  readonly notifyFilter: TopologyFilter = {
    has: (peer) => !this.has(peer),
    add: () => undefined,
    remove: () => undefined,
  }
}

/**
 * Brings what is for one peer to it alone. Where there is no way the lobby takes it, which all members and the relay
 * carry: within bounds, since the more of a room has no ways yet, the more there would be of that.
 */
import { ByteBudget } from './byte-budget.ts'
import { LOBBY_DETOUR } from './limits.ts'
import type { Channel, RoomNetwork } from './room-network.ts'

export class Courier {
  readonly #network: Pick<RoomNetwork, 'send' | 'broadcast' | 'isRelay'>
  readonly #budget: ByteBudget
  /** Messages that had no way and no place in the lobby. Whoever waits for one asks somebody else. */
  dropped = 0

  /** `now` is monotonic, in milliseconds. */
  constructor(network: Pick<RoomNetwork, 'send' | 'broadcast' | 'isRelay'>, now?: () => number) {
    this.#network = network
    this.#budget = new ByteBudget(LOBBY_DETOUR, now)
  }

  /** Resolves to how many it was handed to: the peer, or neighbours that may know a way. */
  async bring(to: string, { channel, bytes }: { channel: Channel; bytes: Uint8Array }): Promise<number> {
    // The bridge brings frames of everybody and is nobody: it would answer nothing.
    if (this.#network.isRelay(to)) return 0
    if (await this.#network.send(to, bytes).catch(() => false)) return 1
    // What somebody says in the room is not asked for again, and waits for its turn already.
    if (channel === 'room' || this.#budget.take(channel, bytes.length))
      return await this.#network.broadcast(channel, bytes)
    this.dropped += 1
    return 0
  }
}

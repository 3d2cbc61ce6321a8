/** How well a room is connected: by which path each member is reached, and since when. */
import type { MemberHealth, MemberInfo, RoomHealth } from './room-api.ts'

export interface RoomHealthInit {
  self(): string
  members(): MemberInfo[]
  rttMs(peer: string): number | undefined
  relays(): RoomHealth['relays']
}

export class HealthWatch {
  readonly #init: RoomHealthInit
  #paths = new Map<string, Pick<MemberHealth, 'via' | 'since'>>()

  constructor(init: RoomHealthInit) {
    this.#init = init
  }

  /** Looks what has changed. Call it whenever something may have, so that it is known since when. */
  look(): void {
    const now = Date.now()
    this.#paths = new Map(
      this.#others.map(({ peer, online, via }) => {
        const path = online === true ? (via ?? 'bridge') : 'none'
        const known = this.#paths.get(peer)
        return [peer, known?.via === path ? known : { via: path, since: now }]
      }),
    )
  }

  get(): RoomHealth {
    this.look()
    const members = this.#others.map(({ peer, name }): MemberHealth => {
      const { via, since } = this.#paths.get(peer) ?? { via: 'none', since: Date.now() }
      const rttMs = via === 'webrtc' ? this.#init.rttMs(peer) : undefined
      return { peer, name, via, since, ...(rttMs !== undefined && { rttMs }) }
    })
    return { relays: this.#init.relays(), members }
  }

  get #others(): MemberInfo[] {
    return this.#init.members().filter(({ peer }) => peer !== this.#init.self())
  }
}

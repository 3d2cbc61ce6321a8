/** What a room has besides membership and chat: actions, who types, how it is connected, numbers to compare. */
import { type Notification, pairSafetyNumber, roomSafetyNumber, safetyCode } from '@conclave/protocol'
import { Actions } from './action.ts'
import { UsageError } from './errors.ts'
import { HealthWatch } from './room-health.ts'
import { Typing } from './typing.ts'
import type { MemberInfo, RoomHealth } from './room-api.ts'
import type { NamedEvent } from './room-events.ts'
import type { Seat } from './seat.ts'

/** What they need of the room. */
export interface RoomPartsInit {
  seat(): Seat
  members(): MemberInfo[]
  relays(): RoomHealth['relays']
  /** Throws `UsageError` when we are out of the room. */
  mustBeIn(): void
  emit(event: NamedEvent): void
}

export class RoomParts {
  readonly #init: RoomPartsInit
  readonly actions: Actions
  readonly typing: Typing
  readonly health: HealthWatch

  constructor(init: RoomPartsInit) {
    this.#init = init
    this.actions = new Actions({
      send: async (action) => {
        init.mustBeIn()
        return await init.seat().driver.act(action)
      },
      isClear: () => init.seat().driver.isClear,
      onAction: (detail) => init.emit({ name: 'action', detail }),
    })
    this.typing = new Typing({
      actions: this.actions,
      isClear: () => init.seat().driver.isClear,
      onTyping: (detail) => init.emit({ name: 'typing', detail }),
    })
    this.health = new HealthWatch({
      self: () => init.seat().member.self,
      members: () => init.members(),
      rttMs: (peer) => init.seat().driver.network.rttMs(peer),
      relays: () => init.relays(),
    })
  }

  /** Call it before the room's user hears the same. */
  hear(notification: Notification): void {
    if (notification.event === 'action') this.actions.hear(notification)
    if (notification.event === 'message') this.typing.ended(notification.from)
    if (notification.event === 'joined') this.health.look()
    if (notification.event !== 'member') return
    this.health.look()
    const { peer, change } = notification
    if (change !== 'admitted' && change !== 'online') this.typing.ended(peer)
  }

  close(): void {
    this.typing.close()
  }

  safetyNumber(peer: string | undefined): string {
    const { group, self } = this.#init.seat().member
    const peers = this.#init.members().map((member) => member.peer)
    if (peer === undefined) return roomSafetyNumber(group, peers)
    if (peer === self || !peers.includes(peer))
      throw new UsageError('not-a-member', 'Name another member of this room. See "members" for who is.')
    return pairSafetyNumber(group, self, peer)
  }

  safetyCode(peer: string): string {
    return safetyCode(this.#init.seat().member.group, peer)
  }
}

/** What a room has besides membership and chat: actions, files, who types, how it is connected, numbers to compare. */
import {
  type Notification,
  type PeerId,
  pairSafetyNumber,
  roomSafetyNumber,
  safetyCode,
} from '@conclave/protocol'
import { Actions } from './action.ts'
import { UsageError } from './errors.ts'
import { mustReach, RoomFiles, type FilesInit } from './files/room-files.ts'
import { HealthWatch } from './room-health.ts'
import { Typing } from './typing.ts'
import type { MemberInfo, RoomHealth } from './room-api.ts'
import type { NamedEvent } from './room-events.ts'
import type { RoomNetwork } from './room-network.ts'
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
  readonly files: RoomFiles

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
    this.files = new RoomFiles(this.#forFiles(), this.actions)
  }

  #forFiles(): FilesInit {
    const init = this.#init
    const network = (): RoomNetwork => init.seat().driver.network
    const paths = {
      isDirect: (peer: string) => network().via(peer) === 'webrtc',
      seek: (peer: string) => network().seek(peer),
    }
    return {
      ...paths,
      self: () => {
        const { self } = init.seat().member
        return { self, name: init.members().find(({ peer }) => peer === self)?.name ?? '' }
      },
      isMember: (peer) => init.members().some((member) => member.peer === peer),
      membersOnline: () =>
        init
          .members()
          .filter(({ peer, online }) => online === true && peer !== init.seat().member.self)
          .map(({ peer }) => peer),
      openStream: async (peer, request) => await network().openFile(peer, request),
      mustReach: async (peers, size) => await mustReach(paths, peers, size),
      say: async (name, data, to) => await this.actions.send(name, data, to),
      sendChunk: async (peer, data) =>
        await init
          .seat()
          .driver.act({ name: ':file-chunk', to: [peer as PeerId], form: 'bytes', data }, 'bulk'),
      turn: async () => await init.seat().driver.bulkTurn(),
      onOffer: (detail) => init.emit({ name: 'file', detail }),
      onTransfer: (detail) => init.emit({ name: 'transfer', detail }),
    }
  }

  /** Call it before the room's user hears the same. */
  hear(notification: Notification): void {
    if (notification.event === 'action') this.actions.hear(notification)
    if (notification.event === 'message') this.typing.ended(notification.from)
    if (notification.event === 'joined') this.health.look()
    if (notification.event !== 'member') return
    this.health.look()
    const { peer, change } = notification
    if (change === 'admitted' || change === 'online') return
    this.typing.ended(peer)
    this.files.gone(peer, change === 'offline')
  }

  close(): void {
    this.typing.close()
    this.files.close()
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

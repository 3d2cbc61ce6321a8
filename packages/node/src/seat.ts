/** Our place in one group: the member, and what runs it. A room has one, and takes another one when it moves. */
import { Driver, type DriverInit } from './driver.ts'
import type { WaitingFrame } from './held-words.ts'
import type { Entrance, Member, Notification, Operation } from '@conclave/protocol'
import type { FileRequest } from './files/file-streams.ts'
import type { Via } from './room-api.ts'
import type { RoomNetwork, RoomNetworkInit } from './room-network.ts'

export interface SeatInit extends Pick<DriverInit, 'member' | 'verifier' | 'store'> {
  openNetwork(handlers: Pick<RoomNetworkInit, 'onMessage' | 'onTransport' | 'onFile'>): RoomNetwork
  /** Relays that an invite names: the ones the room is met at. */
  readonly relays: readonly string[]
}

/** Who hears what happens at a seat. */
export interface SeatListener {
  onNotification(notification: Notification): void
  onTransport(peer: string, via: Via): void
  onFile(request: FileRequest): boolean
  /** Something failed that no peer and no user is to blame for. */
  onTrouble(message: string): void
  onWaiting(waiting: WaitingFrame): void
}

const ENDS: readonly Notification['event'][] = ['destroyed', 'moved', 'excluded', 'left']

export class Seat {
  readonly member: Member
  readonly driver: Driver
  readonly relays: readonly string[]
  listener: SeatListener | undefined
  #end: Notification | undefined

  constructor(init: SeatInit) {
    this.member = init.member
    this.relays = init.relays
    this.driver = new Driver({
      ...init,
      openNetwork: ({ onMessage }) =>
        init.openNetwork({
          onMessage,
          onTransport: (peer, via) => this.listener?.onTransport(peer, via),
          onFile: (request) => this.listener?.onFile(request) ?? false,
        }),
      onNotification: (notification) => {
        if (ENDS.includes(notification.event)) this.#end = notification
        this.listener?.onNotification(notification)
      },
      onTrouble: (message) => this.listener?.onTrouble(message),
      onWaiting: (waiting) => this.listener?.onWaiting(waiting),
    })
  }

  /** What ended our place here, if anything did: maybe before somebody took it who does something about that. */
  get end(): Notification | undefined {
    return this.#end
  }

  /** Enters the group. `stored`: the log of an earlier run. */
  start(entrance: Entrance, stored: readonly Operation[]): void {
    if (stored.length > 0) this.driver.run((at) => this.member.restore(stored, at))
    this.announce()
    this.driver.run((at) => this.member.start(entrance, at))
  }

  /** Tells the member under which addresses it can be dialled now. */
  announce(): void {
    const own = this.relays.map((relay) => relay.slice(relay.lastIndexOf('/')))
    const isOwn = (address: string): boolean => own.some((peer) => address.includes(peer))
    // Few are announced, and all can dial those by the room's own relays.
    const addresses = this.driver.network.addresses().toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a)))
    this.driver.run((at) => this.member.announce(addresses, at))
  }
}

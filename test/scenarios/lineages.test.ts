/** Rooms of one name that were started apart, and find each other (SPEC F4–F6). */
import { expect, test } from 'vitest'
import { Archive } from '../simulation/archive.ts'
import { whyApart } from '../simulation/checkers.ts'
import { Secrecy } from '../simulation/secrecy.ts'
import { type SimPeer, World } from '../simulation/world.ts'

const HEARTBEAT_MS = 5_000

/** Rooms of these sizes, each founded in a compartment of its own. */
class Apart {
  readonly world: World
  readonly archive: Archive
  readonly rooms: SimPeer[][]

  constructor(sizes: readonly number[], seed = 1) {
    this.world = new World(seed)
    this.archive = new Archive(this.world)
    this.rooms = sizes.map((size, compartment) => this.#room(size, compartment))
    this.world.run(10_000)
  }

  get peers(): SimPeer[] {
    return this.rooms.flat()
  }

  #room(size: number, compartment: number): SimPeer[] {
    const name = 'abcdef'[compartment]
    return Array.from({ length: size }, (_, i) => {
      const peer = this.world.peer(`${name}${i}`)
      peer.compartment = compartment
      peer.start({ kind: 'open' })
      this.world.until(() => peer.isJoined, 30_000, `${peer.label} is in`)
      return peer
    })
  }

  heal(): void {
    for (const peer of this.peers) peer.compartment = 0
  }

  /** Waits until these are one room; returns how long it took. */
  unite(peers: readonly SimPeer[], ms: number): number {
    const start = this.world.now
    while (whyApart(peers) !== undefined) {
      if (this.world.now - start >= ms) throw new Error(`not one room within ${ms} ms: ${whyApart(peers)}`)
      this.world.run(25)
    }
    return this.world.now - start
  }

  expectSecrecy(): void {
    expect(new Secrecy(this.archive, { revisionBatchMs: 500 }).leaks().map(({ what }) => what)).toEqual([])
  }
}

function rootOf(peer: SimPeer): string {
  return peer.member.unsafeInsideForTests.log.entries[0]?.operation.id ?? ''
}

test.each([1, 2, 3, 4, 5])(
  'rooms of four and three become the room of four within 5 heartbeats, and no word is lost (seed %i)',
  (seed) => {
    const apart = new Apart([4, 3], seed)
    const [four = [], three = []] = apart.rooms
    const root = rootOf(four[0] ?? never())
    apart.heal()
    const said: { by: SimPeer; text: string }[] = []
    for (let ms = 0; ms < 5 * HEARTBEAT_MS; ms += 500) {
      for (const by of apart.peers) {
        const text = `${by.label} at ${ms}`
        by.say(text)
        said.push({ by, text })
      }
      apart.world.run(500)
    }
    expect(whyApart(apart.peers)).toBeUndefined()
    expect(new Set(apart.peers.map(rootOf))).toEqual(new Set([root]))
    for (const room of [four, three]) {
      for (const { by, text } of said.filter(({ by: speaker }) => room.includes(speaker))) {
        for (const peer of room) {
          const times = peer.texts.filter((heard) => heard === text).length
          expect([peer.label, text, times]).toEqual([peer.label, text, peer === by ? 0 : 1])
        }
      }
    }
    apart.expectSecrecy()
  },
)

function never(): never {
  throw new Error('there is none')
}

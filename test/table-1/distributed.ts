/** Table 1 for Distributed Flat, by rooms in virtual time. */
import type { OperationId, Output } from '@conclave/protocol'
import { equals } from 'uint8arrays/equals'
import { openRoom } from '../../packages/protocol/src/group/genesis.ts'
import { SlotTable } from '../../packages/protocol/src/group/slots.ts'
import type { Slot } from '../../packages/protocol/src/ids.ts'
import type { Haul } from '../simulation/archive.ts'
import { Coalition } from '../simulation/attacker.ts'
import { whyApart } from '../simulation/checkers.ts'
import { type SimPeer, World } from '../simulation/world.ts'
import { Room } from '../scenarios/room.ts'
import { type Answers, yesNo } from './properties.ts'

/** A table that fills up soon: five IDs hold most of it. */
const SMALL = { symbols: 8, radix: 4 }

function slotsIn({ member, state }: SimPeer): ReadonlyMap<Slot, { kek: Uint8Array }> {
  return member.unsafeInsideForTests.keys.find(({ version }) => version === state.version)?.slots ?? new Map()
}

function slotsOf(peer: SimPeer): number {
  return slotsIn(peer).size
}

/** The row of one peer as another one computes it. */
function rowOf(by: SimPeer, of: SimPeer): string {
  return [...new SlotTable(by.member.unsafeInsideForTests.log.group).of(of.id)].join()
}

/** How many slots a peer has other keys of than their other owners. */
function strangeKeys(peer: SimPeer, others: readonly SimPeer[]): number {
  return [...slotsIn(peer)].filter(([slot, { kek }]) =>
    others.some((other) => {
      const theirs = slotsIn(other).get(slot)
      return theirs !== undefined && !equals(theirs.kek, kek)
    }),
  ).length
}

/** Of whom a change's own wraps reach somebody. */
function reachedBy(author: SimPeer, others: readonly SimPeer[], { world }: Room): SimPeer[] {
  const body = author.member.unsafeInsideForTests.log.get(author.state.version as OperationId)?.operation.body
  const wraps = body?.kind === 'change' ? body.wraps : []
  const table = new SlotTable(world.group)
  return others.filter(({ id }) => wraps.some(({ slot }) => table.of(id).has(slot)))
}

/** What is in a running member's memory. */
function memoryOf(peer: SimPeer): Map<OperationId, Haul> {
  return new Map(
    peer.member.unsafeInsideForTests.keys.map((keys) => [
      keys.version,
      {
        chain: keys.chain.slice(),
        ...(keys.secret && { secret: keys.secret.slice() }),
        teks: new Map([...keys.heldTeks].map(([revision, tek]) => [revision, tek.slice()])),
        keks: new Map([...keys.slots].map(([slot, { kek }]) => [slot, [kek.slice()]])),
      },
    ]),
  )
}

/** How many of what has been said until now a coalition reads. */
function chatsReadBy(coalition: Coalition, { archive }: Room): number {
  return archive.sent.filter(({ about, frame }) => about === 'chat' && coalition.reads(frame)).length
}

/** Whether these come to be one room. */
function agree(room: Room, members: readonly SimPeer[]): boolean {
  room.agree(members, 120_000)
  return true
}

/** Two rooms of one name that were founded apart. */
function joined(): boolean {
  const world = new World(1)
  const peers = [0, 0, 0, 1, 1].map((compartment, i) => {
    const peer = world.peer(`p${i}`)
    peer.compartment = compartment
    peer.start({ kind: 'open' })
    world.until(() => peer.isJoined, 30_000, `${peer.label} is in`)
    return peer
  })
  const wasApart = whyApart(peers) !== undefined
  for (const peer of peers) peer.compartment = 0
  world.until(() => whyApart(peers) === undefined, 120_000, 'they find each other')
  return wasApart
}

/** A part of a room that is told where to go on. */
function separated(): boolean {
  const room = new Room(5, 1, { moderators: [0] })
  const [author, a, b, ...rest] = room.peers as [SimPeer, SimPeer, SimPeer, ...SimPeer[]]
  const { genesis, roomKey } = openRoom('elsewhere', room.world.suite)
  const to = { genesis, roomKey, relays: [] }
  author.decide({ kind: 'split', peers: [a.id, b.id], to })
  room.world.run(10_000)
  const start = room.world.now
  agree(room, [author, ...rest])
  const isAway = [a, b].every(({ state }) => state.status === 'moved')
  return isAway && rest.every((peer) => room.readBy([a, b], peer, start) === 0)
}

export const DISTRIBUTED: Answers = {
  'allows establishment of a group-wise key': () => {
    const room = new Room(5)
    return yesNo(agree(room, room.peers) && room.peers.every((peer) => room.readBy([], peer) === 0))
  },
  'perfect forward secrecy': () => {
    const room = new Room(4)
    const [a, b, c] = room.peers as [SimPeer, SimPeer, SimPeer]
    a.exclude([c])
    room.world.run(5_000)
    a.say('to be recorded')
    room.world.run(1_000)
    b.exclude([room.peer(3)])
    room.world.run(125_000)
    const { world, operations, relayed } = room.archive
    const memory = memoryOf(b)
    const thief = new Coalition({ world, operations, relayed, haulOf: () => memory }, [b.id])
    const readsBack = chatsReadBy(thief, room) > 0
    a.say('now')
    room.world.run(1_000)
    return yesNo(!readsBack && chatsReadBy(new Coalition(room.archive, [b.id]), room) === 2)
  },
  'dynamic join and leave can be handled': () => {
    const room = new Room(4)
    agree(room, room.peers)
    room.world.run(2_000)
    const newcomer = room.join('newcomer')
    const readsBack = chatsReadBy(new Coalition(room.archive, [newcomer.id]), room)
    agree(room, [...room.peers, newcomer])
    newcomer.leave()
    room.world.run(5_000)
    const start = room.world.now
    agree(room, room.peers)
    return yesNo(readsBack === 0 && room.peers.every((peer) => room.readBy([newcomer], peer, start) === 0))
  },
  'trust in third parties required': () => {
    const room = new Room(4)
    room.peer(0).exclude([room.peer(3)])
    room.world.run(5_000)
    agree(room, room.peers.slice(0, 3))
    // Whoever forwards and keeps everything reads nothing.
    return yesNo(room.peers.some((peer) => room.readBy([], peer) > 0))
  },
  'designed for one central controlling entity': () => {
    const room = new Room(6)
    const { symbols, radix } = room.world.group.genesis.idSpace
    room.peer(1).exclude([room.peer(4)])
    room.world.run(5_000)
    room.peer(2).exclude([room.peer(5)])
    room.world.run(5_000)
    const left = room.peers.slice(0, 4)
    return yesNo(!agree(room, left) || left.some((peer) => slotsOf(peer) >= symbols * radix))
  },
  'controlling entity must know all participants': () => {
    const room = new Room(5)
    const [author, ...others] = room.peers as [SimPeer, ...SimPeer[]]
    room.split([author], others)
    const newcomer = room.world.peer('newcomer')
    newcomer.compartment = 1
    newcomer.start({ kind: 'join' })
    room.world.until(() => newcomer.isJoined, 15_000, 'somebody is let in that the author does not know of')
    const gone = others[3] as SimPeer
    author.exclude([gone])
    const isUnknown = !author.state.members.some(({ peer }) => peer === newcomer.id)
    const isReached = reachedBy(author, [newcomer], room).length === 1
    room.heal()
    return yesNo(!isUnknown || !isReached || !agree(room, [author, ...others.slice(0, 3), newcomer]))
  },
  'multiple leaves': () => {
    const room = new Room(14, 1, undefined, SMALL)
    const [author, ...others] = room.peers as [SimPeer, ...SimPeer[]]
    const [gone, left] = [others.slice(0, 5), others.slice(5)]
    author.exclude(gone)
    const isOneMessage = reachedBy(author, left, room).length === left.length
    // Nobody is lost by it: who was not reached asks.
    return agree(room, [author, ...left]) && isOneMessage ? 'yes' : 'difficult'
  },
  'exclusion of colluding participants': () => {
    const room = new Room(12, 1, undefined, SMALL)
    const [author, ...others] = room.peers as [SimPeer, ...SimPeer[]]
    const [gone, left] = [others.slice(0, 5), others.slice(5)]
    // One after the other, so that each is told what moves the earlier ones' keys on.
    for (const peer of gone) {
      author.exclude([peer])
      room.world.run(5_000)
    }
    const start = room.world.now
    const isWhole = agree(room, [author, ...left])
    return isWhole && left.every((peer) => room.readBy(gone, peer, start) === 0) ? 'yes' : 'difficult'
  },
  'joining and separation of groups': () => yesNo(joined() && separated()),
  'set-up implosion is an issue': () => {
    const room = new Room(6)
    const crowd = Array.from({ length: 12 }, (_, i) => room.world.peer(`n${i}`))
    for (const peer of crowd) peer.start({ kind: 'join' })
    room.world.until(() => crowd.every(({ isJoined }) => isJoined), 60_000, 'a crowd is in')
    const ids = new Set<string>(crowd.map(({ id }) => id))
    const admissions = room
      .peer(0)
      .member.unsafeInsideForTests.log.entries.filter(
        ({ operation: { body } }) => body.kind === 'admission' && ids.has(body.peer),
      )
    const byAuthor = Map.groupBy(admissions, ({ operation }) => operation.author)
    return yesNo(Math.max(...[...byAuthor.values()].map(({ length }) => length)) > crowd.length / 2)
  },
  'return channel required during operation': () => {
    const [heard, mute] = [false, true].map((isMute) => {
      const room = new Room(6)
      const newcomer = room.join('newcomer')
      if (isMute) room.world.filter = ({ from }) => from !== newcomer
      room.world.run(10_000)
      return strangeKeys(newcomer, room.peers)
    })
    // Whoever cannot ask for the slots that its introducer lacked has to make some anew, which nobody else has.
    return yesNo(heard === 0 && mute !== 0)
  },
  'assigned IDs or network IDs': () => {
    const room = new Room(4)
    // What everybody computes from a peer's network identity alone is what it holds.
    const isComputed = room.peers.every((of) => {
      const [held] = of.member.unsafeInsideForTests.keys
      const own = [...(held?.slots.keys() ?? [])].sort((a, b) => a - b).join()
      return room.peers.every((by) => rowOf(by, of) === own)
    })
    return isComputed ? 'network' : 'both'
  },
  'single point of failure': () => {
    const room = new Room(6)
    const survivors = room.peers.slice(1, 5)
    // Who founded it, and made most keys, is gone.
    room.peer(0).crash()
    room.peer(1).exclude([room.peer(5), room.peer(0)])
    room.world.run(5_000)
    const newcomer = room.join('newcomer')
    return yesNo(!agree(room, [...survivors, newcomer]))
  },
  'easily recoverable': () => {
    const room = new Room(8)
    for (const peer of room.peers.slice(0, 3)) peer.crash()
    // They count as offline, and others have taken over what they were key holders of.
    room.world.run(80_000)
    const { symbols } = room.world.group.genesis.idSpace
    const newcomer = room.join('newcomer')
    room.world.until(() => slotsOf(newcomer) === symbols, 30_000, 'a newcomer gets its whole row')
    return yesNo(whyApart([...room.peers.slice(3), newcomer]) === undefined)
  },
  'small database': () => {
    // Of keys; that rooms keep a log of who was let in is beside the scheme.
    const [small, large] = [new Room(3), new Room(10)].map(({ peers }) => Math.max(...peers.map(slotsOf)))
    return yesNo(small === large)
  },
  'involvement of multiple parties for leave and join': () => {
    const room = new Room(6)
    const givers = new Set<SimPeer>()
    const note = room.world.onStep
    room.world.onStep = (by, outputs: readonly Output[]) => {
      note(by, outputs)
      if (outputs.some((output) => output.kind === 'send' && output.about === 'reply')) givers.add(by)
    }
    room.join('newcomer')
    room.world.run(5_000)
    return yesNo(givers.size > 1)
  },
}

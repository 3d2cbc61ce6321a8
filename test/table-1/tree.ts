/** Table 1 for Centralized Tree, by a manager's tree and its members' paths. */
import { isRejection, UsageError } from '@conclave/protocol'
import { random, treeGroup } from '../../packages/protocol/test/tree-support.ts'
import { KeyTree } from '../../packages/protocol/src/tree/key-tree.ts'
import { openFirst, writeLetter } from '../../packages/protocol/src/tree/letter.ts'
import {
  decodeTreeMessage,
  encodeTreeMessage,
  type TreeMessage,
} from '../../packages/protocol/src/tree/messages.ts'
import type { TreePath } from '../../packages/protocol/src/tree/tree-path.ts'
import type { Ids } from '../../packages/protocol/src/tree/batch.ts'
import { TreeAttacker } from '../simulation/tree-attacker.ts'
import { type Answers, fewWith, yesNo } from './properties.ts'

const SHAPE = { degree: 2, height: 10 }

/** A manager, and members that hear it and never say a word. */
class TreeRoom {
  readonly tree: KeyTree
  readonly members: TreePath[] = []
  readonly messages: TreeMessage[] = []
  /** What the manager had to do for one newcomer each. */
  letters = 0
  #seeds = 0

  constructor(count: number, ids: Ids = 'assigned') {
    this.tree = new KeyTree(treeGroup, { ...SHAPE, ids }, this.seed())
    for (let i = 0; i < count; i++) this.join(ids === 'derived' ? { id: 37 * i } : {})
  }

  seed(): Uint8Array {
    return random(10_000 + this.#seeds++)
  }

  join(newcomer: { id?: number }): TreePath {
    const key = this.seed()
    const [id = 0] = this.tree.change({ joins: [{ ...newcomer, key: key.slice() }] }, this.seed()).joined
    const letter = writeLetter(treeGroup, this.tree, id)
    const path = openFirst(treeGroup, { shape: this.tree.shape, key }, letter)
    if (path === undefined) throw new Error('a newcomer opens its letter')
    this.letters++
    for (const member of this.members) member.advanceRoot(this.tree.root)
    this.members.push(path)
    return path
  }

  /** Returns who could follow, of those who were there. */
  leave(...gone: readonly TreePath[]): TreePath[] {
    const { message } = this.tree.change({ leaves: gone.map(({ id }) => id) }, this.seed())
    const sent = message && decodeTreeMessage(this.tree.shape, encodeTreeMessage(message))
    if (sent === undefined || isRejection(sent)) throw new Error('a leave has a message')
    this.messages.push(sent)
    for (const member of this.members) member.open(sent)
    return this.members.filter((member) => this.has(member))
  }

  has({ root }: TreePath): boolean {
    return root.key.every((byte, i) => byte === this.tree.root.key[i])
  }

  /** Whether somebody who heard all and ever held these has a key. */
  breaks(held: readonly TreePath['held'][], key: TreePath['root'] = this.tree.root): boolean {
    const attacker = new TreeAttacker(treeGroup, this.messages, [key])
    for (const path of held) attacker.learn(path, this.tree.shape)
    attacker.work()
    return attacker.has(key)
  }
}

/** Names of the keys that a member holds. */
function keysOf({ held, id }: TreePath): Set<string> {
  return new Set(held.keys.map(({ level }) => `${level}/${Math.floor(id / SHAPE.degree ** level)}`))
}

function isRefused(run: () => unknown): boolean {
  try {
    run()
    return false
  } catch (error) {
    return error instanceof UsageError
  }
}

export const TREE: Answers = {
  'allows establishment of a group-wise key': () => {
    const room = new TreeRoom(9)
    return yesNo(room.members.every((member) => room.has(member)) && !room.breaks([]))
  },
  'perfect forward secrecy': () => {
    const room = new TreeRoom(8)
    const [a, b, c] = room.members as [TreePath, TreePath, TreePath]
    room.leave(c)
    const recorded = a.root
    const past = [...room.messages]
    room.leave(b)
    const attacker = new TreeAttacker(treeGroup, past, [recorded])
    attacker.learn(a.held, room.tree.shape)
    attacker.work()
    return yesNo(!attacker.has(recorded) && room.breaks([a.held]))
  },
  'dynamic join and leave can be handled': () => {
    const room = new TreeRoom(5)
    const before = room.tree.root
    const newcomer = room.join({})
    const canReadBack = room.breaks([newcomer.held], before)
    const followed = room.leave(newcomer)
    return yesNo(!canReadBack && followed.length === 5 && !followed.includes(newcomer))
  },
  'trust in third parties required': () => {
    const room = new TreeRoom(6)
    room.leave(room.members[2] as TreePath)
    // Whoever forwards all that is multicast has nothing by it.
    return yesNo(room.breaks([]))
  },
  'designed for one central controlling entity': () => {
    const room = new TreeRoom(16)
    const everything = new Set(room.members.flatMap((member) => [...keysOf(member)]))
    const complete = room.members.filter((member) => keysOf(member).size === everything.size)
    // The manager alone can make any change: it has all keys, no member does.
    return yesNo(complete.length === 0 && !isRefused(() => room.leave(...room.members.slice(3, 6))))
  },
  'controlling entity must know all participants': () => {
    const room = new TreeRoom(6)
    // Who is in no leaf cannot be excluded, and every member has a leaf.
    return yesNo(
      isRefused(() => room.tree.change({ leaves: [700] }, room.seed())) &&
        room.members.every(({ id }) => room.tree.has(id)) &&
        room.tree.size === room.members.length,
    )
  },
  'multiple leaves': () => {
    const room = new TreeRoom(40)
    const gone = [3, 4, 17, 30].map((i) => room.members[i] as TreePath)
    const followed = room.leave(...gone)
    const isOne = room.messages.length === 1 && followed.length === 36
    return isOne && !gone.some((path) => followed.includes(path)) ? 'yes' : 'difficult'
  },
  'exclusion of colluding participants': () => {
    const room = new TreeRoom(16)
    const [first, second] = [room.members[3] as TreePath, room.members[12] as TreePath]
    const loot = [first.held]
    room.leave(first)
    loot.push(second.held)
    const followed = room.leave(second)
    return followed.length === 14 && !room.breaks(loot) ? 'yes' : 'difficult'
  },
  'joining and separation of groups': () => {
    const [a, b] = [new TreeRoom(5), new TreeRoom(7)]
    a.leave(a.members[1] as TreePath)
    const alive = a.members.filter((member) => a.has(member))
    const told = a.tree.merge(b.tree, a.seed())
    for (const member of alive) member.merge(told[0])
    for (const member of b.members) member.merge(told[1])
    const wraps = told[0].message.fresh.flatMap((fresh) => fresh.wraps).length
    const isOne = [...alive, ...b.members].every((member) => a.has(member))
    const { other, told: parted } = a.tree.split()
    for (const member of alive) member.split(parted[0])
    for (const member of b.members) member.split(parted[1])
    const isTwo = alive.every((member) => a.has(member)) && !b.members.some((member) => a.has(member))
    const isWhole = b.members.every(({ root }) => root.key.every((byte, i) => byte === other.root.key[i]))
    // One wrap a group, whatever happened in them before.
    return isOne && isTwo && isWhole && wraps === 2 ? 'easy' : yesNo(isOne && isTwo && isWhole)
  },
  'set-up implosion is an issue': () => {
    const room = new TreeRoom(24)
    return yesNo(room.letters === room.members.length)
  },
  'return channel required during operation': () => {
    const room = new TreeRoom(12)
    for (const gone of room.members.slice(0, 4)) room.leave(gone)
    room.join({})
    // All but those four have the key, and the set-up aside no member ever said anything.
    return yesNo(room.members.filter((member) => room.has(member)).length !== 9)
  },
  'assigned IDs or network IDs': () => {
    const works = (['assigned', 'derived'] as const).filter((ids) => {
      const room = new TreeRoom(6, ids)
      return room.leave(room.members[0] as TreePath).length === 5
    })
    return works.length === 2 ? 'both' : 'network'
  },
  'single point of failure': () => {
    const room = new TreeRoom(16)
    const [leaver, ...others] = room.members as [TreePath, ...TreePath[]]
    // The manager is gone. Whom can a member reach without the leaver? Those with whom it shares a key that this one lacks.
    const reached = others.map((member) => {
      const own = [...keysOf(member)].filter((key) => !keysOf(leaver).has(key))
      return others.filter((other) => own.some((key) => keysOf(other).has(key))).length
    })
    return yesNo(Math.max(...reached) < others.length)
  },
  'easily recoverable': () => {
    const room = new TreeRoom(16)
    const everything = new Set(room.members.flatMap((member) => [...keysOf(member)]))
    // Whoever would be the next manager needs every leaf's key, which only its member has.
    const few = fewWith(room.members, keysOf, everything)
    return yesNo(few !== undefined && few.length < room.members.length)
  },
  'small database': () => {
    const [small, large] = [64, 960].map((count) => {
      const { tree } = new TreeRoom(0)
      tree.change({ joins: Array.from({ length: count }, (_, i) => ({ key: random(i) })) }, random(count))
      return tree.bytes
    })
    return yesNo((large ?? 0) < 2 * (small ?? 0))
  },
  'involvement of multiple parties for leave and join': () => {
    const room = new TreeRoom(9)
    // One letter of the manager completes a newcomer, one message of it a leave.
    const newcomer = room.join({})
    const isComplete = newcomer.held.keys.length === room.tree.path(newcomer.id).keys.length
    return yesNo(!isComplete || room.leave(newcomer).length !== 9 || room.messages.length !== 1)
  },
}

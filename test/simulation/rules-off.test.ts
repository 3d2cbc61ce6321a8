/**
 * Each rule is switched off in turn, and each time the attacker reads something: so the attacker is awake, and no rule is
 * decoration. Most leak in a few random histories; some need a story.
 */
import { afterEach, expect, test, vi } from 'vitest'
import type * as Cover from '../../packages/protocol/src/keys/cover.ts'
import type * as Entitled from '../../packages/protocol/src/keys/entitled.ts'
import type * as Generation from '../../packages/protocol/src/keys/generation.ts'
import type * as Derivation from '../../packages/protocol/src/keys/derivation.ts'
import type * as Managing from '../../packages/protocol/src/log/management.ts'
import { Room } from '../scenarios/room.ts'
import { entitledTo } from '../../packages/protocol/src/keys/entitled.ts'
import { SlotTable } from '../../packages/protocol/src/group/slots.ts'
import { Report } from './report.ts'
import { Secrecy } from './secrecy.ts'
import type { SimPeer } from './world.ts'

type Rule =
  | 'taint'
  | 'relayed taint'
  | 'covering'
  | 'revision'
  | 'entitlement'
  | 'successor'
  | 'generation'
  | 'key path'
  | 'manager alone'
  | 'office'

const off = vi.hoisted(() => new Set<string>())

vi.mock(import('../../packages/protocol/src/keys/cover.ts'), async (original) => {
  const real = await original<typeof Cover>()
  return {
    ...real,
    // Only whoever a change itself excludes is tainted then, as in the paper.
    taintedSlots: (...args) => (off.has('taint') ? new Set() : real.taintedSlots(...args)),
    covers: (...args) => off.has('covering') || real.covers(...args),
    relaySlots: (...args) =>
      off.has('relayed taint') ? [...args[2].slots.keys()] : real.relaySlots(...args),
  }
})

vi.mock(import('../../packages/protocol/src/keys/entitled.ts'), async (original) => {
  const real = await original<typeof Entitled>()
  return {
    ...real,
    entitledTo: (...args) => (off.has('entitlement') ? 'all' : real.entitledTo(...args)),
    hasSuccessor: (...args) => !off.has('successor') && real.hasSuccessor(...args),
  }
})

vi.mock(import('../../packages/protocol/src/keys/generation.ts'), async (original) => {
  const real = await original<typeof Generation>()
  return {
    ...real,
    isOutdated: (...args) => !off.has('generation') && real.isOutdated(...args),
    // Only whether it was over at the refresh counts then.
    keylessIn: (log, version) => {
      const entry = version && off.has('key path') ? log.get(version) : undefined
      return entry
        ? new Set(log.rosterOf(real.generationOf(entry)).dead.keys())
        : real.keylessIn(log, version)
    },
  }
})

vi.mock(import('../../packages/protocol/src/keys/derivation.ts'), async (original) => {
  const real = await original<typeof Derivation>()
  return {
    ...real,
    advanceTek: (group, version, step) =>
      off.has('revision') ? step.tek.slice() : real.advanceTek(group, version, step),
  }
})

vi.mock(import('../../packages/protocol/src/log/management.ts'), async (original) => {
  const real = await original<typeof Managing>()
  return {
    ...real,
    mayChangeFrom: (...args) => off.has('manager alone') || real.mayChangeFrom(...args),
    // Whoever asks whether a manager is still in office is told that it is.
    isInOffice: (...args) => off.has('office') || real.isInOffice(...args),
  }
})

afterEach(() => off.clear())

test.for<[Rule, string, number]>([
  ['taint', 'without cumulative taint the excluded read on (K8)', 20],
  ['covering', 'without covering versions the excluded read on (K6)', 20],
  ['revision', 'without the revision step newcomers read what was said before (K3)', 20],
  ['entitlement', 'with keys for members of whenever, newcomers read what was said before (K10)', 20],
  ['relayed taint', 'with relays that mind no taint the excluded read on (K14)', 40],
])('%s: %s', ([rule, , histories]) => {
  off.add(rule)
  const report = new Report()
  const crashed = Array.from({ length: histories }, (_, i) => report.run(1 + i))
    .flat()
    .filter((line) => line.includes('I10'))
  // What leaks must leak because of the rule, not because something else broke.
  expect(crashed).toEqual([])
  console.log(`without ${rule}: ${report.leaky} of ${histories} histories leak`)
  expect(report.leaky).toBeGreaterThan(0)
})

test.for<[Rule, string, () => Room]>([
  ['generation', 'words under a generation that a refresh outdated, a thief reads (K15)', refreshedApart],
  [
    'key path',
    'whoever was out at the refresh and in after it reads on when it is out again (K16)',
    outInOut,
  ],
  [
    'successor',
    'a newcomer at a version with a successor reads what was said under that (K12)',
    admittedBehind,
  ],
])('%s: %s', ([rule, , story]) => {
  expect(leaksOf(story())).toEqual([])
  off.add(rule)
  const leaks = leaksOf(story())
  console.log(`without ${rule}: ${leaks.length} frames leak`)
  expect(leaks.length).toBeGreaterThan(0)
})

test.for<[Rule[], string]>([
  [['manager alone'], 'whoever changes a generation that it does not manage (V2), nothing covers that (V4)'],
  [['office'], 'whoever takes a manager for one that is none (V4), makes no change there (V2)'],
])('%s: %s', ([rules]) => {
  for (const rule of rules) off.add(rule)
  expect(leaksOf(managerOut())).toEqual([])
})

test('without both V2 and V4 a manager that was excluded reads on', () => {
  expect(leaksOf(managerOut())).toEqual([])
  for (const rule of ['manager alone', 'office']) off.add(rule)
  const leaks = leaksOf(managerOut())
  console.log(`without V2 and V4: ${leaks.length} frames leak`)
  expect(leaks.length).toBeGreaterThan(0)
})

function leaksOf(room: Room): string[] {
  return new Secrecy(room.archive, { revisionBatchMs: 500 }).leaks().map(({ what }) => what)
}

/** Who has the whole table is excluded by somebody else, and the others talk. */
function managerOut(): Room {
  const room = new Room(5, 1, {})
  const [governor, manager, other] = room.peers as [SimPeer, SimPeer, SimPeer]
  governor.decide({ kind: 'transition', to: 'centralized-flat', manager: manager.id })
  room.world.run(10_000)
  other.exclude([manager])
  room.world.run(5_000)
  for (const peer of room.peers) if (peer !== manager) peer.say('among ourselves')
  room.world.run(5_000)
  return room
}

/** One side refreshes; the other makes a deeper version of the generation that somebody stole from. */
function refreshedApart(): Room {
  const room = new Room(8)
  room.archive.steal(room.peer(4))
  room.world.run(1_000)
  const [left, right] = [room.peers.slice(0, 3), room.peers.slice(3)]
  room.split(left, right)
  left[0]?.decide({ kind: 'refresh' })
  room.peer(4).exclude([room.peer(6)])
  room.world.run(5_000)
  room.peer(4).exclude([room.peer(7)])
  room.world.run(5_000)
  room.heal()
  room.agree(room.peers.slice(0, 6))
  return room
}

/** A junior excludes somebody, which a refresh knows; a senior's exclusion of the junior undoes it; then it is out for good. */
function outInOut(): Room {
  const room = new Room(7)
  const [senior, other, third, junior, x] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer, SimPeer]
  const rest = [senior, other, third, room.peer(5), room.peer(6)]
  room.split([senior, x], [other, third, junior, room.peer(5), room.peer(6)])
  junior.exclude([x])
  room.world.run(3_000)
  third.decide({ kind: 'refresh' })
  room.world.run(5_000)
  senior.exclude([junior])
  room.world.run(3_000)
  room.heal()
  room.agree([...rest, x])
  other.exclude([x])
  room.world.run(5_000)
  // What x kept is moved on by what the next one excluded knows.
  other.exclude([room.peer(6)])
  room.world.run(5_000)
  room.agree(rest.slice(0, 4))
  return room
}

/**
 * A seal does not reach a member, which goes on introducing at the version before. Whoever it lets in gets slots from others
 * that open the seal, under which they have talked already.
 */
function admittedBehind(): Room {
  const room = new Room(5, 1, undefined, { symbols: 6, radix: 2 })
  const { world } = room
  const table = new SlotTable(world.group)
  const [author, behind, gone] = pickLeftOut(room, table)
  const members = room.peers.filter((peer) => peer !== gone)
  author.exclude([gone])
  world.run(5_000)
  room.agree(members)
  const carryOut = world.carryOut.bind(world)
  world.carryOut = (peer, output) => {
    const isForBehind = output.kind === 'send' && output.to === behind.id
    if (!isForBehind && !('about' in output && output.about === 'relay')) carryOut(peer, output)
  }
  // Who has heard nobody for two heartbeats seals before it admits.
  const first = world.peer('first')
  world.filter = ({ from, to }) => (to === author ? from === first : from !== first)
  world.run(11_000)
  first.start({ kind: 'join' })
  world.until(() => first.isJoined, 5_000, 'the first newcomer is in')
  author.say('among ourselves')
  world.run(100)
  let second = world.peer('second')
  const clean = [...table.of(author.id)].filter((slot) => !table.of(gone.id).has(slot))
  while (!clean.some((slot) => table.of(second.id).has(slot))) second = world.peer('second')
  world.filter = ({ from, to }) => from !== second || to === behind || second.isJoined
  second.start({ kind: 'join' })
  world.until(() => second.isJoined, 5_000, 'the second newcomer is in')
  world.filter = () => true
  world.run(500)
  askForSlots(room, { from: author, by: second })
  world.carryOut = carryOut
  world.run(20_000)
  room.agree([...members, first, second])
  return room
}

/** Whoever asks for slots of a version that it is entitled to is given what it owns, sooner or later. */
function askForSlots(room: Room, { from, by }: { from: SimPeer; by: SimPeer }): void {
  const { log, keys } = from.member.unsafeInsideForTests
  const table = new SlotTable(room.world.group)
  for (const held of keys) {
    if (entitledTo(log, held.version, by.id) === undefined) continue
    const { version, revision, tek, chain } = held
    const slots = [...held.slots].flatMap(([slot, key]) =>
      table.of(by.id).has(slot) ? [{ slot, ...key }] : [],
    )
    room.archive.learn(by.id, { version, revision, tek, chain, slots })
  }
}

/** An author, a member that it reaches by no slot once the third is excluded, and that third one. */
function pickLeftOut(room: Room, table: SlotTable): [SimPeer, SimPeer, SimPeer] {
  for (const author of room.peers) {
    for (const gone of room.peers) {
      const clean = [...table.of(author.id)].filter((slot) => !table.of(gone.id).has(slot))
      const behind = room.peers.find(
        (peer) => peer !== author && peer !== gone && !clean.some((slot) => table.of(peer.id).has(slot)),
      )
      if (clean.length > 0 && behind) return [author, behind, gone]
    }
  }
  throw new Error('everybody is reached; take another seed')
}

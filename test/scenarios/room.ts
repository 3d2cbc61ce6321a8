/** A room to tell a story in: members that agree, an archive of all that is sent, and an attacker to ask. */
import { expect } from 'vitest'
import { Archive } from '../simulation/archive.ts'
import { Coalition } from '../simulation/attacker.ts'
import { whyApart } from '../simulation/checkers.ts'
import { Secrecy } from '../simulation/secrecy.ts'
import {
  DEFAULT_ID_SPACE,
  groupOf,
  type Group,
  type IdSpace,
} from '../../packages/protocol/src/group/genesis.ts'
import { OPEN_POLICY, type Policy } from '../../packages/protocol/src/group/policy.ts'
import { peerIdOf, type Signer } from '@conclave/protocol'
import type { FastSuite } from '../simulation/fast-suite.ts'
import { type SimPeer, World } from '../simulation/world.ts'

/** `moderators`: by their place among the first peers, the first of which is the creator. */
export type RoomPolicy = Partial<Omit<Policy, 'moderators'>> & { readonly moderators?: readonly number[] }

export class Room {
  readonly world: World
  readonly archive: Archive
  readonly peers: SimPeer[]

  /** `policy`: who may do what; an open room by default. */
  constructor(count: number, seed = 1, policy?: RoomPolicy, idSpace?: IdSpace) {
    const isOwn = policy !== undefined || idSpace !== undefined
    this.world = new World(seed, isOwn ? { group: (suite) => groupWith({ policy, idSpace }, suite) } : {})
    this.archive = new Archive(this.world)
    const { suite } = this.world
    this.peers = Array.from({ length: count }, (_, i) =>
      this.world.peer(`p${i}`, policy && signerOf(i, suite)),
    )
    const [founder, ...others] = this.peers
    founder?.start({ kind: 'found' })
    for (const peer of others) {
      if (founder && policy && (policy.admit ?? 'anyone') !== 'anyone') peer.enter(founder.invite())
      else peer.start({ kind: 'join' })
      this.world.until(() => this.#isIn(peer), 10_000, `${peer.label} joins`)
    }
    this.world.run(10_000)
  }

  /** Whether it is in; whoever may lets it in as soon as it knocks. */
  #isIn(peer: SimPeer): boolean {
    const host = this.peers.find(({ seen }) =>
      seen.some((one) => one.event === 'knock' && one.peer === peer.id),
    )
    if (host && !host.state.members.some((member) => member.peer === peer.id))
      host.decide({ kind: 'admit', peer: peer.id })
    return peer.state.status === 'joined'
  }

  peer(index: number): SimPeer {
    const peer = this.peers[index]
    if (peer === undefined) throw new Error(`no peer ${index}`)
    return peer
  }

  /** Lets somebody new in; returns it once it is a member. */
  join(label: string): SimPeer {
    const peer = this.world.peer(label)
    peer.start({ kind: 'join' })
    this.world.until(() => peer.state.status === 'joined', 15_000, `${label} joins`)
    return peer
  }

  /** Knocks with an invite; whether it gets in is for others to say. */
  knock(label: string, invite: string): SimPeer {
    const peer = this.world.peer(label)
    peer.enter(invite)
    return peer
  }

  split(...parts: readonly (readonly SimPeer[])[]): void {
    for (const [compartment, part] of parts.entries()) for (const peer of part) peer.compartment = compartment
  }

  heal(): void {
    for (const peer of this.world.peers) peer.compartment = 0
  }

  /** Lets time pass until these are one room under one version, then has each hear each other. */
  agree(members: readonly SimPeer[], ms = 60_000): void {
    const why = (): string => whyApart(members) ?? 'they agree'
    this.world.until(() => whyApart(members) === undefined, ms, why())
    const occasion = `probe at ${this.world.now}`
    for (const peer of members) peer.say(`${occasion} of ${peer.label}`)
    this.world.run(1_000)
    for (const peer of members) {
      const others = members.filter((other) => other !== peer).map(({ label }) => `${occasion} of ${label}`)
      expect(peer.texts).toEqual(expect.arrayContaining(others))
    }
    expect(members.map(({ state }) => state.members.length)).toEqual(members.map(() => members.length))
  }

  /** How many of the frames that `by` has sent since `from` these peers together can read. */
  readBy(coalition: readonly SimPeer[], by: SimPeer, from = 0): number {
    const attacker = new Coalition(
      this.archive,
      coalition.map(({ id }) => id),
    )
    const frames = this.archive.sent.filter((sent) => sent.by === by && sent.at >= from)
    expect(frames.length).toBeGreaterThan(0)
    return frames.filter(({ frame }) => attacker.reads(frame)).length
  }

  /** The judgement of I1 and I2 over all that was ever sent here. */
  expectSecrecy(): void {
    expect(new Secrecy(this.archive, { revisionBatchMs: 500 }).leaks().map(({ what }) => what)).toEqual([])
  }
}

function signerOf(index: number, suite: FastSuite): Signer {
  return suite.signer(new Uint8Array(32).fill(index + 1))
}

function groupWith(
  { policy, idSpace = DEFAULT_ID_SPACE }: { policy?: RoomPolicy | undefined; idSpace?: IdSpace | undefined },
  suite: FastSuite,
): Group {
  const { moderators = [], ...rest } = policy ?? {}
  const keys = moderators.map((index) => signerOf(index, suite).publicKey)
  const genesis = {
    nonce: new Uint8Array(16),
    idSpace,
    suite: suite.number,
    policy: { ...OPEN_POLICY, ...rest, moderators: keys.map(peerIdOf) },
    name: 'with a policy',
    ...(policy && { creator: signerOf(0, suite).publicKey }),
  }
  return groupOf(genesis, new Uint8Array(32), suite)
}

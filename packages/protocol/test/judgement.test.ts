/** The roster of a log that grows is the one that judging all of it gives, whatever the log (SPEC L4, invariant I5). */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { nobleSuite } from '../src/crypto/noble-suite.ts'
import type { Signer } from '../src/crypto/suite.ts'
import { type Group, groupOf } from '../src/group/genesis.ts'
import { OPEN_POLICY, type Policy } from '../src/group/policy.ts'
import { type Evidence, makeGrant } from '../src/group/invite.ts'
import { type PeerId, peerIdOf } from '../src/ids.ts'
import { MembershipLog } from '../src/log/membership-log.ts'
import { makeOperation, type Operation, type OperationBody } from '../src/log/operation.ts'
import { type Entry, isVersion, judge, type Roster } from '../src/log/roster.ts'
import { Bitset } from '../src/log/bitset.ts'
import { bytes, founding } from './support.ts'

fc.configureGlobal({ seed: 1998 })

/** The log takes what was checked elsewhere, so signatures may be nothing. */
const SIGNERS: readonly Signer[] = Array.from({ length: 7 }, (_, i) => ({
  publicKey: nobleSuite.hash(Uint8Array.of(i)),
  sign: () => new Uint8Array(64),
}))
const PEERS = SIGNERS.map(({ publicKey }) => peerIdOf(publicKey))

/** By name: who lets in, and who excludes. The moderators found, or come late. */
const POLICIES: Readonly<Record<string, Partial<Policy>>> = {
  anyone: {},
  invite: { admit: 'invite' },
  quorum: { exclude: 'quorum', quorum: 2, moderators: PEERS.slice(2, 3) },
  moderators: { exclude: 'moderators', moderators: [PEERS[0] as PeerId, PEERS[3] as PeerId] },
}
const NAMES = Object.keys(POLICIES)

function groupWith(name: string): Group {
  const idSpace = { symbols: 8, radix: 2 }
  const policy = { ...OPEN_POLICY, ...POLICIES[name] }
  return groupOf(
    { nonce: bytes(16), idSpace, suite: nobleSuite.number, policy, name: '' },
    bytes(32),
    nobleSuite,
  )
}

/** One operation of a random log; numbers are taken modulo what there is. Who came last signs most: races are of newcomers. */
interface Act {
  readonly kind:
    | 'admission'
    | 'exclusion'
    | 'leave'
    | 'seal'
    | 'refresh'
    | 'revocation'
    | 'denial'
    | 'vote'
    | 'destruction'
  readonly author: number
  readonly peer: number
  readonly invite: number
  /** Entries that it follows, counted from the latest; all heads when there are none. */
  readonly after: readonly number[]
}

const ACT: fc.Arbitrary<Act> = fc.record({
  kind: fc.oneof(
    { weight: 60, arbitrary: fc.constant('admission' as const) },
    { weight: 20, arbitrary: fc.constantFrom('exclusion' as const, 'leave' as const) },
    { weight: 30, arbitrary: fc.constant('vote' as const) },
    { weight: 1, arbitrary: fc.constant('destruction' as const) },
    {
      weight: 10,
      arbitrary: fc.constantFrom(
        'seal' as const,
        'refresh' as const,
        'revocation' as const,
        'denial' as const,
      ),
    },
  ),
  author: fc.nat(4),
  peer: fc.nat(PEERS.length - 1),
  invite: fc.constantFrom(0, 0, 0, 1, 2, 3),
  after: fc.oneof(fc.constant([]), fc.array(fc.nat(5), { maxLength: 2 })),
})

/** Votes go where there are some already, or they would hardly ever be enough. */
function mostVoted({ votes, alive }: Roster, otherwise: PeerId): PeerId {
  const voted = [...alive].flatMap(([peer, entries]) =>
    entries.map(({ operation: { id } }) => ({ peer, count: votes.get(id)?.length ?? 0 })),
  )
  const [most] = voted.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count)
  return most?.peer ?? otherwise
}

class Story {
  readonly log: MembershipLog
  readonly operations: Operation[] = []
  readonly #group: Group
  #nonce = 0

  constructor(group: Group) {
    this.#group = group
    this.log = new MembershipLog(group)
    this.#add(founding(group, SIGNERS[0] as Signer))
  }

  act(act: Act): void {
    const chosen = act.after.map((i) => this.log.entries.at(-1 - (i % this.log.size)) as Entry)
    const parents =
      chosen.length === 0
        ? this.log.heads
        : chosen
            .filter((entry) => !chosen.some((other) => other.past.has(entry.index)))
            .map(({ operation }) => operation.id)
    const past = new Bitset()
    for (const id of parents) {
      const entry = this.log.get(id) as Entry
      past.addAll(entry.past).add(entry.index)
    }
    const state = judge(
      this.log.entries.filter(({ index }) => past.has(index)),
      this.#group.genesis.policy,
    )
    const living = [...state.alive.keys()]
    const author = SIGNERS[PEERS.indexOf(living.at(-1 - (act.author % living.length)) as PeerId)]
    const body = author && this.#body(act, author, { past, state })
    if (body) this.#add(makeOperation(this.#group, { parents: [...new Set(parents)] }, body, author))
  }

  #add(operation: Operation): void {
    this.operations.push(operation)
    this.log.integrate([operation])
  }

  #body(
    { kind, peer, invite }: Act,
    author: Signer,
    at: { past: Bitset; state: Roster },
  ): OperationBody | undefined {
    const about = PEERS[peer] as PeerId
    const version = this.log.versions.find(({ index }) => at.past.has(index))?.operation.id
    if (version === undefined) return undefined
    switch (kind) {
      case 'admission': {
        const evidence = this.#evidence(invite)
        return { kind, peer: about, name: '', version, revision: 0, ...(evidence && { evidence }) }
      }
      case 'exclusion':
      case 'leave':
      case 'seal': {
        const target = kind === 'exclusion' ? mostVoted(at.state, about) : about
        const admissions = kind === 'seal' ? [] : (at.state.alive.get(target) ?? [])
        const leave = kind === 'leave' ? { leave: bytes(64) } : {}
        const targets = admissions.map(({ operation }) => ({
          peer: target,
          admission: operation.id,
          ...leave,
        }))
        targets.sort((a, b) => (a.admission < b.admission ? -1 : 1))
        const nonce = bytes(16, this.#nonce++)
        const change = { reason: '', nonce, commitment: bytes(32), tainted: [], wraps: [] }
        return { kind: 'change', keyParent: version, targets, ...change }
      }
      case 'refresh':
        return { kind, nonce: bytes(16, this.#nonce++), commitment: bytes(32) }
      case 'revocation':
        return { kind, inviteKey: bytes(32, invite), issuer: peerIdOf(author.publicKey) }
      case 'denial':
        return { kind, peer: about }
      case 'vote': {
        const target = at.state.alive.get(mostVoted(at.state, about))?.[0]
        return target && { kind, admission: target.operation.id, reason: '' }
      }
      case 'destruction':
        return { kind }
    }
  }

  /** Of three invites of the founder's: for one use, for two, for any number. */
  #evidence(invite: number): Evidence | undefined {
    const [first] = this.operations
    const [issuer] = SIGNERS
    if (first === undefined || issuer === undefined || invite > 2) return undefined
    const seedSigner = { publicKey: bytes(32, invite), sign: () => bytes(64) }
    const init = {
      seedSigner,
      issuer,
      issuerAdmission: first.id,
      expires: 0,
      uses: [1, 2, 0][invite] ?? 0,
    }
    return { grant: makeGrant(this.#group.id, init), proof: bytes(64) }
  }
}

function ids(entries: readonly Entry[]): string {
  return entries.map(({ operation }) => operation.id.slice(0, 8)).join()
}

function describe({ alive, dead, endings, revoked, denials, refreshes, votes, destroyed }: Roster): string[] {
  return [
    ...[...alive].map(([peer, entries]) => `${peer.slice(-6)} lives by ${ids(entries)}`),
    ...[...dead.values()].map((entry) => `${ids([entry])} is over`),
    ...[...endings].map(([id, list]) => `${id.slice(0, 8)} ended by ${ids(list.map(({ by }) => by))}`),
    ...refreshes.map((entry) => `refreshed by ${ids([entry])}`),
    ...[...votes].map(([id, list]) => `${id.slice(0, 8)} has votes ${ids(list).split(',').sort().join()}`),
    ...(destroyed ? [`destroyed by ${ids([destroyed])}`] : []),
    ...[...revoked].map((name) => `revoked ${name.slice(0, 8)}`),
    ...[...denials].map(([peer, count]) => `${peer.slice(-6)} denied ${count} times`),
  ].sort()
}

test.each(NAMES)('a roster kept up to date is the roster judged anew: %s', (name) => {
  const group = groupWith(name)
  fc.assert(
    fc.property(fc.array(ACT, { minLength: 8, maxLength: 30 }), (acts) => {
      const story = new Story(group)
      for (const act of acts) {
        story.act(act)
        expect(describe(story.log.roster)).toEqual(describe(judge(story.log.entries, group.genesis.policy)))
      }
      for (const version of story.log.entries.filter(isVersion)) {
        const made = story.log.entries.filter(
          ({ index }) => version.past.has(index) || index === version.index,
        )
        expect(describe(story.log.rosterOf(version))).toEqual(describe(judge(made, group.genesis.policy)))
      }
    }),
    { numRuns: 250 },
  )
})

test.each(NAMES)('the order in which operations come makes no difference: %s', (name) => {
  const group = groupWith(name)
  fc.assert(
    fc.property(fc.array(ACT, { minLength: 8, maxLength: 30 }), fc.infiniteStream(fc.nat()), (acts, keys) => {
      const story = new Story(group)
      for (const act of acts) story.act(act)
      const shuffled = story.operations
        .map((operation) => ({ operation, key: keys.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
      const other = new MembershipLog(group)
      for (const { operation } of shuffled) other.integrate([operation])
      expect(other.heads).toEqual(story.log.heads)
      expect(describe(other.roster)).toEqual(describe(story.log.roster))
    }),
    { numRuns: 60 },
  )
})

test('whoever has the same heads has the same log: nothing else has to be compared', () => {
  const group = groupWith('anyone')
  fc.assert(
    fc.property(fc.array(ACT, { minLength: 8, maxLength: 30 }), fc.array(fc.nat(30)), (acts, chosen) => {
      const story = new Story(group)
      for (const act of acts) story.act(act)
      const part = new Bitset()
      for (const i of [0, ...chosen]) {
        const entry = story.log.entries[i % story.log.size]
        if (entry) part.addAll(entry.past).add(entry.index)
      }
      const other = new MembershipLog(group)
      other.integrate(
        story.log.entries.filter(({ index }) => part.has(index)).map(({ operation }) => operation),
      )
      expect(other.heads.join() === story.log.heads.join()).toBe(other.size === story.log.size)
    }),
    { numRuns: 60 },
  )
})

test('a set of places is what was put into it, complete or not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(200)), { maxLength: 4 }),
      fc.array(fc.nat(99)),
      (lists, prefixes) => {
        const expected = new Set<number>()
        const set = new Bitset()
        for (const [i, list] of lists.entries()) {
          const part = new Bitset()
          const all = [...list, ...Array.from({ length: prefixes[i] ?? 0 }, (_, place) => place)]
          for (const place of all) part.add(place)
          set.addAll(part)
          for (const place of all) expected.add(place)
        }
        const places = Array.from({ length: 256 }, (_, place) => place)
        expect(places.filter((place) => set.has(place))).toEqual(
          places.filter((place) => expected.has(place)),
        )
        expect(set.missing(256)).toEqual(places.filter((place) => !expected.has(place)))
      },
    ),
  )
})

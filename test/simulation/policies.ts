/** Histories in which not everybody may everything, and what can happen in those alone. */
import { peerIdOf, type Signer } from '@conclave/protocol'
import { type Genesis, mayGovern, openRoom } from '../../packages/protocol/src/group/genesis.ts'
import { mayExclude, OPEN_POLICY, type Policy } from '../../packages/protocol/src/group/policy.ts'
import type { FastSuite } from './fast-suite.ts'
import type { History } from './history.ts'
import type { SimPeer } from './peer.ts'

/** Two of five histories have a policy: by turns moderators exclude, may too, votes do, or both. */
const POLICY_EVERY = 5
const POLICIES: readonly (Partial<Policy> & { readonly isModerated: boolean })[] = [
  { isModerated: true, exclude: 'moderators' },
  { isModerated: false, exclude: 'quorum', quorum: 2 },
  { isModerated: true, silence: 20 },
  { isModerated: true, exclude: 'quorum', quorum: 2 },
]
/** Those of histories in which the scheme changes. Somebody governs in all of them: where nobody is a moderator, the creator. */
const SCHEME_POLICIES: typeof POLICIES = [
  { isModerated: false },
  { isModerated: true },
  { isModerated: true, exclude: 'moderators' },
  { isModerated: false, exclude: 'quorum', quorum: 2 },
  { isModerated: true, silence: 20 },
  { isModerated: true, exclude: 'quorum', quorum: 2 },
]
/** The moderators are among the first peers; the creator is the very first. */
const MODERATORS = [0, 2]
const DESTRUCTION_CHANCE = 0.4

/** Signs for one of the first peers, whom a policy can name before they exist. */
export function knownSigner(suite: FastSuite, index: number): Signer {
  return suite.signer(new Uint8Array(32).fill(1 + index))
}

type Rules = Pick<Genesis, 'policy' | 'creator'>

/** Who may do what in a history, and who may found. */
export function rulesFor(seed: number, suite: FastSuite): Rules {
  // Those that end in 0 or 5 are of rooms that were founded apart, and a room with a policy has one founder.
  const turn = (seed % POLICY_EVERY) - 1
  const chosen = [0, 1].includes(turn)
    ? POLICIES[turn + 2 * (Math.floor(seed / POLICY_EVERY) % 2)]
    : undefined
  return chosen === undefined ? { policy: OPEN_POLICY } : rulesOf(chosen, suite)
}

/** Where somebody governs, and so may change the scheme. */
export function schemeRulesFor(seed: number, suite: FastSuite): Rules {
  return rulesOf(SCHEME_POLICIES[seed % SCHEME_POLICIES.length] ?? { isModerated: false }, suite)
}

function rulesOf({ isModerated, ...rest }: (typeof POLICIES)[number], suite: FastSuite): Rules {
  const keys = isModerated ? MODERATORS.map((index) => knownSigner(suite, index).publicKey) : []
  const policy = { ...OPEN_POLICY, ...rest, moderators: keys.map(peerIdOf) }
  return { policy, creator: knownSigner(suite, 0).publicKey }
}

/** Who may exclude instead of somebody who may not; that one itself, if there is nobody. */
export function excluderFor(history: History, by: SimPeer): SimPeer {
  const { policy } = history.world.group.genesis
  if (mayExclude(policy, by.id)) return by
  return history.world.random.pick(history.joined.filter(({ id }) => mayExclude(policy, id))) ?? by
}

/** Some vote on one of them: as a rule enough, seldom at the same place. */
export function vote(history: History): void {
  const { random } = history.world
  const target = history.joined.length > 2 && random.pick(history.joined)
  if (!target) return
  for (const by of history.joined) {
    if (by === target || !random.chance(0.6)) continue
    const wish = { kind: 'vote', peer: target.id } as const
    history.attempt('vote', `${by.label} on ${target.label}`, () => by.decide(wish))
    if (random.chance(0.3)) history.world.run(random.below(1_000))
  }
}

/** Some go on elsewhere: for those who stay, and for the attacker, they are out. */
export function split(history: History): void {
  const { random, group, suite } = history.world
  const by = history.joined.length > 3 && random.pick(history.joined.filter(({ id }) => mayGovern(group, id)))
  const off = random.pick(history.joined.filter((peer) => peer !== by))
  if (!by || !off) return
  const { genesis, roomKey } = openRoom('elsewhere', suite)
  const wish = { kind: 'split', peers: [off.id], to: { genesis, roomKey, relays: [] } } as const
  history.attempt('split', `${by.label} splits ${off.label} off, and itself`, () => {
    by.decide(wish)
    history.world.run(random.below(2_000))
    by.leave()
  })
}

/** Now and then a history ends by a destruction; others may do something at the same moment. */
export function perhapsDestroy(history: History): boolean {
  const { random, group } = history.world
  const governors = history.joined.filter(({ id }) => mayGovern(group, id))
  if (governors.length === 0 || !random.chance(DESTRUCTION_CHANCE)) return false
  for (const by of governors.slice(0, random.chance(0.2) ? 2 : 1))
    history.attempt('destroy', by.label, () => by.decide({ kind: 'destroy' }))
  return true
}

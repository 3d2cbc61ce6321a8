/** What can happen in a history, each with its weight. */
import { type Action, exclude, pickTwo } from './action.ts'
import type { History } from './history.ts'
import { admitOutsider, broadcastAs, excludeEverybody, oldStates, refreshAlone } from './malice.ts'
import { split, vote } from './policies.ts'
import { SCHEME_ACTIONS } from './schemes.ts'

const PEERS_MAX = 12

const ACTIONS: readonly Action[] = [
  { weight: 5, run: join },
  { weight: 1, run: open },
  { weight: 4, run: excludeOne },
  { weight: 4, run: excludeAtOnce },
  { weight: 2, run: excludeEachOther },
  { weight: 2, run: excludeIntroducer },
  { weight: 2, run: leave },
  { weight: 3, run: comeAgain },
  { weight: 2, run: crash },
  { weight: 1, run: crashAfterChange },
  { weight: 1, run: crashInJoin },
  { weight: 2, run: restart },
  { weight: 4, run: partition },
  { weight: 3, run: heal },
  { weight: 2, run: deafen },
  { weight: 3, run: backdate },
  { weight: 0.5, run: restartAll },
  { weight: 0.5, run: wait },
  { weight: 2, run: steal },
  { weight: 2, run: refresh },
  { weight: 1, run: refreshAtOnce },
  { weight: 1, run: crashAfterRefresh },
  { weight: 1, run: refreshUnaware },
  { weight: 2, run: sleep },
  { weight: 1, run: restartSome },
  { weight: 1, run: restartFromBackup },
  { weight: 1, run: startTwice },
]

const VOTE: Action = { weight: 12, run: vote }
const SPLIT: Action = { weight: 1.5, run: split }

/** Does one thing at random. */
export function act(history: History): void {
  const { random } = history.world
  const { policy, creator } = history.world.group.genesis
  const actions = [
    ...ACTIONS,
    ...(policy.exclude === 'quorum' ? [VOTE] : []),
    ...(creator ? [SPLIT] : []),
    ...(history.hasSchemes ? SCHEME_ACTIONS : []),
  ]
  const total = actions.reduce((sum, { weight }) => sum + weight, 0)
  let left = random.next() * total
  const action = actions.find(({ weight }) => (left -= weight) < 0)
  action?.run(history)
}

function join(history: History): void {
  if (history.world.peers.length >= PEERS_MAX) return
  const peer = history.newcomer()
  const compartment = history.world.random.pick(history.joined)?.compartment
  if (compartment !== undefined) peer.compartment = compartment
  history.note('join', peer.label)
  peer.start({ kind: 'join' })
}

/** Somebody opens the room where nobody is, and so founds it again; or where there is somebody after all. */
function open(history: History): void {
  const { world, isApart } = history
  if (!isApart || world.peers.length >= PEERS_MAX) return
  const peer = history.newcomer()
  peer.compartment = world.random.below(5)
  history.note('open', `${peer.label} in compartment ${peer.compartment}`)
  peer.start({ kind: 'open' })
}

function excludeOne(history: History): void {
  const two = history.joined.length > 2 && pickTwo(history)
  if (two) exclude(history, two[0], [two[1]])
}

/** Two or three exclusions before anybody hears of any. */
function excludeAtOnce(history: History): void {
  if (history.joined.length < 4) return
  for (let i = 0; i < 2 + history.world.random.below(2); i++) {
    const two = pickTwo(history)
    if (two) exclude(history, two[0], [two[1]])
  }
}

function excludeEachOther(history: History): void {
  const two = history.joined.length > 2 && pickTwo(history)
  if (!two) return
  exclude(history, two[0], [two[1]])
  exclude(history, two[1], [two[0]])
}

/** Somebody knocks, and whoever may be letting it in is excluded while it does. */
function excludeIntroducer(history: History): void {
  if (history.joined.length < 3) return
  join(history)
  history.world.run(history.world.random.below(400))
  excludeOne(history)
}

function leave(history: History): void {
  const peer = history.joined.length > 2 && history.world.random.pick(history.joined)
  if (peer) history.attempt('leave', peer.label, () => peer.leave())
}

/** Somebody that left, or was excluded, knocks again. */
function comeAgain(history: History): void {
  const out = history.world.peers.filter(
    ({ alive, state }) => alive && ['left', 'excluded'].includes(state.status),
  )
  const peer = history.world.random.pick(out)
  if (!peer) return
  history.note('come again', `${peer.label}, ${peer.state.status}`)
  peer.start({ kind: 'join' })
}

function crash(history: History): void {
  const peer = history.joined.length > 2 && history.world.random.pick(history.joined)
  if (!peer) return
  history.note('crash', peer.label)
  peer.crash()
}

/** It stays long enough for some copies of its change to be on their way, or for somebody to fetch the secret (SPEC E6). */
function crashAfterChange(history: History): void {
  const two = history.joined.length > 3 && pickTwo(history)
  if (!two) return
  exclude(history, two[0], [two[1]])
  if (history.world.random.chance(0.5)) history.world.run(history.world.random.below(900))
  history.note('crash', `${two[0].label} after its change`)
  two[0].crash()
}

function crashInJoin(history: History): void {
  if (history.joined.length < 3) return
  join(history)
  history.world.run(history.world.random.below(600))
  crash(history)
}

function restart(history: History): void {
  const peer = history.world.random.pick(history.world.peers.filter(({ alive }) => !alive))
  if (!peer) return
  history.note('restart', peer.label)
  peer.restart()
}

/** As after a power cut: nobody holds a key any more. */
function restartAll(history: History): void {
  history.note('restart', 'all of them')
  for (const peer of history.joined) {
    peer.crash()
    peer.restart()
  }
}

/** Longer than superseded keys are kept. */
function wait(history: History): void {
  history.note('wait', 'more than a minute')
  history.world.run(70_000)
}

/** Somebody breaks in to a member once. Only a refresh helps against that. */
function steal(history: History): void {
  const peer = history.world.random.pick(history.joined)
  if (!peer) return
  history.note('steal', peer.label)
  history.archive.steal(peer)
}

function refresh(history: History): void {
  const peer = history.world.random.pick(history.joined)
  if (peer) history.attempt('refresh', peer.label, () => peer.decide({ kind: 'refresh' }))
}

function refreshAtOnce(history: History): void {
  refresh(history)
  refresh(history)
}

/** Nobody else may hold the secret yet. */
function crashAfterRefresh(history: History): void {
  const peer = history.joined.length > 2 && history.world.random.pick(history.joined)
  if (!peer) return
  history.attempt('refresh', peer.label, () => peer.decide({ kind: 'refresh' }))
  history.note('crash', `${peer.label} after its refresh`)
  peer.crash()
}

/** By somebody who does not know of an exclusion that was made at the same time. */
function refreshUnaware(history: History): void {
  const two = history.joined.length > 3 && pickTwo(history)
  if (!two) return
  excludeOne(history)
  history.attempt('refresh', two[0].label, () => two[0].decide({ kind: 'refresh' }))
}

/** A tab is frozen, for moments or for longer than keys are kept; some of those that sleep already wake. */
function sleep(history: History): void {
  const { world } = history
  const sleeper = world.random.pick(history.joined)
  if (sleeper === undefined) return
  const ms = world.random.pick([3_000, 20_000, 90_000]) ?? 0
  history.note('sleep', `${sleeper.label} for ${ms} ms`)
  sleeper.sleep()
  world.at(world.now + ms, () => history.rouse(sleeper))
}

function restartSome(history: History): void {
  const some = history.joined.filter(() => history.world.random.chance(0.5))
  history.note('restart', some.map(({ label }) => label).join())
  for (const peer of some) peer.crash()
  history.world.run(history.world.random.below(3_000))
  for (const peer of some) peer.restart()
}

/** Its disk is as it was some time ago: operations are missing that it knew, and perhaps signed. */
function restartFromBackup(history: History): void {
  const peer = history.world.random.pick(history.joined)
  if (!peer) return
  const operations = 1 + history.world.random.below(peer.stored.length)
  history.note('restart from backup', `${peer.label} with ${operations} of ${peer.stored.length} operations`)
  peer.crash()
  peer.stored.length = operations
  peer.restart()
}

/** A second process with the identity and the disk of the first, both running: what a copied profile does. */
function startTwice(history: History): void {
  const { world, doubles } = history
  const peer = world.random.pick(history.joined.filter(({ id }) => !doubles.has(id)))
  if (!peer || world.peers.length >= PEERS_MAX) return
  const double = world.peer(`${peer.label}'`, peer.signer)
  history.note('start twice', peer.label)
  doubles.add(peer.id)
  double.compartment = peer.compartment
  double.stored.push(...peer.stored)
  double.restart()
}

function partition(history: History): void {
  const { peers, random } = history.world
  const parts = 2 + random.below(2)
  for (const peer of peers) peer.compartment = random.below(parts)
  history.note('partition', peers.map(({ label, compartment }) => `${label}:${compartment}`).join(' '))
}

function heal(history: History): void {
  for (const peer of history.world.peers) {
    peer.compartment = 0
    peer.deaf = false
  }
  history.note('heal', 'everybody reaches everybody')
}

/** A member hears nothing any more, is excluded, and goes on talking and introducing. */
function deafen(history: History): void {
  const two = history.joined.length > 2 && pickTwo(history)
  if (!two) return
  two[1].deaf = true
  history.note('deafen', two[1].label)
  if (history.world.random.chance(0.7)) exclude(history, two[0], [two[1]])
}

/** An excluded member signs against an old state, and tells everybody itself or through an accomplice. */
function backdate(history: History): void {
  const { archive, world, joined } = history
  const out = world.peers.filter(({ state }) => state.status === 'excluded')
  const by = world.random.pick(out) ?? world.random.pick(joined)
  const state = by && world.random.pick(oldStates(archive, by))
  if (!by || !state) return
  const outsider = world.random.chance(0.5) && world.peers.length < PEERS_MAX ? history.newcomer() : undefined
  const isRefresh = outsider === undefined && world.random.chance(0.4)
  const operation = outsider
    ? admitOutsider(archive, by, { ...state, peer: outsider.id })
    : isRefresh
      ? refreshAlone(archive, by, state)
      : excludeEverybody(archive, by, state)
  const accomplice = world.random.chance(0.6) ? world.random.pick(joined) : undefined
  const teller = accomplice ?? by
  if (!broadcastAs(archive, teller, teller.signer, [operation])) return
  const what = outsider ? `admission of ${outsider.label}` : isRefresh ? 'refresh' : 'exclusion of everybody'
  history.note(
    'backdate',
    `${by.label} signs a(n) ${what} at ${state.head.slice(0, 6)}, told by ${teller.label}`,
  )
}

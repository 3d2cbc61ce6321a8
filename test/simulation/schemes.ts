/** Histories of rooms that change their scheme, and what can happen in those alone (SPEC V1–V6). */
import { type Scheme, SCHEMES } from '@conclave/protocol'
import { mayGovern } from '../../packages/protocol/src/group/genesis.ts'
import { type Action, exclude, pickTwo } from './action.ts'
import type { History } from './history.ts'
import { broadcastAs, oldStates, refreshAlone, stateAt } from './malice.ts'
import type { SimPeer } from './peer.ts'

export const SCHEME_ACTIONS: readonly Action[] = [
  { weight: 12, run: transition },
  { weight: 3, run: transitionAtOnce },
  { weight: 3, run: appointAndExclude },
  { weight: 2, run: crashAfterTransition },
  { weight: 4, run: excludeManager },
  { weight: 2, run: deafenManager },
  { weight: 2, run: crashManager },
  { weight: 2, run: restartManager },
  { weight: 2, run: leaveManager },
  { weight: 2, run: sleepManager },
  { weight: 3, run: stealFromManager },
  { weight: 3, run: backdateAppointment },
]

/** As a rule by somebody who may. Whoever may not has to be told so. */
export function transition(history: History): void {
  const { random, group } = history.world
  const mayAppoint = (peer: SimPeer): boolean => mayGovern(group, peer.id) || peer.state.manager === peer.id
  const able = random.chance(0.85) ? history.joined.filter(mayAppoint) : history.joined
  const by = random.pick(able)
  const manager = random.chance(0.4) ? by : random.pick(history.joined)
  const to = random.pick(SCHEMES.filter((scheme) => random.chance(0.1) || scheme !== by?.state.scheme))
  if (by && manager && to) change(history, by, { to, manager })
}

function change(history: History, by: SimPeer, { to, manager }: { to: Scheme; manager: SimPeer }): boolean {
  const isManaged = to !== 'distributed-flat'
  const may = mayGovern(history.world.group, by.id) || by.state.manager === by.id
  const wish = { kind: 'transition', to, ...(isManaged && { manager: manager.id }) } as const
  const detail = `${by.label} to ${to}${isManaged ? ` with ${manager.label}` : ''}`
  const isDone = history.attempt('transition', detail, () => by.decide(wish))
  if (isDone && !may) throw new Error(`${by.label} changed the scheme, which it may not`)
  return isDone
}

function transitionAtOnce(history: History): void {
  transition(history)
  transition(history)
}

/** Who is appointed is excluded at the same moment by somebody who does not know. */
function appointAndExclude(history: History): void {
  const governor = governorOf(history)
  const two = history.joined.length > 3 && pickTwo(history)
  if (!governor || !two) return
  const [by, target] = two
  if (target === governor) return
  const { random } = history.world
  const appoint = (): unknown => change(history, governor, { to: centralized(history), manager: target })
  if (random.chance(0.5)) appoint()
  exclude(history, by, [target])
  appoint()
}

/** Nobody else may hold the secret yet, or the table. */
function crashAfterTransition(history: History): void {
  const governor = governorOf(history)
  const manager = history.world.random.pick(history.joined)
  if (!governor || !manager || history.joined.length < 3) return
  if (!change(history, governor, { to: centralized(history), manager })) return
  history.world.run(history.world.random.below(1_500))
  const gone = history.world.random.chance(0.5) ? governor : manager
  history.note('crash in transition', gone.label)
  gone.crash()
}

function excludeManager(history: History): void {
  const manager = managerOf(history)
  const by = history.world.random.pick(history.joined.filter((peer) => peer !== manager))
  if (!manager || !by || history.joined.length < 3) return
  history.note('manager to go', manager.label)
  exclude(history, by, [manager])
}

/** It goes on managing and letting others in, and does not know that it is out. */
function deafenManager(history: History): void {
  const manager = managerOf(history)
  if (!manager) return
  history.note('deafen manager', manager.label)
  manager.deaf = true
  if (history.world.random.chance(0.7)) excludeManager(history)
}

function crashManager(history: History): void {
  const manager = managerOf(history)
  if (!manager || history.joined.length < 3) return
  history.note('crash manager', manager.label)
  manager.crash()
}

function restartManager(history: History): void {
  const manager = managerOf(history)
  if (!manager) return
  history.note('restart manager', manager.label)
  manager.crash()
  history.world.run(history.world.random.below(history.world.random.chance(0.5) ? 1_000 : 30_000))
  manager.restart()
}

function leaveManager(history: History): void {
  const manager = managerOf(history)
  if (manager && history.joined.length > 2)
    history.attempt('manager leaves', manager.label, () => manager.leave())
}

function sleepManager(history: History): void {
  const manager = managerOf(history)
  if (!manager) return
  const { world } = history
  const ms = world.random.pick([3_000, 20_000, 90_000]) ?? 0
  history.note('manager sleeps', `${manager.label} for ${ms} ms`)
  manager.sleep()
  world.at(world.now + ms, () => history.rouse(manager))
}

/** The whole table is in one memory. */
function stealFromManager(history: History): void {
  const manager = managerOf(history)
  if (!manager) return
  history.note('steal from manager', manager.label)
  history.archive.steal(manager)
}

/** Signed against an old state in which it governed or managed, or did neither; it may name somebody who knows nothing of it. */
function backdateAppointment(history: History): void {
  const { archive, world, joined } = history
  const { random } = world
  const out = world.peers.filter(({ state }) => state.status === 'excluded')
  const governors = joined.filter(({ id }) => mayGovern(world.group, id))
  const by = random.pick(random.chance(0.5) ? out : governors)
  const state = by && random.pick(oldStates(archive, by))
  if (!by || !state) return
  const { alive } = stateAt(archive, state.head).roster
  const named = random.chance(0.5) ? by : random.pick(world.peers.filter(({ id }) => alive.has(id)))
  const admission = named && random.pick(alive.get(named.id) ?? [])?.operation.id
  if (!named || !admission) return
  const management = { scheme: centralized(history), manager: named.id, admission }
  const operation = refreshAlone(archive, by, { ...state, management })
  const teller = random.chance(0.6) ? (random.pick(joined) ?? by) : by
  if (broadcastAs(archive, teller, teller.signer, [operation]))
    history.note('backdate appointment', `${by.label} appoints ${named.label}, told by ${teller.label}`)
}

function centralized({ world: { random } }: History): Exclude<Scheme, 'distributed-flat'> {
  return random.chance(0.5) ? 'centralized-flat' : 'centralized-tree'
}

function governorOf({ world, joined }: History): SimPeer | undefined {
  return world.random.pick(joined.filter(({ id }) => mayGovern(world.group, id)))
}

/** The manager, as somebody sees it, if it runs. */
export function managerOf({ world, joined }: History): SimPeer | undefined {
  const manager = world.random.pick(joined.filter(({ state }) => state.manager !== undefined))?.state.manager
  return joined.find(({ id }) => id === manager)
}

/** What things that happen in a history are made of. */
import type { History } from './history.ts'
import type { SimPeer } from './peer.ts'
import { excluderFor } from './policies.ts'

export interface Action {
  readonly weight: number
  readonly run: (history: History) => void
}

/** Two different ones, or nothing. */
export function pickTwo(history: History): [SimPeer, SimPeer] | undefined {
  const { joined, world } = history
  const a = world.random.pick(joined)
  const b = world.random.pick(joined.filter((peer) => peer !== a))
  return a && b && [a, b]
}

export function exclude(history: History, by: SimPeer, targets: readonly SimPeer[]): void {
  const author = excluderFor(history, by)
  if (targets.includes(author)) return
  const detail = `${author.label} excludes ${targets.map(({ label }) => label).join()}`
  history.attempt('exclude', detail, () => author.exclude(targets))
}

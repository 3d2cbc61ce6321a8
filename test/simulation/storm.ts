/**
 * A room of many members that a crowd joins at once:
 *
 *     node_modules/.bin/node test/simulation/storm.ts --members 800 --newcomers 200
 *     node_modules/.bin/node test/simulation/storm.ts --members 100,200,400
 *
 * Prints what each part took and cost; with several sizes also by how much that grew each time the room doubled. Exits with 1
 * when the members did not become one room in time.
 */
import { parseArgs } from 'node:util'
import { Crowd, type Phase } from './crowd.ts'

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '800' },
    newcomers: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    loss: { type: 'string', default: '0.02' },
    seed: { type: 'string', default: '1' },
  },
})

/** What a phase took, and what it cost a member. */
const COLUMNS: Record<string, (phase: Phase) => number> = {
  seconds: ({ virtualMs }) => virtualMs / 1_000,
  received: ({ received }) => received.mean,
  'kB received': ({ received }) => received.bytes / 1_000,
  heartbeats: sentOf('heartbeat'),
  requests: sentOf('request'),
  replies: sentOf('reply'),
  operations: sentOf('operations'),
  'most sent': ({ mostSent }) => mostSent,
  'computed in s': ({ wallMs }) => wallMs / 1_000,
}

/** Messages about something that one member sent, on average. */
function sentOf(about: string): (phase: Phase) => number {
  return ({ sent, members }) => (sent.get(about)?.messages ?? 0) / members
}

function printRow(name: string, members: string | number, numbers: readonly string[]): void {
  console.log(`| ${name} | ${members} | ${numbers.join(' | ')} |`)
}

function rounded(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0)
}

/** A room of so many lives through all phases. */
function live(members: number): readonly Phase[] {
  const loss = Number(values.loss)
  const crowd = new Crowd(Number(values.seed), { loss, duplication: 0, latencyMs: [50, 200] })
  const newcomers = values.newcomers === undefined ? Math.round(members / 4) : Number(values.newcomers)
  const phases: (() => void)[] = [
    () => crowd.comeBack(members, 60_000),
    () => crowd.idle(20_000),
    () => crowd.storm(newcomers, Number(values.seconds) * 1_000),
    () => crowd.talk(crowd.peers.slice(0, 3)),
    () => crowd.exclude(crowd.peers.at(-1) as never, [crowd.peers.at(7) as never]),
  ]
  for (const phase of phases) {
    phase()
    const last = crowd.phases.at(-1)
    if (last)
      printRow(
        last.name,
        last.members,
        Object.values(COLUMNS).map((of) => rounded(of(last))),
      )
  }
  return crowd.phases
}

/** By what a phase's numbers grew, from one size to the next, each time the room doubled. */
function printGrowth(small: readonly Phase[], large: readonly Phase[]): void {
  for (const [i, before] of small.entries()) {
    const after = large[i]
    if (after === undefined) continue
    const doublings = Math.log2(after.members / before.members)
    const factors = Object.values(COLUMNS).map((of) => {
      const factor = (of(after) / of(before)) ** (1 / doublings)
      return Number.isFinite(factor) ? `× ${factor.toFixed(2)}` : ''
    })
    printRow(`${before.name}, by doubling`, `${before.members} → ${after.members}`, factors)
  }
}

console.log('What a phase took, and messages a member:\n')
printRow('phase', 'members', Object.keys(COLUMNS))
printRow(
  '---',
  '---:',
  Object.keys(COLUMNS).map(() => '---:'),
)
const lives: (readonly Phase[])[] = []
for (const size of values.members.split(',').map(Number)) lives.push(live(size))
for (const [i, large] of lives.entries()) {
  const small = lives[i - 1]
  if (small) printGrowth(small, large)
}
console.log(`\n${(process.resourceUsage().maxRSS / 1e6).toFixed(1)} GB at most`)

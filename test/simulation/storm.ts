/**
 * A room of many members that a crowd joins at once:
 *
 *     node_modules/.bin/node test/simulation/storm.ts --members 800 --newcomers 200
 *
 * Prints what each part took and cost. Exits with 1 when the members did not become one room in time.
 */
import { parseArgs } from 'node:util'
import { Crowd, type Phase } from './crowd.ts'

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '800' },
    newcomers: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
    loss: { type: 'string', default: '0.02' },
    seed: { type: 'string', default: '1' },
  },
})

function describe({ name, members, virtualMs, wallMs, sent, received, mostSent }: Phase): string {
  const kinds = [...sent].map(
    ([about, { messages, bytes }]) => `${about} ${messages} (${(bytes / 1_000).toFixed(0)} kB)`,
  )
  return [
    `${name}, ${members} members: ${(virtualMs / 1_000).toFixed(1)} s; computed in ${(wallMs / 1_000).toFixed(1)} s`,
    `  sent: ${kinds.join(', ')}`,
    `  a member received ${received.mean.toFixed(0)} messages, at most ${received.most}, and sent at most ${mostSent}`,
  ].join('\n')
}

const loss = Number(values.loss)
const crowd = new Crowd(Number(values.seed), { loss, duplication: 0, latencyMs: [50, 200] })
const phases: (() => void)[] = [
  () => crowd.comeBack(Number(values.members), 60_000),
  () => crowd.idle(20_000),
  () => crowd.storm(Number(values.newcomers), Number(values.seconds) * 1_000),
  () => crowd.talk(crowd.peers.slice(0, 3)),
  () => crowd.exclude(crowd.peers.at(-1) as never, [crowd.peers.at(7) as never]),
]
for (const phase of phases) {
  phase()
  const last = crowd.phases.at(-1)
  if (last) console.log(describe(last))
}
console.log(`${(process.memoryUsage().heapUsed / 1e6).toFixed(0)} MB`)

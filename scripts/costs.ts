/**
 * Measures what a join, a message and an exclusion cost in rooms of 3, 10 and 30 members, and prints it as a table:
 *
 *     node_modules/.bin/node scripts/costs.ts            # prints the table
 *     node_modules/.bin/node scripts/costs.ts --write    # puts it into README.md
 *     REPETITIONS=3 node_modules/.bin/node scripts/costs.ts 3 10    # quicker, for these sizes
 *
 * All nodes run in this process and meet through a relay on loopback: up to 10 over real WebRTC, 30 over memory, since
 * 400 WebRTC connections do not fit one process. Bytes are those of all protocol streams of all members and the relay,
 * as they are handed to a connection, gossip's copies and control messages included; encryption of the connection, and
 * what WebRTC and TCP add, are not. Heartbeats are off while measuring. Each figure is the median of the repetitions.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { memory } from '@libp2p/memory'
import { createRelay, type Relay } from '@conclave/node/relay'
import { createIdentity, createRoom, joinRoom, type Room, type RoomOptions } from '@conclave/node'
import { until } from '../test/support/until.ts'
import { Meter } from './meter.ts'

const REPETITIONS = Number(process.env['REPETITIONS'] ?? 5)
/** Longer than any measurement. */
const NEVER_MS = 3_600_000

interface Tally {
  bytes: number
  messages: number
}

interface Cost {
  ms: number
  wireBytes: number
  sent: Tally
}

class Laboratory {
  readonly rooms: Room[] = []
  /** Also those that were excluded: what they sent was sent. */
  readonly #all: Room[] = []
  /** Excluded, and to be closed when nothing is measured. */
  readonly #gone: Room[] = []
  readonly #relay: Relay
  readonly #meter: Meter
  readonly #isMemory: boolean
  #made = 0

  private constructor(relay: Relay, meter: Meter, isMemory: boolean) {
    this.#relay = relay
    this.#meter = meter
    this.#isMemory = isMemory
  }

  static async open(members: number, isMemory: boolean): Promise<Laboratory> {
    const { seed } = await createIdentity()
    const meter = new Meter()
    const relay = await createRelay({ seed, listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    const laboratory = new Laboratory(relay, meter, isMemory)
    laboratory.#add(await createRoom(laboratory.#options()))
    for (let i = 1; i < members; i++) await laboratory.join()
    return laboratory
  }

  #options(): RoomOptions {
    const name = `member-${this.#made++}`
    const direct: Partial<RoomOptions> = this.#isMemory
      ? {
          transports: [memory()],
          listen: [`/memory/${name}`],
          webRtc: false,
        }
      : {}
    const timing = { heartbeatMs: NEVER_MS, offlineMs: 2 * NEVER_MS }
    return {
      name,
      relays: this.#relay.multiaddrs().slice(0, 1),
      timing,
      metrics: () => this.#meter.metrics,
      ...direct,
    }
  }

  /** One more member, when all know of it and hold the same keys. */
  async join(): Promise<void> {
    const invite = this.rooms[0]?.invite()
    this.#add(await joinRoom(this.#options(), invite))
    await this.agreed()
  }

  #add(room: Room): void {
    this.rooms.push(room)
    this.#all.push(room)
  }

  async agreed(): Promise<void> {
    await until(
      () => {
        const states = this.rooms.map(({ state }) => `${state.version} ${state.revision} ${state.members}`)
        const [first] = this.rooms
        return (
          new Set(states).size === 1 &&
          first?.state.version !== undefined &&
          first.state.members === this.rooms.length
        )
      },
      { ms: 60_000, what: 'all agree' },
    )
  }

  async measure(act: () => Promise<void>): Promise<Cost> {
    await this.#meter.quiet()
    const [bytes, sent] = [this.#meter.bytes, this.#sent()]
    const start = performance.now()
    await act()
    const ms = performance.now() - start
    await this.#meter.quiet()
    for (const room of this.#gone.splice(0)) await room.close()
    const now = this.#sent()
    return {
      ms,
      wireBytes: this.#meter.bytes - bytes,
      sent: { bytes: now.bytes - sent.bytes, messages: now.messages - sent.messages },
    }
  }

  #sent(): Tally {
    const tallies = this.#all.map(({ sent }) => sent)
    return tallies.reduce(
      (sum, { bytes, messages }) => ({ bytes: sum.bytes + bytes, messages: sum.messages + messages }),
      { bytes: 0, messages: 0 },
    )
  }

  /** The last member says something; done when everybody else has heard it. */
  async say(text: string): Promise<void> {
    const speaker = this.rooms.at(-1)
    const others = this.rooms.filter((room) => room !== speaker)
    const heard = others.map(
      async (room) =>
        await new Promise<void>((resolve) => {
          room.addEventListener('message', ({ detail }) => detail.text === text && resolve())
        }),
    )
    await speaker?.send(text)
    await Promise.all(heard)
  }

  /** The first member excludes the last; done when the others agree. */
  async exclude(): Promise<void> {
    const last = this.rooms.pop()
    if (last === undefined) return
    await this.rooms[0]?.exclude([last.self])
    await this.agreed()
    this.#gone.push(last)
  }

  async close(): Promise<void> {
    for (const room of this.rooms) await room.close()
    await this.#relay.stop()
  }
}

interface Row {
  what: string
  members: number
  transport: string
  cost: Cost
}

async function rowsFor(members: number): Promise<Row[]> {
  const isMemory = members > 10
  const laboratory = await Laboratory.open(members - 1, isMemory)
  const costs: Record<'join' | 'message' | 'exclusion', Cost[]> = { join: [], message: [], exclusion: [] }
  try {
    for (let i = 0; i < REPETITIONS; i++) {
      costs.join.push(await laboratory.measure(async () => await laboratory.join()))
      costs.message.push(
        await laboratory.measure(async () => await laboratory.say(`${'x'.repeat(100)} ${i}`)),
      )
      costs.exclusion.push(await laboratory.measure(async () => await laboratory.exclude()))
    }
  } finally {
    await laboratory.close()
  }
  const transport = isMemory ? 'memory' : 'WebRTC'
  return Object.entries(costs).map(([what, list]) => ({ what, members, transport, cost: medianOf(list) }))
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function medianOf(costs: Cost[]): Cost {
  return {
    ms: median(costs.map(({ ms }) => ms)),
    wireBytes: median(costs.map(({ wireBytes }) => wireBytes)),
    sent: {
      bytes: median(costs.map(({ sent }) => sent.bytes)),
      messages: median(costs.map(({ sent }) => sent.messages)),
    },
  }
}

function rounded(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function table(rows: Row[]): string {
  const lines = rows.map(
    ({ what, members, transport, cost }) =>
      `| ${what} | ${members} | ${transport} | ${rounded(cost.sent.messages)} | ${rounded(cost.sent.bytes)} | ${rounded(cost.wireBytes)} | ${rounded(cost.ms)} |`,
  )
  return [
    '| operation | members | transport | messages | their bytes | bytes on all wires | ms until all are done |',
    '| --- | --: | --- | --: | --: | --: | --: |',
    ...lines,
  ].join('\n')
}

async function writeToReadme(text: string): Promise<void> {
  const path = join(import.meta.dirname, '../README.md')
  const readme = await readFile(path, 'utf8')
  const [before, rest] = readme.split('<!-- costs:start -->')
  const after = rest?.split('<!-- costs:end -->')[1]
  if (before === undefined || after === undefined) throw new Error('README.md has no place for the costs.')
  await writeFile(path, `${before}<!-- costs:start -->\n\n${text}\n\n<!-- costs:end -->${after}`)
}

const sizes = process.argv
  .slice(2)
  .map(Number)
  .filter((size) => size > 1)
const rows: Row[] = []
for (const members of sizes.length > 0 ? sizes : [3, 10, 30]) rows.push(...(await rowsFor(members)))
// Kind by kind, so that growth with the number of members shows.
const order = ['join', 'message', 'exclusion']
const text = table(
  rows.sort((a, b) => order.indexOf(a.what) - order.indexOf(b.what) || a.members - b.members),
)
console.log(text)
if (process.argv.includes('--write')) await writeToReadme(text)
process.exit(0)

/**
 * A room of many real nodes in this process, through its life: they come together, everybody speaks and is heard by all
 * others, one is excluded, one leaves, one comes late. Heartbeats and all other durations are those of a real room.
 *
 *     node_modules/.bin/node scripts/large-room.ts                              # 50 nodes, connected over memory
 *     node_modules/.bin/node scripts/large-room.ts --members 20 --over relay    # by a relay's bridge and circuits alone
 *
 * They come five at a time, which --at-once changes, and the next when all agree on these: all nodes share one processor, and what
 * comes at once takes longer. Prints what each part took and cost. Exits with 1 when something did not come to be in time, or somebody read what it must not.
 */
import { parseArgs } from 'node:util'
import { memory } from '@libp2p/memory'
import { createRelay } from '@conclave/node/relay'
import { createIdentity, createRoom, joinRoom, type Room, type RoomOptions } from '@conclave/node'
import { until } from '../test/support/until.ts'
import { Meter } from './meter.ts'

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '50' },
    over: { type: 'string', default: 'memory' },
    /** So many knock at one moment. */
    'at-once': { type: 'string', default: '5' },
    /** For each part. */
    seconds: { type: 'string', default: '240' },
  },
})

/** How long it is watched what an idle room costs, and what the excluded hears. */
const IDLE_MS = 20_000

/** Each way. No network has less, and without any the event loop would see to what is sent before all timers. */
const LATENCY_MS = 1

const ms = Number(values.seconds) * 1_000
const size = Number(values.members)
const atOnce = Number(values['at-once'])
const meter = new Meter()
const { seed } = await createIdentity()
const relay = await createRelay({ seed, listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
const rooms: Room[] = []
/** What each heard. */
const heard = new Map<Room, Set<string>>()
let made = 0

function options(): RoomOptions {
  const name = `member-${made++}`
  const over =
    values.over === 'memory'
      ? { transports: [memory({ latency: LATENCY_MS })], listen: [`/memory/${name}`] }
      : {}
  const relays = relay.multiaddrs().slice(0, 1)
  // Hundreds of WebRTC connections do not fit one process.
  return { name, relays, metrics: () => meter.metrics, webRtc: false, ...over }
}

function add(room: Room): Room {
  rooms.push(room)
  const texts = new Set<string>()
  heard.set(room, texts)
  room.addEventListener('message', ({ detail }) => texts.add(`${detail.from} ${detail.text}`))
  return room
}

function whyApart(): string | undefined {
  const states = rooms.map(({ state }) => state)
  const joined = states.filter(({ status }) => status === 'joined').length
  if (joined < rooms.length) return `${joined} of ${rooms.length} are in`
  const counts = [...new Set(states.map(({ members }) => members))]
  if (counts.length > 1 || counts[0] !== rooms.length) return `they count ${counts.join(', ')} members`
  const versions = new Set(states.map(({ version, revision }) => `${version} ${revision}`))
  return versions.size === 1 ? undefined : `they speak under ${versions.size} revisions`
}

async function agreed(): Promise<void> {
  await until(() => whyApart() === undefined, { ms, what: 'one room' }).catch(() => {
    throw new Error(`not one room within ${ms} ms: ${whyApart()}`)
  })
}

/** Each of these says something; done when all others have heard it. */
async function converse(speakers: readonly Room[], text: string): Promise<void> {
  for (const room of speakers) await room.send(text)
  const missing = (): number =>
    rooms.reduce((sum, room) => {
      const texts = heard.get(room)
      return sum + speakers.filter((one) => one !== room && !texts?.has(`${one.self} ${text}`)).length
    }, 0)
  await until(() => missing() === 0, { ms, what: 'everybody is heard' }).catch(() => {
    throw new Error(`${missing()} deliveries of "${text}" missing after ${ms} ms`)
  })
}

function messages(): number {
  return [...heard.keys()].reduce((sum, room) => sum + room.sent.messages, 0)
}

async function measure(what: string, act: () => Promise<void>): Promise<void> {
  const before = { messages: messages(), bytes: meter.bytes, cpu: process.cpuUsage(), at: performance.now() }
  await act()
  const cpu = process.cpuUsage(before.cpu)
  const [seconds, busy] = [(performance.now() - before.at) / 1_000, (cpu.user + cpu.system) / 1e6]
  const kilobytes = (meter.bytes - before.bytes) / 1_000
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${busy.toFixed(1)} s of CPU, ${messages() - before.messages} messages, ` +
      `${kilobytes.toFixed(0)} kB on all wires (${(kilobytes / rooms.length).toFixed(0)} a node), ` +
      `${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
  )
}

async function live(): Promise<void> {
  const over = values.over === 'memory' ? `over memory, ${LATENCY_MS} ms each way` : 'by a relay alone'
  console.log(`${size} nodes in one process, connected ${over}`)
  const founder = add(await createRoom(options()))
  await measure(`${size} come together`, async () => {
    const invite = founder.invite()
    while (rooms.length < size) {
      for (let i = 0; i < atOnce && rooms.length < size; i++) add(await joinRoom(options(), invite))
      await agreed()
    }
  })
  await measure('all speak, all hear', async () => await converse(rooms, 'hello'))
  await measure(`idle for ${IDLE_MS / 1_000} s`, async () => {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
  })
  const [excluded] = rooms.splice(-1)
  await measure('one is excluded', async () => {
    await founder.exclude([excluded?.self ?? ''])
    await agreed()
    await until(() => excluded?.state.status === 'excluded', { ms, what: 'the excluded knows' })
  })
  await measure('all speak, all hear but who was excluded', async () => await converse(rooms, 'secret'))
  await measure('one leaves', async () => {
    await rooms.splice(-1)[0]?.leave()
    await agreed()
  })
  await measure('one comes late', async () => {
    const late = add(await joinRoom(options(), founder.invite()))
    await agreed()
    await converse([late, founder], 'late')
  })
  const read = [...(excluded && heard.get(excluded) ? (heard.get(excluded) ?? []) : [])]
  if (read.some((text) => !text.endsWith(' hello'))) throw new Error(`the excluded read "${read.join()}"`)
}

let failure: unknown
try {
  await live()
} catch (error) {
  failure = error
  console.error(error instanceof Error ? error.message : error)
}
process.exit(failure === undefined ? 0 : 1)

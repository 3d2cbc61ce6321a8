/** Eight processes change the scheme of their room again and again while each of them talks, and lose their manager (SPEC V1–V6). */
import { join } from 'node:path'
import { isRejection } from '@conclave/protocol'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { parseFrame, ROOM_FRAME, type RoomFrame } from '../../packages/protocol/src/traffic/frame.ts'
import { Coalition } from '../simulation/attacker.ts'
import { Conference, type Peer } from '../support/conference.ts'
import { hoardOf } from '../support/hoard.ts'
import { Spy } from '../support/spy.ts'
import { Stopwatch } from '../support/stopwatch.ts'
import { until } from '../support/until.ts'

const nodeFlags = ['--import', join(import.meta.dirname, 'short-silence.ts')]
/** Five messages a second. */
const PAUSE_MS = 200

let conference: Conference
let peers: Peer[] = []
let spy: Spy
let hoard: ReturnType<typeof hoardOf>
const watch = new Stopwatch()
/** What each peer said, and heard. */
const said = new Map<Peer, string[]>()
const heard = new Map<Peer, Set<string>>()
const talkers = new Map<Peer, ReturnType<typeof setInterval>>()

beforeAll(async () => {
  conference = await Conference.start()
  const room = await conference.room(8, [], { nodeFlags })
  peers = room.peers
  spy = await Spy.on(room.invite)
  hoard = hoardOf(spy)
  await spy.enter(room.invite)
  await conference.meshed(peers)
  await conference.converse(peers, 'hello')
})

afterEach(() => {
  for (const peer of peers) fallSilent(peer)
  said.clear()
  heard.clear()
})

afterAll(async () => {
  console.log(`transitions of eight, ms: ${watch.toString()}`)
  await spy?.stop()
  await conference.stop()
})

function talk(peer: Peer): void {
  const texts: string[] = []
  said.set(peer, texts)
  const listened = new Set<string>()
  heard.set(peer, listened)
  peer.process.on('event', ({ event, text }) => {
    if (event === 'message') listened.add(String(text))
  })
  const say = (): void => {
    const text = `${peer.name} says ${texts.length}`
    texts.push(text)
    // One that ends meanwhile is told by what others have not heard.
    peer.say(text).catch(() => undefined)
  }
  talkers.set(peer, setInterval(say, PAUSE_MS))
}

function fallSilent(peer: Peer): void {
  clearInterval(talkers.get(peer))
}

/** Waits until each of them has heard all that was said. */
async function allIsHeard(by: readonly Peer[]): Promise<void> {
  const missing = (): string[] =>
    by.flatMap((peer) =>
      [...said].flatMap(([other, texts]) =>
        other === peer
          ? []
          : texts
              .filter((text) => !heard.get(peer)?.has(text))
              .map((text) => `${peer.name} has not heard that ${text}`),
      ),
    )
  const isDone = until(() => missing().length === 0, { what: 'every word is heard' })
  await isDone.catch((error: unknown) => {
    throw new Error(missing().slice(0, 20).join('\n'), { cause: error })
  })
}

/** Waits until all are in one version of that scheme. */
async function managed(
  by: readonly Peer[],
  scheme: string,
  manager?: Peer,
  count = by.length,
): Promise<void> {
  await until(
    async () => {
      const { scheme: at, manager: who } = await conference.agree(by, 30_000, count)
      return at === scheme && who === manager?.id
    },
    { ms: 30_000, what: `the room is ${scheme}` },
  )
}

function framesOf(recorded: Spy['recorded']): RoomFrame[] {
  return recorded.flatMap(({ bytes }) => {
    const frame = bytes[0] === ROOM_FRAME ? parseFrame(bytes) : undefined
    return frame === undefined || isRejection(frame) ? [] : [frame]
  })
}

function chatOf(recorded: Spy['recorded']): { version: string; isRead: boolean }[] {
  const coalition = new Coalition(hoard, [spy.member.self])
  return framesOf(recorded).map((frame) => ({
    version: frame.reference.version,
    isRead: coalition.reads(frame),
  }))
}

test('through all schemes no word is lost, and who is put out meanwhile reads nothing after', async () => {
  const [first, second, third] = peers as [Peer, Peer, Peer]
  for (const peer of peers) talk(peer)
  const change = async (to: string, manager: Peer | undefined, count: number): Promise<void> => {
    const fields = { to, ...(manager && { manager: manager.id }) }
    await first.process.command('transition', fields)
    await watch.time(to, async () => await managed(peers, to, manager, count))
  }
  await change('centralized-flat', second, 9)
  const before = await first.state()
  await third.process.command('exclude', { peers: [spy.member.self], reason: 'it listens' })
  await watch.time('exclusion by the manager', async () => await managed(peers, 'centralized-flat', second))
  const excluded = await until(() => spy.notifications.find(({ event }) => event === 'excluded'), {
    what: 'the spy is told',
  })
  expect(excluded).toMatchObject({ by: second.id, reason: 'it listens' })
  const told = spy.recorded.length
  await change('centralized-tree', third, 8)
  await change('centralized-flat', first, 8)
  await change('distributed-flat', undefined, 8)
  const isAfter = ({ version }: { version: string }): boolean => version !== before['version']
  // How much is said meanwhile is a matter of how soon the transitions are done.
  await until(
    () => framesOf(spy.recorded.slice(told)).filter(({ reference }) => isAfter(reference)).length > 50,
    {
      what: 'the spy has recorded enough',
    },
  )
  for (const peer of peers) fallSilent(peer)
  await allIsHeard(peers)
  const after = chatOf(spy.recorded.slice(told)).filter(isAfter)
  expect(after.length).toBeGreaterThan(50)
  expect(after.filter(({ isRead }) => isRead)).toEqual([])
  expect(chatOf(spy.recorded.slice(0, told)).some(({ isRead }) => isRead)).toBe(true)
})

test.each(['centralized-flat', 'centralized-tree'])(
  'a manager is killed, %s: the room is distributed soon, and no word of the others is lost',
  async (scheme) => {
    const [first, , third] = peers as [Peer, Peer, Peer]
    const manager = peers.at(-1) as Peer
    // The room has only just made its keys anew.
    await until(
      async () => (await first.process.ask('transition', { to: scheme, manager: manager.id }))['ok'],
      {
        what: 'the room lets go on',
      },
    )
    const count = (await first.members()).length
    await managed(peers, scheme, manager, count)
    const rest = peers.filter((peer) => peer !== manager)
    for (const peer of rest) talk(peer)
    await manager.process.crash()
    peers = rest
    await watch.time(
      `healed, ${scheme}`,
      async () => await managed(rest, 'distributed-flat', undefined, count),
    )
    for (const peer of rest) fallSilent(peer)
    await allIsHeard(rest)
    expect(third.process.seen('keys').at(-1)).toMatchObject({
      cause: 'transition',
      scheme: 'distributed-flat',
    })
  },
)

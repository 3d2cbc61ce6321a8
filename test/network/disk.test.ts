/** What is on a disk opens no traffic, whenever the disk is taken (SPEC M5). */
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeInvite, isRejection, nobleSuite, type OperationId } from '@conclave/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RoomStore } from '../../packages/node/src/room-store.ts'
import { openStore } from '../../packages/node/src/store.ts'
import { fromHex, type Slot } from '../../packages/protocol/src/ids.ts'
import type { Operation } from '../../packages/protocol/src/log/operation.ts'
import { parseFrame, ROOM_FRAME, type RoomFrame } from '../../packages/protocol/src/traffic/frame.ts'
import type { Haul } from '../simulation/archive.ts'
import { Coalition } from '../simulation/attacker.ts'
import { Conference, type Peer } from '../support/conference.ts'
import { Spy } from '../support/spy.ts'
import { until } from '../support/until.ts'
import type { KeptKey } from './keep-keys.ts'

const nodeFlags = ['--import', join(import.meta.dirname, 'keep-keys.ts')]

let conference: Conference
let spy: Spy | undefined

beforeEach(async () => {
  conference = await Conference.start()
})

afterEach(async () => {
  await spy?.stop()
  await conference.stop()
})

/** Everything in the conference's directory but what the test itself keeps there: all stores, all identities. */
function diskOf(peers: readonly Peer[]): Buffer {
  const files = peers.flatMap(({ name }) => {
    const store = conference.storeOf(name)
    return [conference.directory(`${name}.identity`), ...readdirSync(store).map((file) => join(store, file))]
  })
  return Buffer.concat(files.map((file) => readFileSync(file)))
}

function keysOf(peers: readonly Peer[]): KeptKey[] {
  const lines = peers.flatMap(({ name }) =>
    readFileSync(`${conference.storeOf(name)}.keys`, 'utf8')
      .trim()
      .split('\n'),
  )
  return [...new Set(lines)].map((line) => JSON.parse(line) as KeptKey)
}

/** How bytes may lie in a file: as they are, in hex, in base64 of either kind and wherever its groups of three begin. */
function spellings(bytes: Uint8Array): Buffer[] {
  const hex = Buffer.from(bytes).toString('hex')
  const groups = [0, 1, 2].flatMap((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift === 0 ? 0 : 3)
    const whole = shifted.subarray(0, shifted.length - (shifted.length % 3))
    return [whole.toString('base64'), whole.toString('base64url')]
  })
  return [Buffer.from(bytes), ...[hex, hex.toUpperCase(), ...groups].map((text) => Buffer.from(text))]
}

function isOn(disk: Buffer, bytes: Uint8Array): boolean {
  return spellings(bytes).some((spelling) => disk.includes(spelling))
}

function framesOf(recorded: Spy['recorded']): RoomFrame[] {
  return recorded
    .filter(({ bytes }) => bytes[0] === ROOM_FRAME)
    .map(({ bytes }) => parseFrame(bytes))
    .filter((frame): frame is RoomFrame => !isRejection(frame))
}

/** What the stores themselves say of the log. */
async function storedOperations(peers: readonly Peer[], invite: string): Promise<Operation[]> {
  const { group } = decodeInvite(invite, nobleSuite, 0)
  const all: Operation[] = []
  for (const { name } of peers) {
    const copy = `${conference.storeOf(name)}.copy`
    cpSync(conference.storeOf(name), copy, { recursive: true })
    const store = await openStore(copy)
    all.push(...(await new RoomStore(store, group).load()))
    await store.close()
  }
  return all
}

/** The attacker's closure over what was said in public, the stored log, and these keys. */
function attacker(invite: string, operations: readonly Operation[], keys: readonly KeptKey[]): Coalition {
  const { group } = decodeInvite(invite, nobleSuite, 0)
  const haul = new Map<OperationId, Haul>()
  for (const { version, kind, number, hex } of keys) {
    const entry: Haul = haul.get(version as OperationId) ?? { teks: new Map(), keks: new Map() }
    haul.set(version as OperationId, entry)
    const bytes = fromHex(hex)
    if (kind === 'tek') entry.teks.set(number, bytes)
    else if (kind === 'kek') entry.keks.set(number as Slot, [bytes])
    else entry[kind] = bytes
  }
  const log = new Map(operations.map((operation) => [operation.id, { operation }]))
  const thief = 'whoever has the disk' as never
  return new Coalition({ world: { group }, operations: log, haulOf: () => haul }, [thief])
}

/** Somebody who knows the topics and no more, records, and is known to hear. */
async function tapOn(invite: string, speaker: Peer): Promise<Spy> {
  const tap = await Spy.on(invite)
  spy = tap
  const hears = async (): Promise<boolean> => {
    await speaker.say('is anybody listening?')
    return framesOf(tap.recorded).length > 0
  }
  await until(hears, { what: 'the tap hears' })
  return tap
}

test('a disk captured at any time holds no key in any spelling, and opens nothing that was recorded', async () => {
  const { peers, invite } = await conference.room(3, [], { isKept: true, nodeFlags })
  const [first, second, third] = peers as [Peer, Peer, Peer]
  const tap = await tapOn(invite, first)
  const captured: Buffer[] = []
  await conference.converse(peers, 'before')
  captured.push(diskOf(peers))
  await first.process.command('exclude', { peers: [third.id], reason: '' })
  await third.process.expect('excluded')
  await conference.agree([first, second])
  await conference.converse([first, second], 'two left')
  captured.push(diskOf(peers))
  await Promise.all([first, second].map(async ({ process }) => await process.crash()))
  captured.push(diskOf(peers))
  const operations = await storedOperations(peers, invite)
  const back = [first, second].map((peer) => conference.again(peer, [], nodeFlags))
  await Promise.all(back.map(async (peer) => await peer.joined()))
  await conference.agree(back)
  await conference.converse(back, 'after')
  captured.push(diskOf(peers))

  const keys = keysOf(peers)
  const frames = framesOf(tap.recorded)
  const disk = Buffer.concat(captured)
  for (const { version, kind, number, hex } of keys) {
    expect(isOn(disk, fromHex(hex)), `${kind} ${number} of ${version}`).toBe(false)
  }
  for (const { session } of frames) expect(isOn(disk, session.salt), 'a salt').toBe(false)
  // The search finds what is there: every operation is, and says what its version's chain key has to fit.
  const commitments = operations.flatMap(({ body }) => ('commitment' in body ? [body.commitment] : []))
  expect(commitments.filter((commitment) => !isOn(disk, commitment))).toEqual([])

  // Those who hold the keys read every frame, those who have the disks none.
  expect(new Set(frames.map(({ reference }) => reference.version)).size).toBeGreaterThanOrEqual(3)
  const [holders, thieves] = [attacker(invite, operations, keys), attacker(invite, operations, [])]
  expect(frames.filter((frame) => !holders.reads(frame))).toEqual([])
  expect(frames.filter((frame) => thieves.reads(frame))).toEqual([])
  console.log(`disk: ${keys.length} keys and ${frames.length} frames against ${disk.length} bytes`)
})

/** Files between processes: a receiver that is killed on the way, and members that nothing but the bridge connects. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Conference, type Peer } from '../support/conference.ts'
import { until } from '../support/until.ts'

const MEBIBYTE = 1024 * 1024

let conference: Conference
let directory: string

beforeEach(async () => {
  conference = await Conference.start()
  directory = await mkdtemp(join(tmpdir(), 'conclave-files-'))
})

afterEach(async () => {
  await conference.stop()
  await rm(directory, { recursive: true })
})

/** A file of random bytes, and its digest. */
async function made(name: string, size: number): Promise<{ path: string; hash: string }> {
  const path = join(directory, name)
  const bytes = randomBytes(size)
  await writeFile(path, bytes)
  return { path, hash: digest(bytes) }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

test('who was killed on the way fetches what it lacks when the same file is offered again', async () => {
  const { peers, invite } = await conference.room(1)
  const [sender] = peers as [Peer]
  const receiver = conference.spawn({ name: 'receiver', invite, isKept: true })
  await receiver.joined()
  await conference.meshed([sender, receiver])
  const { path, hash } = await made('a film.bin', 20 * MEBIBYTE)
  const target = join(directory, 'received')

  const first = await sender.process.command('send-file', { path })
  expect(first).toMatchObject({ fileName: 'a film.bin', size: 20 * MEBIBYTE, hash })
  await receiver.process.expect('file', { id: first['file'], from: sender.id, hash })
  void receiver.process.ask('accept-file', { file: first['file'], path: target }).catch(() => undefined)
  await until(() => receiver.process.seen('transfer').some(({ bytes }) => Number(bytes) > 0), {
    what: 'a part has come',
  })
  receiver.process.signal('SIGKILL')
  await until(() => receiver.process.hasEnded, { what: 'the receiver dies' })

  const back = conference.again(receiver)
  await back.joined()
  await until(
    async () => (await sender.members()).every(({ peer, via }) => peer === sender.id || via === 'webrtc'),
    {
      what: 'the receiver is back',
    },
  )
  const again = await sender.process.command('send-file', { path })
  await back.process.expect('file', { id: again['file'] })
  const reply = await back.process.command('accept-file', { file: again['file'], path: target })
  expect(reply).toMatchObject({ path: target, size: 20 * MEBIBYTE, hash })
  expect(digest(await readFile(target))).toBe(hash)
  const [start] = back.process.seen('transfer')
  expect(Number(start?.['bytes'])).toBeGreaterThan(0)
  await sender.process.expect('transfer', { id: again['file'], direction: 'out', status: 'done' })
})

test('by the bridge alone a file of 1 MiB arrives, and a longer one is refused with the reason', async () => {
  const flags = ['--ice-transport-policy', 'relay']
  const { peers } = await conference.room(2, flags)
  const [sender, receiver] = peers as [Peer, Peer]
  const small = await made('small', MEBIBYTE)
  const offer = await sender.process.command('send-file', { path: small.path, to: [receiver.id] })
  await receiver.process.expect('file', { id: offer['file'] })
  const target = join(directory, 'received')
  const start = performance.now()
  await receiver.process.command('accept-file', { file: offer['file'], path: target })
  console.log(`files: 1 MiB by the bridge took ${Math.round(performance.now() - start)} ms`)
  expect(digest(await readFile(target))).toBe(small.hash)
  await sender.process.expect('transfer', { direction: 'out', status: 'done' })

  const long = await made('long', MEBIBYTE + 1)
  const refused = await sender.process.ask('send-file', { path: long.path })
  expect(refused).toMatchObject({ ok: false, code: 'no-direct-path' })
})

/** What members may make of files: who is served, what is believed of an offer, and how many are kept. */
import { expect, test } from 'vitest'
import { IncomingFiles } from '../src/files/incoming.ts'
import { decodeOffer, encodeOffer, harmless } from '../src/files/offer.ts'
import { OutgoingFiles } from '../src/files/outgoing.ts'
import type { ByteStream } from '../src/files/byte-stream.ts'
import type { FilesInit } from '../src/files/room-files.ts'
import type { FileOffer, Transfer } from '../src/index.ts'

const CONTENT = { fileName: 'a', type: 'text/plain', size: 1, hash: '0'.repeat(64) }

function secrets(seed: number): { id: Uint8Array; key: Uint8Array } {
  return { id: new Uint8Array(16).fill(seed), key: new Uint8Array(32).fill(seed) }
}

interface Stub {
  readonly init: FilesInit
  readonly members: Set<string>
  readonly said: string[]
  readonly offers: FileOffer[]
  readonly transfers: Transfer[]
  /** Chunks sent over the bridge, by peer. */
  readonly chunks: string[]
}

function stub(): Stub {
  const members = new Set(['ada', 'ben', 'cem'])
  const [said, chunks]: [string[], string[]] = [[], []]
  const [offers, transfers]: [FileOffer[], Transfer[]] = [[], []]
  const init: FilesInit = {
    self: () => ({ self: 'ada', name: 'Ada' }),
    isMember: (peer) => members.has(peer),
    membersOnline: () => [...members].filter((peer) => peer !== 'ada'),
    isDirect: () => true,
    seek: () => undefined,
    openStream: async () => await Promise.reject(new Error('no stream')),
    mustReach: async () => undefined,
    say: async (name) => said.push(name),
    sendChunk: async (peer) => chunks.push(peer),
    turn: async () => undefined,
    onOffer: (offer) => offers.push(offer),
    onTransfer: (transfer) => transfers.push(transfer),
  }
  return { init, members, said, offers, transfers, chunks }
}

/** A stream on which nobody answers. */
const stream = {
  available: 0,
  read: async () => await Promise.reject(new Error('gone')),
  write: async () => undefined,
  close: async () => undefined,
  abort: () => undefined,
} as unknown as ByteStream

test('only members that a file is for are served, as the roster is now (SPEC A7)', async () => {
  const { init, members, chunks } = stub()
  const files = new OutgoingFiles(init)
  const { id } = await files.send(new Uint8Array(100), { to: 'ben' })
  const ask = (peer: string, file = id): boolean => files.serve({ peer, id: file, from: 0, stream })
  expect([ask('ben'), ask('cem'), ask('dan'), ask('ben', '0'.repeat(32))]).toEqual([
    true,
    false,
    false,
    false,
  ])
  members.delete('ben')
  expect(ask('ben')).toBe(false)
  files.bridge({ peer: 'ben', id, from: 0 })
  files.bridge({ peer: 'cem', id, from: 0 })
  members.add('ben')
  files.bridge({ peer: 'ben', id, from: 0 })
  await expect.poll(() => chunks).toEqual(['ben'])
  files.withdraw(id)
  expect(ask('ben')).toBe(false)
})

test('a peer that asks over and over gets a file a few times over the bridge, and no more (SPEC A6)', async () => {
  const { init, chunks } = stub()
  const files = new OutgoingFiles(init)
  const { id } = await files.send(new Uint8Array(100), {})
  for (let i = 0; i < 100; i++) {
    files.bridge({ peer: 'ben', id, from: 0 })
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  files.bridge({ peer: 'cem', id, from: 0 })
  await expect.poll(() => chunks.filter((peer) => peer === 'cem')).toHaveLength(1)
  expect(chunks.filter((peer) => peer === 'ben')).toHaveLength(20)
})

test('names are no paths and forge no lines, types are types, and what is no offer is none (SPEC A3)', () => {
  expect(['../../etc/passwd', 'C:\\a.exe', 'a\nb\u202Egpj.exe', '..', ' ', '\uD800'].map(harmless)).toEqual([
    '.._.._etc_passwd',
    'C__a.exe',
    'abgpj.exe',
    'file',
    'file',
    '\uFFFD',
  ])
  const long = harmless(`${'ä'.repeat(500)}.tar.gz`)
  expect(new TextEncoder().encode(long).length).toBeLessThanOrEqual(255)
  expect(long).toMatch(/\.tar\.gz$/)

  const good = encodeOffer(secrets(1), CONTENT) as Record<string, unknown>
  expect(decodeOffer(good)).toEqual({ id: '01'.repeat(16), secrets: secrets(1), ...CONTENT })
  expect(decodeOffer({ ...good, type: 'text/html"><script>' })?.type).toBe('')
  const bad = [
    null,
    'file',
    {},
    { ...good, id: '01' },
    { ...good, key: 'x'.repeat(64) },
    { ...good, size: -1 },
    { ...good, size: 2 ** 33 },
    { ...good, size: 1.5 },
    { ...good, hash: 7 },
    { ...good, name: 7 },
  ]
  expect(bad.map(decodeOffer)).toEqual(bad.map(() => undefined))
})

test('of one member sixteen offers are kept, which nobody else takes back (SPEC A7)', () => {
  const { init, offers, transfers } = stub()
  const files = new IncomingFiles(init)
  for (let i = 1; i <= 20; i++) files.hear('ben', 'Ben', encodeOffer(secrets(i), CONTENT))
  files.hear('cem', 'Cem', encodeOffer(secrets(21), CONTENT))
  // Somebody else’s id is taken already.
  files.hear('cem', 'Cem', encodeOffer(secrets(20), CONTENT))
  expect(offers).toHaveLength(21)
  expect(files.offers.map(({ from }) => from)).toEqual([...Array<string>(16).fill('ben'), 'cem'])
  files.ended('cem', '14'.repeat(16))
  expect(files.has('14'.repeat(16))).toBe(true)
  files.gone('ben')
  expect(files.offers.map(({ from }) => from)).toEqual(['cem'])
  expect(transfers.map(({ code }) => code)).toEqual(Array(16).fill('withdrawn'))
})

/** What members may make of files: who is served, what is believed of an offer, and how many are kept. */
import { expect, test } from 'vitest'
import { Actions } from '../src/action.ts'
import { IncomingFiles } from '../src/files/incoming.ts'
import { decodeOffer, encodeOffer, harmless } from '../src/files/offer.ts'
import { OutgoingFiles } from '../src/files/outgoing.ts'
import { RoomFiles } from '../src/files/room-files.ts'
import type { ByteStream } from '../src/files/byte-stream.ts'
import type { FilesInit } from '../src/files/room-files.ts'
import type { PeerId } from '@conclave/protocol'
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

test('who asks again while chunks wait to be sent gets no more of them by it (SPEC A6)', async () => {
  const { init, chunks } = stub()
  const sent = Promise.withResolvers<number>()
  const files = new OutgoingFiles({
    ...init,
    sendChunk: async (peer) => {
      chunks.push(peer)
      return await sent.promise
    },
  })
  const { id } = await files.send(new Uint8Array(100), {})
  for (let i = 0; i < 10; i++) files.bridge({ peer: 'ben', id, from: 0 })
  await expect.poll(() => chunks).toEqual(['ben'])
  sent.resolve(1)
})

test('a request for a file that is for all is for nobody, and a chunk that is none is no trouble (SPEC A6)', async () => {
  const { init, said } = stub()
  const actions = new Actions({ send: async () => 0, isClear: () => true, onAction: () => undefined })
  const files = new RoomFiles(init, actions)
  const hear = (name: string, data: unknown, to: string[]): void => {
    const form = data instanceof Uint8Array ? 'bytes' : 'json'
    const bytes = data instanceof Uint8Array ? data : new TextEncoder().encode(JSON.stringify(data))
    const action = { kind: 'action', name, to: to as PeerId[], form, data: bytes } as const
    actions.hear({ event: 'action', from: 'ben' as PeerId, name: 'Ben', action })
  }
  hear(':file-want', { id: '0'.repeat(32), from: 0 }, [])
  hear(':file-want', { id: '0'.repeat(32), from: 0 }, ['ada', 'cem'])
  expect(said).toEqual([])
  hear(':file-want', { id: '0'.repeat(32), from: 0 }, ['ada'])
  expect(said).toEqual([':file-end'])
  hear(':file', encodeOffer(secrets(1), CONTENT), [])
  const fetched = files.incoming.accept('01'.repeat(16), {})
  for (const length of [0, 15, 16, 33, 36, 37]) hear(':file-chunk', new Uint8Array(length).fill(1), ['ada'])
  files.cancel('01'.repeat(16))
  await expect(fetched).rejects.toMatchObject({ name: 'AbortError' })
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
  // As long as an action can hold: a member that offers such a file must not stop all others.
  const start = performance.now()
  expect(harmless(`${'b'.repeat(40_000)}.zip`)).toHaveLength(255)
  expect(performance.now() - start).toBeLessThan(1_000)

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

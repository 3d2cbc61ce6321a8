/** Files between rooms in one process, over real WebRTC. */
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { hostOfNode } from '../src/host.ts'
import { identityFromSeed } from '../src/identity.ts'
import { Conclave, type FileOffer, type Room, type Transfer } from '../src/index.ts'
import { createPeerNode } from '../src/libp2p-options.ts'
import { cleanUpWebRtc } from '../src/webrtc-cleanup.ts'
import { Cleanup, randomSeed, until } from './support.ts'

const MEGABYTE = 1024 * 1024
const cleanup = new Cleanup()

afterEach(async () => {
  await cleanup.run()
  await cleanUpWebRtc()
})

interface Someone {
  readonly room: Room
  readonly offers: FileOffer[]
  readonly transfers: Transfer[]
  /** Cuts all its direct connections. */
  cut(): void
}

async function someone(relays: string[], name: string, invite?: string): Promise<Someone> {
  const { seed, publicKey } = await identityFromSeed(randomSeed())
  const {
    libp2p: node,
    topics,
    relays: relayPeers,
  } = await createPeerNode({ seed, rtcConfiguration: { iceServers: [] } })
  const conclave = new Conclave({ host: hostOfNode(node), seed, publicKey, topics, relayPeers }, { relays })
  await conclave.start()
  cleanup.add(async () => {
    await conclave.stop()
    await node.stop()
  })
  const room = await (invite === undefined ? conclave.create({ name }) : conclave.join(invite, { name }))
  const [offers, transfers]: [FileOffer[], Transfer[]] = [[], []]
  room.addEventListener('file', ({ detail }) => offers.push(detail))
  room.addEventListener('transfer', ({ detail }) => transfers.push(detail))
  await until(`${name} is in`, () => room.state.version !== undefined)
  const cut = (): void => {
    for (const connection of node.getConnections()) {
      if (connection.direct && !relays.some((relay) => relay.endsWith(connection.remotePeer.toString())))
        connection.abort(new Error('cut by the test'))
    }
  }
  return { room, offers, transfers, cut }
}

async function meeting(count: number): Promise<Someone[]> {
  const relay = await cleanup.relay()
  const first = await someone(relay.multiaddrs(), 'Ada')
  const all = [first]
  for (const name of ['Ben', 'Cem'].slice(0, count - 1))
    all.push(await someone(relay.multiaddrs(), name, first.room.invite()))
  for (const one of all) {
    await until(
      'all connected',
      () =>
        one.room.health.members.every(({ via }) => via === 'webrtc') &&
        one.room.health.members.length === count - 1,
    )
  }
  return all
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('a file of 20 MB goes on where it stood when the connection was cut (SPEC A5)', async () => {
  const [ada, ben] = (await meeting(2)) as [Someone, Someone]
  const bytes = randomBytes(20 * MEGABYTE)
  const shown: number[] = []
  const sent = await ada.room.sendFile(new File([bytes], '../a/b\u202Egpj.exe'), {
    type: 'image/PNG',
    onProgress: ({ bytes: have }) => shown.push(have),
  })
  const offer = await until('an offer', () => ben.offers[0])
  expect(offer).toEqual({
    id: sent.id,
    from: ada.room.self,
    name: 'Ada',
    fileName: '.._a_bgpj.exe',
    type: 'image/png',
    size: bytes.length,
    hash: sha256(bytes),
  })
  let cuts = 0
  let before = ''
  const { file } = await ben.room.acceptFile(offer.id, {
    onProgress: ({ bytes: have, status }) => {
      const isBack = status === 'active' && before === 'waiting'
      before = status
      // On its way, and as soon as it goes on.
      if (cuts === 0 ? have < MEGABYTE : cuts === 2 || !isBack) return
      cuts += 1
      ben.cut()
    },
  })
  await sent.done
  expect(cuts).toBe(2)
  expect(sha256(new Uint8Array(await (file ?? new Blob()).arrayBuffer()))).toBe(offer.hash)
  expect([file?.name, file?.type]).toEqual([offer.fileName, 'image/png'])
  const states = ben.transfers.map(({ status }) => status).filter((status, i, all) => status !== all[i - 1])
  expect(states).toEqual(['waiting', 'active', 'waiting', 'active', 'waiting', 'active', 'done'])
  // Nothing was sent twice but what was on its way.
  const back = ben.transfers.filter(({ bytes: have }, i) => have < (ben.transfers[i - 1]?.bytes ?? 0))
  expect(back).toEqual([])
  expect(shown.length).toBeGreaterThan(3)
  expect(ada.transfers.at(-1)).toMatchObject({
    status: 'done',
    direction: 'out',
    peer: ben.room.self,
    bytes: bytes.length,
  })
  // It is offered until it is withdrawn, also again to the same.
  expect(ben.room.files).toEqual([])
})

test('either side cancels, declines or withdraws, and the other is told', async () => {
  const [ada, ben] = (await meeting(2)) as [Someone, Someone]
  const bytes = randomBytes(8 * MEGABYTE)

  const first = await ada.room.sendFile(bytes, { name: 'first' })
  const { id } = await until('an offer', () => ben.offers[0])
  const abort = new AbortController()
  const onProgress = ({ bytes: have }: Transfer): void => {
    if (have > 0) abort.abort()
  }
  await expect(ben.room.acceptFile(id, { signal: abort.signal, onProgress })).rejects.toThrow('cancelled')
  await until('Ada is told', () => ada.transfers.at(-1)?.status === 'cancelled')
  expect(ben.transfers.at(-1)).toMatchObject({ status: 'cancelled', code: 'cancelled' })
  await first.done

  const second = await ada.room.sendFile(bytes, { name: 'second' })
  const offer = await until('an offer', () => ben.offers[1])
  const fetching = ben.room.acceptFile(offer.id, {
    onProgress: ({ bytes: have }) => {
      if (have > 0) second.cancel()
    },
  })
  await expect(fetching).rejects.toThrow('withdrawn')
  await expect(second.done).rejects.toThrow('withdrawn')
  expect(ben.room.files).toEqual([expect.objectContaining({ id })])

  const third = await ada.room.sendFile(Uint8Array.of(), { name: 'third' })
  const empty = await until('an offer', () => ben.offers[2])
  ben.room.cancelFile(empty.id)
  await third.done
  expect(ada.transfers.at(-1)).toMatchObject({ id: third.id, status: 'cancelled', code: 'declined' })
  const fourth = await ada.room.sendFile(Uint8Array.of(), { name: 'fourth' })
  const again = await until('an offer', () => ben.offers[3])
  expect((await ben.room.acceptFile(again.id)).file?.size).toBe(0)
  await fourth.done
})

test('who is not meant, or was excluded, gets nothing (SPEC A7)', async () => {
  const [ada, ben, cem] = (await meeting(3)) as [Someone, Someone, Someone]
  const bytes = randomBytes(3 * MEGABYTE)
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 100_000)
      yield await Promise.resolve(bytes.subarray(at, at + 100_000))
  }
  const sent = await ada.room.sendFile(pieces(), { to: ben.room.self, name: 'for Ben' })
  const offer = await until('an offer', () => ben.offers[0])
  const written: Uint8Array[] = []
  const to = new WritableStream<Uint8Array>({ write: (piece) => void written.push(piece) })
  expect((await ben.room.acceptFile(offer.id, { to })).file).toBeUndefined()
  expect(sha256(Buffer.concat(written))).toBe(sha256(bytes))
  await sent.done

  const forAll = await ada.room.sendFile(bytes, { name: 'for all' })
  const known = await until('an offer', () => cem.offers[0])
  expect(cem.offers).toHaveLength(1)
  expect(known.id).toBe(forAll.id)
  await ada.room.exclude([cem.room.self])
  await expect(cem.room.acceptFile(known.id)).rejects.toThrow()
  await expect(ada.room.sendFile(bytes, { to: cem.room.self })).rejects.toThrow('Nobody that the file is for')
  await ben.room.acceptFile((await until('an offer', () => ben.offers[1])).id)
  await forAll.done
})

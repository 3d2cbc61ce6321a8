import { nobleSigner } from '@conclave/protocol'
import { expect, test } from 'vitest'
import { Entries, type Entry } from '../src/entries.ts'
import { Verifier } from '../src/verifier.ts'

const { publicKey } = nobleSigner(new Uint8Array(32).fill(7))
const RELAYS = ['/ip4/127.0.0.1/tcp/9001/ws/p2p/first', '/ip4/127.0.0.1/tcp/9002/ws/p2p/second']
const [FIRST] = RELAYS

/** How a node enters rooms that was started with these relays. */
function entriesWith(relays: string[]): Entries {
  return new Entries({ publicKey, verifier: new Verifier(), relays: () => relays })
}

test.each<[string, (entries: Entries) => Promise<Entry>]>([
  ['a room that we created', async (entries) => entries.create()],
  ['an open room', async (entries) => await entries.of('harbour')],
])('%s is met at its relays however often we come back, without naming one', async (_what, enter) => {
  let entry = await enter(entriesWith(RELAYS))
  const { id } = entry.group
  for (let start = 1; start <= 3; start++) {
    entry = await entriesWith([]).again(entry.record)
    expect(entry).toMatchObject({ group: { id }, relays: RELAYS, record: { relays: RELAYS } })
  }
})

test('a relay that is named when we come back is kept in mind, too, three in all', async () => {
  const { record } = entriesWith(RELAYS).create()
  const named = ['/ip4/127.0.0.1/tcp/9003/ws/p2p/third', '/ip4/127.0.0.1/tcp/9004/ws/p2p/fourth']
  expect(await entriesWith(named).again(record)).toMatchObject({ record: { relays: [...named, FIRST] } })
})

/** What a page shows of a room, a program learns in the JSON form, too: who read what, whose slots are whose, who may do what. */
import { expect, test } from 'vitest'
import { inviteFrom, startPeer, startRelay } from '../../scripts/local-network.ts'

test('a program is told of readers, the table, its rights, uses of an invite and the log', async () => {
  const { relay, multiaddrs: relays } = await startRelay()
  const ada = await startPeer({ relays, name: 'Ada' })
  const invite = await inviteFrom(ada)
  const ben = await startPeer({ relays, name: 'Ben', invite })
  try {
    const { peer: a, room } = await ada.expect('joined')
    const { peer: b } = await ben.expect('joined')
    const [adas, bens] = await Promise.all([ada, ben].map(async (one) => await one.command('state')))
    const all = { admit: true, exclude: true, govern: true }
    expect(adas).toMatchObject({ peer: a, room, name: '', members: 2, rights: all })
    expect(bens).toMatchObject({ peer: b, room, rights: { ...all, govern: false } })

    await ben.command('send', { text: 'who reads this?' })
    const { version } = await ada.expect('message', { text: 'who reads this?' })
    const { readers } = await ada.command('readers', { version })
    expect(new Set(readers as string[])).toEqual(new Set([a, b]))
    expect(await ada.ask('readers', { version: 'none' })).toMatchObject({ ok: false, code: 'no-version' })

    expect(await ada.command('uses', { url: invite })).toMatchObject({ uses: 1 })
    expect(await ada.command('uses', { url: await inviteFrom(ada) })).toMatchObject({ uses: 0 })
    expect(await ada.ask('uses', { url: 'conclave:#nonsense' })).toMatchObject({ code: 'bad-invite' })

    const { symbols, radix, rows, tainted, held } = await ada.command('table')
    expect({ symbols, radix, tainted }).toEqual({ symbols: 128, radix: 4, tainted: [] })
    expect(new Set(Object.keys(rows as object))).toEqual(new Set([a, b]))
    for (const row of Object.values(rows as Record<string, number[]>)) expect(row).toHaveLength(128)
    expect(held).toHaveLength(128)

    const { history, length } = await ada.command('history', { count: 1 })
    expect(history).toMatchObject([{ kind: 'admission', by: a, peers: [{ peer: b, name: 'Ben' }] }])
    expect(length).toBe(2)
    expect(await ada.command('history', { count: 0 })).toMatchObject({ history: [] })

    // An empty name is nobody, not oneself.
    const transition = { to: 'centralized-flat', manager: '' }
    expect(await ada.ask('transition', transition)).toMatchObject({ ok: false, code: 'not-a-member' })
  } finally {
    await Promise.all([ada, ben, relay].map(async (one) => await one.stop()))
  }
})

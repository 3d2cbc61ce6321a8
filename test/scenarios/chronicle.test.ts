/** What a member's log tells people about the room. */
import { expect, test } from 'vitest'
import { Room } from './room.ts'

test('the log tells who did what to whom, and who reads what, the gone included', () => {
  const room = new Room(3, 1)
  const [ana, ben, cleo] = [room.peer(0), room.peer(1), room.peer(2)]
  const before = ana.state.version
  ana.exclude([cleo], 'too loud')
  room.world.run(5_000)
  const { chronicle } = ben.member
  const deeds = chronicle.deeds(100)
  expect(deeds.map(({ kind }) => kind)).toEqual(['founding', 'admission', 'admission', 'exclusion'])
  expect(deeds.at(-1)).toMatchObject({ author: ana.id, reason: 'too loud', peers: [{ peer: cleo.id }] })
  expect(deeds.every(({ signature }) => signature.length === 64)).toBe(true)
  const after = ben.state.version
  if (before === undefined || after === undefined) throw new Error('no version')
  expect(chronicle.readers(before)?.toSorted()).toEqual([ana.id, ben.id, cleo.id].toSorted())
  expect(chronicle.readers(after)?.toSorted()).toEqual([ana.id, ben.id].toSorted())
})

test('the table shows whose row holds which slots, and what who is gone may know', () => {
  const room = new Room(3, 2)
  room.peer(0).exclude([room.peer(2)])
  room.world.run(5_000)
  const { symbols, radix, rows, tainted, held } = room.peer(1).member.chronicle.table
  expect([...rows.keys()].toSorted()).toEqual([room.peer(0).id, room.peer(1).id].toSorted())
  const own = rows.get(room.peer(1).id) ?? []
  expect(own.length).toBe(symbols)
  expect(own.every((symbol) => symbol >= 0 && symbol < radix)).toBe(true)
  expect(tainted.length).toBe(symbols)
  expect(held.every((slot) => slot % radix === own[Math.floor(slot / radix)])).toBe(true)
})

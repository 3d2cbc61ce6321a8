import { expect, test } from 'vitest'
import { pairSafetyNumber, roomSafetyNumber, safetyCode } from '../src/group/safety.ts'
import { nobleSuite } from '../src/crypto/noble-suite.ts'
import { ChunkBox } from '../src/traffic/file-chunk.ts'
import { bytes, group, peer } from './support.ts'

test('both of a pair see one safety number, and others another (SPEC S3)', () => {
  const room = group()
  const number = pairSafetyNumber(room, peer(1), peer(2))
  expect(number).toMatch(/^(?:\d{5} ){11}\d{5}$/)
  expect(pairSafetyNumber(room, peer(2), peer(1))).toBe(number)
  const others = [
    pairSafetyNumber(room, peer(1), peer(3)),
    pairSafetyNumber(group(undefined, 'another'), peer(1), peer(2)),
    roomSafetyNumber(room, [peer(1), peer(2)]),
  ]
  expect(new Set([number, ...others]).size).toBe(4)
  expect(number).toMatchInlineSnapshot(
    `"21017 59424 77186 83911 52983 24241 54246 33047 35514 36472 77504 74882"`,
  )
})

test('the number of a room is that of its members, in whatever order they are listed', () => {
  const room = group()
  const number = roomSafetyNumber(room, [peer(1), peer(2), peer(3)])
  expect(number).toMatch(/^(?:\d{5} ){11}\d{5}$/)
  expect(roomSafetyNumber(room, [peer(3), peer(1), peer(2)])).toBe(number)
  expect(roomSafetyNumber(room, [peer(1), peer(2)])).not.toBe(number)
  expect(() => roomSafetyNumber(room, ['somebody'])).toThrow('no peer id')
})

test('a safety code is short, and another one for each peer', () => {
  const codes = Array.from({ length: 50 }, (_, i) => safetyCode(group(), peer(i)))
  for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
  expect(new Set(codes).size).toBe(50)
})

test('a chunk of a file opens in its place of its delivery, and nowhere else (SPEC A4)', () => {
  const delivery = { key: bytes(32, 1), id: bytes(16, 2), salt: bytes(16, 3) }
  const box = new ChunkBox(nobleSuite, delivery)
  const chunk = bytes(1_000)
  const sealed = box.seal(7, chunk)
  expect(sealed).toHaveLength(1_016)
  expect(box.open(7, sealed)).toEqual(chunk)
  expect(box.open(8, sealed)).toBeUndefined()
  for (const part of ['key', 'id', 'salt'] as const) {
    const other = new ChunkBox(nobleSuite, { ...delivery, [part]: bytes(delivery[part].length, 9) })
    expect(other.open(7, sealed)).toBeUndefined()
    // Else one key and nonce would serve twice.
    expect(other.seal(7, chunk)).not.toEqual(sealed)
  }
})

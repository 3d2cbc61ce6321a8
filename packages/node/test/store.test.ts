import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Key } from 'interface-datastore'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryStore, openStore } from '../src/store.ts'
import { text } from './support.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'conclave-store-'))
})
afterAll(async () => await rm(directory, { recursive: true }))

test('what is put into a directory is there after it was closed', async () => {
  const first = await openStore(join(directory, 'a'))
  await first.put(new Key('/room/heads'), text('heads'))
  await first.close()
  const second = await openStore(join(directory, 'a'))
  expect(new Uint8Array(await second.get(new Key('/room/heads')))).toEqual(text('heads'))
  await second.close()
})

test('a directory in use is refused with a sentence that names it', async () => {
  const path = join(directory, 'b')
  const first = await openStore(path)
  await expect(openStore(path)).rejects.toMatchObject({ name: 'UsageError', code: 'store-unusable' })
  await expect(openStore(path)).rejects.toThrow(path)
  await first.close()
})

test('a store in memory begins empty', async () => {
  const store = memoryStore()
  await store.put(new Key('/a'), text('b'))
  expect(await memoryStore().has(new Key('/a'))).toBe(false)
  await store.close()
})

import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeIdentity, encodeIdentity, loadIdentity } from '../src/identity-file.ts'
import { createIdentity, identityFromSeed, publicKeyOfPeer } from '../src/identity.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'conclave-identity-'))
})
afterAll(async () => await rm(directory, { recursive: true }))

test('a missing file becomes a new identity that its owner alone can read, and stays the same', async () => {
  const path = join(directory, 'new')
  const made = await loadIdentity(path)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await loadIdentity(path)).peer).toBe(made.peer)
})

test('two processes that start at once end with the same identity', async () => {
  const path = join(directory, 'shared')
  const all = await Promise.all(Array.from({ length: 20 }, async () => await loadIdentity(path)))
  expect(new Set(all.map(({ peer }) => peer)).size).toBe(1)
  expect(await readdir(directory)).toEqual(['new', 'shared'])
})

test.each(['', 'conclave-identity-1 short\n', 'conclave-identity-2 x', 'conclave-identity-1 \n\n'])(
  'a damaged file is named and not overwritten: %j',
  async (content) => {
    const path = join(directory, 'damaged')
    await writeFile(path, content)
    await expect(loadIdentity(path)).rejects.toMatchObject({ name: 'UsageError', code: 'identity-damaged' })
    await expect(loadIdentity(path)).rejects.toThrow(path)
    expect(await readFile(path, 'utf8')).toBe(content)
  },
)

test('a directory that does not exist is named', async () => {
  await expect(loadIdentity(join(directory, 'no', 'file'))).rejects.toMatchObject({
    code: 'identity-unwritable',
  })
})

test('text and seed give the same peer, whose id holds the public key', async () => {
  const identity = await createIdentity()
  expect((await decodeIdentity(encodeIdentity(identity), 'text')).peer).toBe(identity.peer)
  expect(publicKeyOfPeer(identity.peer)).toEqual(identity.publicKey)
  expect(publicKeyOfPeer('12D3Koo')).toBeUndefined()
  await expect(identityFromSeed(new Uint8Array(31))).rejects.toMatchObject({ code: 'identity-damaged' })
})

import { expect, it } from 'vitest'
import { openIdentity, sealIdentity } from '../src/identity-file.ts'

const identity = { seed: new Uint8Array(32).fill(7), name: 'Zoë' }

it('opens with its passphrase alone', async () => {
  const file = await sealIdentity(identity, 'correct horse battery')
  expect(file).not.toContain('Zoë')
  expect(await openIdentity(file, 'correct horse battery')).toEqual(identity)
  await expect(openIdentity(file, 'Correct horse battery')).rejects.toMatchObject({ code: 'bad-passphrase' })
})

it('refuses what is no identity file, or would keep it busy for hours', async () => {
  const file = await sealIdentity(identity, 'correct horse battery')
  const slow = file.replace('"iterations":600000', '"iterations":6000000000')
  for (const text of ['', '[]', '{"format":"conclave-identity-1"}', slow]) {
    await expect(openIdentity(text, 'correct horse battery')).rejects.toMatchObject({
      code: 'bad-identity-file',
    })
  }
})

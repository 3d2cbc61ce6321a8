import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const sources = join(import.meta.dirname, '../src')
const markupSinks =
  /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc/u

it('makes no markup out of text anywhere', async () => {
  const found: string[] = []
  for await (const file of glob('**/*.{ts,tsx}', { cwd: sources })) {
    if (markupSinks.test(await readFile(join(sources, file), 'utf8'))) found.push(file)
  }
  expect(found).toEqual([])
})

/** What the page says of numbers that stand elsewhere in the code. */
import { expect, it } from 'vitest'
import { BRIDGED_FILE_BYTES_MAX, FILE_BYTES_MAX } from '../../node/src/limits.ts'
import { de } from '../src/words/de.ts'
import { en } from '../src/words/en.ts'

it('the page names the sizes that files may have', () => {
  const direct = `${Math.floor(FILE_BYTES_MAX / 1e9)} GB`
  const bridged = `${Math.floor(BRIDGED_FILE_BYTES_MAX / 1e6)} MB`
  for (const { file, errors } of [en, de]) {
    expect(file.limit).toContain(` ${direct} `)
    expect(file.limit).toContain(` ${bridged} `)
    expect(errors['file-size']).toContain(` ${direct}`)
    expect(errors['no-direct-path']).toContain(` ${bridged}`)
  }
})

/** What the READMEs show in TypeScript compiles against the packages, as strictly as the examples do. */
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const documents = globSync(['*.md', 'packages/*/*.md', 'examples/*.md'], {
  cwd: root,
  exclude: ['**/api.md'],
})
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conclave-snippets-'))
  // Who embeds rooms has these packages, and no others.
  await symlink(join(root, 'examples/node_modules'), join(folder, 'node_modules'))
})

afterAll(async () => await rm(folder, { recursive: true }))

/** The code of each fence, on the lines that it has in the document: so a complaint names them. */
function snippetsOf(document: string): { file: string; code: string }[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(/^```(tsx?)\n([\s\S]*?)^```$/gm)].map(({ 1: kind, 2: code = '', index }) => {
    const above = text.slice(0, index).split('\n').length
    return { file: `${document}.${above}.${kind}`, code: '\n'.repeat(above) + code }
  })
}

/** What the compiler has to say, a line each. */
async function complaintsAbout(snippets: readonly { file: string; code: string }[]): Promise<string[]> {
  for (const { file, code } of snippets) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), code)
  }
  const configuration = {
    extends: join(root, 'examples/tsconfig.json'),
    compilerOptions: {
      paths: { '@conclave/protocol': [join(root, 'packages/protocol/src/index.ts')] },
      typeRoots: [join(root, 'node_modules/@types')],
      // A snippet shows how something is made; what is done with it is left to the reader.
      noUnusedLocals: false,
      moduleDetection: 'force',
    },
    files: snippets.map(({ file }) => file),
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
  const compiler = promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: folder })
  const { stdout } = await compiler.catch((error: unknown) => {
    if (error instanceof Error && 'stdout' in error) return error
    throw error
  })
  return String(stdout).split('\n').filter(Boolean)
}

test('every snippet compiles', async () => {
  const snippets = documents.flatMap(snippetsOf)
  expect(new Set(snippets.map(({ file }) => file.slice(0, file.indexOf('.md'))))).toEqual(
    new Set(['README', 'packages/node/README', 'packages/protocol/README']),
  )
  expect(await complaintsAbout(snippets)).toEqual([])
})

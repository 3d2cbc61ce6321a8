/** Builds the demo page, and its element for other pages, when something it is made of is newer than the last build. */
import { glob, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')
const page = join(root, 'packages/demo-chat')
/** Where the built files are. */
export const pageFiles = join(page, 'dist')
/** All of it in one file, for other pages. */
const element = 'conclave-chat.js'

/** Bytes, gzipped: what the first paint waits for, and all that is ever loaded, the networking code included. */
const FIRST_PAINT_BUDGET = 60_000
const WHOLE_BUDGET = 320_000

const sources = [
  'packages/*/src/**/*',
  'packages/*/package.json',
  'packages/demo-chat/{index.html,*.ts,public/*}',
  'pnpm-lock.yaml',
]

/** Leaves an up-to-date build in {@link pageFiles}. Rejects with the bundler's message if it cannot be built,
 * and when it weighs more than its budget. */
export async function buildPage({ force = false, quiet = false } = {}): Promise<void> {
  if (!force && (await isFresh())) return
  const before = process.env['NODE_ENV']
  // A test runner sets another one, for which Vite would build what is served to nobody.
  process.env['NODE_ENV'] = 'production'
  try {
    // The second adds to what the first has made.
    for (const config of ['vite.config.ts', 'vite.element.config.ts'])
      await build({ root: page, configFile: join(page, config), logLevel: quiet ? 'warn' : 'info' })
  } finally {
    if (before === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = before
  }
  const weights = await weigh()
  if (!quiet) console.log(wordsFor(weights))
  const over = weights.filter(({ bytes, budget }) => bytes > budget)
  if (over.length > 0) throw new Error(`The page is over its budget.\n${wordsFor(over)}`)
}

interface Weight {
  what: string
  /** As it travels, compressed. */
  bytes: number
  budget: number
}

/** What a visitor waits for before anything shows, and what all of it weighs. */
async function weigh(): Promise<Weight[]> {
  const markup = await readFile(join(pageFiles, 'index.html'), 'utf8')
  const first = ['index.html']
  const all: string[] = []
  for await (const file of glob('**/*.{html,js,css,svg}', { cwd: pageFiles })) {
    if (file === element) continue
    all.push(file)
    if (file !== 'index.html' && markup.includes(file)) first.push(file)
  }
  return [
    { what: 'first paint', bytes: await gzipped(first), budget: FIRST_PAINT_BUDGET },
    { what: 'everything', bytes: await gzipped(all), budget: WHOLE_BUDGET },
    { what: 'the element', bytes: await gzipped([element]), budget: WHOLE_BUDGET },
  ]
}

async function gzipped(files: readonly string[]): Promise<number> {
  let bytes = 0
  for (const file of files) bytes += gzipSync(await readFile(join(pageFiles, file))).length
  return bytes
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`
}

function wordsFor(weights: readonly Weight[]): string {
  return weights
    .map(({ what, bytes, budget }) => `${what}: ${kilobytes(bytes)} gzip, of ${kilobytes(budget)} allowed`)
    .join('\n')
}

async function isFresh(): Promise<boolean> {
  const built = await stat(join(pageFiles, element)).then(
    (stats) => stats.mtimeMs,
    () => 0,
  )
  if (built === 0) return false
  for await (const path of glob(sources, { cwd: root })) {
    const stats = await stat(join(root, path))
    if (stats.isFile() && stats.mtimeMs > built) return false
  }
  return true
}

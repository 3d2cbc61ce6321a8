/** Builds the demo page, when something it is made of is newer than the last build. */
import { glob, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')
const page = join(root, 'packages/demo-chat')
/** Where the built files are. */
export const pageFiles = join(page, 'dist')

const sources = [
  'packages/*/src/**/*',
  'packages/*/package.json',
  'packages/demo-chat/{index.html,*.ts,public/*}',
  'pnpm-lock.yaml',
]

/** Leaves an up-to-date build in {@link pageFiles}. Rejects with the bundler's message if it cannot be built. */
export async function buildPage({ force = false, quiet = false } = {}): Promise<void> {
  if (!force && (await isFresh())) return
  await build({ root: page, configFile: join(page, 'vite.config.ts'), logLevel: quiet ? 'warn' : 'info' })
}

async function isFresh(): Promise<boolean> {
  const built = await stat(join(pageFiles, 'index.html')).then(
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

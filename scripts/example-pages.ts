/** Builds the pages of `examples` and serves them to this computer only, under the policy that a careful host would send. */
import { join } from 'node:path'
import sirv from 'sirv'
import { build } from 'vite'
import { serveFiles, type PageServer } from './page-server.ts'

const examples = join(import.meta.dirname, '../examples')

/** Resolves when they are served: each at `/its-folder/`. */
export async function serveExamples({ port = 0 } = {}): Promise<PageServer> {
  await build({ root: examples, configFile: join(examples, 'vite.config.ts'), logLevel: 'warn' })
  return await serveFiles([sirv(join(examples, 'dist'), { etag: true })], { port, search: true })
}

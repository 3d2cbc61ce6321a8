/** Builds the pages of `examples` and serves them to this computer only, under the policy that a careful host would send. */
import { join } from 'node:path'
import sirv from 'sirv'
import { build } from 'vite'
import { buildPage, pageFiles } from './page-build.ts'
import { serveFiles, type PageServer } from './page-server.ts'

const examples = join(import.meta.dirname, '../examples')

/** Resolves when they are served: each at `/its-folder/`. */
export async function serveExamples({ port = 0 } = {}): Promise<PageServer> {
  await build({ root: examples, configFile: join(examples, 'vite.config.ts'), logLevel: 'warn' })
  await buildPage({ quiet: true })
  // The page with the element needs no building: it is served as it is, beside the element's one file.
  const folders = [join(examples, 'dist'), pageFiles, examples]
  const answers = folders.map((folder) => sirv(folder, { etag: true, dev: true }))
  return await serveFiles(answers, { port, search: true })
}

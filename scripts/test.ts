/** What `npm test` runs: every check in turn, up to the first that fails. Arguments go to vitest. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { ensureChromium } from '../test/support/browser.ts'
import { buildPage } from './page-build.ts'

const root = join(import.meta.dirname, '..')
const vitest = [process.execPath, join(root, 'node_modules/vitest/vitest.mjs'), 'run']
let running: ChildProcess | undefined
let interrupted: NodeJS.Signals | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted ??= signal
    // The whole group of the step, since npm does not pass signals on to what it runs.
    if (running?.pid !== undefined) process.kill(-running.pid, signal)
    else process.exit(1)
  })
}

const steps: [headline: string, run: () => Promise<void>][] = [
  ['Types', () => command('npm', 'run', '-s', 'typecheck')],
  ['Lint', () => command('npm', 'run', '-s', 'lint')],
  ['Format', () => command('npm', 'run', '-s', 'format:check')],
  ['Build of the page', () => buildPage({ force: true })],
  ['Chromium', async () => console.log(await ensureChromium())],
  ['Tests', () => command(...vitest, ...process.argv.slice(2))],
]

for (const [headline, run] of steps) {
  console.log(`\n=== ${headline}`)
  try {
    await run()
  } catch (error) {
    console.error(`\n=== FAILED: ${headline}. ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}
console.log('\n=== All passed.')

function command(...[program = '', ...args]: string[]): Promise<void> {
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  running = child
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      running = undefined
      if (interrupted !== undefined) reject(new Error(`Interrupted by ${interrupted}.`))
      else if (code === 0) resolve()
      else reject(new Error('See above.'))
    })
  })
}

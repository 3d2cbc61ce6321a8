/** What `npm run tarballs` makes is installed elsewhere, away from the workspace, and used there as the examples use it. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inviteFrom, startPeer, startRelay } from '../../scripts/local-network.ts'
import { Program } from './program.ts'

const root = join(import.meta.dirname, '../..')
const tarballs = ['protocol', 'node'].map((name) => join(root, `dist/conclave-${name}-0.1.0.tgz`))
const run = promisify(execFile)
let elsewhere: string

beforeAll(async () => {
  await run('npm', ['run', '-s', 'tarballs'], { cwd: root })
  elsewhere = await mkdtemp(join(tmpdir(), 'conclave-tarballs-'))
  await write('package.json', { private: true, type: 'module' })
  // What the one requires of the other is in no registry.
  await write('pnpm-workspace.yaml', { overrides: { '@conclave/protocol': `file:${tarballs[0]}` } })
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: { setup: string }
  }
  const [pnpm = ''] = /pnpm@\S+/.exec(scripts.setup) ?? []
  // All else has been in the store since the workspace was set up.
  const install = ['-y', pnpm, 'add', '--prefer-offline', '--ignore-scripts', ...tarballs]
  await run('npx', install, { cwd: elsewhere })
  await cp(join(root, 'examples/node-bot/bot.ts'), join(elsewhere, 'bot.ts'))
})

afterAll(async () => await rm(elsewhere, { recursive: true }))

async function write(name: string, content: object): Promise<void> {
  await writeFile(join(elsewhere, name), JSON.stringify(content))
}

test('the bot of the examples joins a room by the packages of the tarballs alone', async () => {
  const { relay, multiaddrs } = await startRelay()
  const ada = await startPeer({ relays: multiaddrs, name: 'Ada' })
  const bot = new Program(join(elsewhere, 'bot.ts'), await inviteFrom(ada))
  try {
    await bot.says('In a room of 2.')
    await ada.command('send', { text: '!count' })
    await ada.expect('message', { name: 'Counting bot', text: 'Ada, there are 2 of us.' })
    expect(await bot.stop()).toBe(0)
  } finally {
    await Promise.all([bot.stop(), ada.stop(), relay.stop()])
  }
})

test('the command is there, too', async () => {
  const { stdout } = await run(join(elsewhere, 'node_modules/.bin/conclave'), ['--help'])
  expect(stdout).toContain('peer [options] [invite]')
})

test('the bot is checked by the types of the tarballs', async () => {
  await write('tsconfig.json', {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
    include: ['*.ts'],
  })
  await writeFile(
    join(elsewhere, 'mistaken.ts'),
    `import { joinRoom } from '@conclave/node'
const room = await joinRoom({ name: 'Ada' })
room.addEventListener('message', ({ detail }) => detail.nothing)`,
  )
  const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', elsewhere]).catch(
    (error: unknown) => {
      if (error instanceof Error && 'stdout' in error) return error
      throw error
    },
  )
  const complaints = String(stdout).trim().split('\n')
  expect(complaints).toEqual([expect.stringMatching(/mistaken\.ts\(3,\d+\).*'nothing' does not exist/)])
})

test('a page is made of them, without what only Node has', async () => {
  await cp(join(root, 'examples/plain-page'), join(elsewhere, 'page'), { recursive: true })
  const made = await build({
    root: join(elsewhere, 'page'),
    configFile: false,
    logLevel: 'silent',
    build: { target: 'es2024', write: false },
  })
  const modules = ('output' in made ? made.output : []).flatMap((one) =>
    'moduleIds' in one ? one.moduleIds : [],
  )
  expect(modules.filter((id) => /node_modules\/@conclave\/node\//.test(id)).length).toBeGreaterThan(20)
  expect(modules.filter((id) => /node-datachannel|datastore-level|browser-external/.test(id))).toEqual([])
})

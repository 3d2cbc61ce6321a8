import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from './support.ts'
import type { ChildProcess } from 'node:child_process'

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const running: ChildProcess[] = []
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'conclave-cli-'))
})
afterAll(async () => await rm(directory, { recursive: true }))
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

interface Run {
  child: ChildProcess
  out: () => string
  err: () => string
  code: () => number | null | false
}

function conclave(args: string[], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } })
  running.push(child)
  let [out, err] = ['', '']
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (err += data.toString()))
  const code = (): number | null | false =>
    child.exitCode === null && child.signalCode === null ? false : child.exitCode
  return { child, out: () => out, err: () => err, code }
}

interface Listening {
  event: string
  peer: string
  multiaddrs: string[]
  http: string | null
}

async function listening(run: Run): Promise<Listening> {
  const line = await until('a line', () => run.out().split('\n')[1] !== undefined && run.out().split('\n')[0])
  const event: Listening = JSON.parse(line)
  return event
}

test('a relay says where it listens, answers health, and ends at a signal', async () => {
  const file = join(directory, 'relay')
  const run = conclave([
    'relay',
    '--listen',
    '/ip4/127.0.0.1/tcp/0/ws',
    '--http',
    '127.0.0.1:0',
    '--identity',
    file,
    '--json',
  ])
  const event = await listening(run)
  expect(event).toMatchObject({ event: 'listening', peer: expect.stringMatching(/^12D3Koo/) })
  expect(event.multiaddrs[0]).toMatch(new RegExp(`^/ip4/127.0.0.1/tcp/\\d+/ws/p2p/${event.peer}$`))
  const health: unknown = await (await fetch(`${event.http}/health`)).json()
  expect(health).toMatchObject({ ok: true, peer: event.peer, connections: 0, reservations: 0, topics: 0 })

  const taken = event.multiaddrs[0]?.split('/p2p/')[0] ?? ''
  const second = conclave(['relay', '--json'], { CONCLAVE_LISTEN: taken })
  await until('its end', () => second.code() !== false)
  expect(second.code()).toBe(1)
  expect(JSON.parse(second.out())).toMatchObject({ event: 'error', code: 'listen-failed' })
  expect(second.err()).toBe('')

  run.child.kill('SIGTERM')
  await until('its end', () => run.code() !== false, 5_000)
  expect(run.code()).toBe(0)
  expect(run.out().trim().split('\n')).toHaveLength(1)

  const print = conclave(['identity'], { CONCLAVE_IDENTITY: file })
  await until('its end', () => print.code() !== false)
  expect(print.out()).toBe(`${event.peer}\n`)
})

test('mistakes are one sentence and exit code 1', async () => {
  const file = join(directory, 'damaged')
  await writeFile(file, 'something else')
  const runs = [
    conclave(['identity', '--identity', file]),
    conclave(['relay', '--listen', 'nonsense']),
    conclave(['relay', '--listen', '/ip4/127.0.0.1/tcp/0/ws', '--http', 'nonsense']),
  ]
  for (const run of runs) {
    await until('its end', () => run.code() !== false)
    expect(run.code()).toBe(1)
    expect(run.out()).toBe('')
    expect(run.err().trim().split('\n')).toHaveLength(1)
  }
  expect(await readFile(file, 'utf8')).toBe('something else')
})

test('a relay does not load the native WebRTC library', async () => {
  const run = conclave(['relay', '--listen', '/ip4/127.0.0.1/tcp/0/ws', '--json'])
  await listening(run)
  const maps = await readFile(`/proc/${run.child.pid}/maps`, 'utf8').catch(() => undefined)
  if (maps !== undefined) expect(maps).not.toContain('node_datachannel')
})

/**
 * What `npm start` runs: a relay, a headless peer in a room, and the page, all on this computer. Ends with Ctrl-C.
 */
import { stopAll, type CliProcess } from './cli-process.ts'
import { inviteFrom, startPeer, startRelay } from './local-network.ts'
import { buildPage } from './page-build.ts'
import { servePage, type PageServer } from './page-server.ts'

const DEFAULT_PORT = 8080
const stopping = Promise.withResolvers<number>()
let over = false
let server: PageServer | undefined

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0))
start().catch((error: unknown) => {
  end(1, `Conclave could not start. ${error instanceof Error ? error.message : String(error)}`)
})

const code = await stopping.promise
await Promise.all([server?.close(), stopAll()])
process.exit(code)

/** Only the first cause counts: what breaks while everything is being stopped is no news. */
function end(exitCode: number, complaint?: string): void {
  if (over) return
  over = true
  if (complaint !== undefined) console.error(complaint)
  stopping.resolve(exitCode)
}

async function start(): Promise<void> {
  await buildPage({ quiet: true })
  const { relay, multiaddrs } = await startRelay()
  watch(relay, 'relay')
  server = await servePage({ relays: multiaddrs, ...wantedPort() })
  const greeter = await startPeer({ relays: multiaddrs, name: 'Greeter' })
  watch(greeter, 'greeting peer')
  greetNewcomers(greeter)
  console.log(`
Conclave is running. Open

  ${server.origin}/#${await inviteFrom(greeter)}

to join a room in which a peer waits for you, or ${server.origin} to create one of your own.
Open the link in a second tab, or another browser on this computer, to be two. Ctrl-C ends it.
`)
}

function wantedPort(): { port: number; search: boolean } {
  const wanted = process.env['PORT']
  if (wanted === undefined || wanted === '') return { port: DEFAULT_PORT, search: true }
  const port = Number(wanted)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`PORT is no port number: ${wanted}`)
  return { port, search: false }
}

/** The page is useless without its relay, and misleading without the peer that its link promises. */
function watch(child: CliProcess, what: string): void {
  child.once('end', (complaint) => end(1, `The ${what} ended, so Conclave stops. ${complaint}`))
}

function greetNewcomers(greeter: CliProcess): void {
  greeter.on('event', (event) => {
    if (event['event'] !== 'member' || event['change'] !== 'admitted') return
    const name = typeof event['name'] === 'string' ? event['name'] : ''
    const text = `Welcome${name === '' ? '' : `, ${name}`}. I am a peer without a window, running beside this page.`
    greeter
      .command('send', { text })
      .catch((error: unknown) => console.error(`The greeting failed: ${String(error)}`))
  })
}

/** A Conclave command line as a child process, spoken to in its JSON form: one object a line, each way. */
import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const program = join(import.meta.dirname, '../packages/node/src/cli/main.ts')
/** Compiled once, a program starts in two thirds of the time; here are hundreds of them started. */
const compiled = join(import.meta.dirname, '../node_modules/.cache/compiled')
/** How long a child may take to end on a signal before it is killed. */
const END_MS = 5_000
/** Reservation on a relay and key agreement included. */
const EVENT_MS = 30_000

export type JsonObject = Readonly<Record<string, unknown>>

interface CliEvents {
  /** Every line with an `event` field. */
  event: [JsonObject]
  reply: [JsonObject]
  /** The process is gone; what it last wrote to stderr. */
  end: [string]
}

const living = new Set<CliProcess>()
let closing = false
// Whatever ends us, an error nobody caught included, no child stays behind.
process.once('exit', () => {
  for (const child of living) child.kill()
})

/** Ends every process that was started here, those still starting included, and lets no other start. */
export async function stopAll(): Promise<void> {
  closing = true
  await Promise.all(Array.from(living, (child) => child.stop()))
}

export class CliProcess extends EventEmitter<CliEvents> {
  readonly #child: ChildProcess
  readonly #seen: JsonObject[] = []
  readonly #replies: JsonObject[] = []
  #complaint = ''
  #nextId = 1
  #ended = false

  /** `nodeFlags` go to Node itself, before the program. */
  constructor(args: string[], nodeFlags: string[] = []) {
    super()
    if (closing) throw new Error('Everything is being stopped.')
    living.add(this)
    // One for each command that is under way, and there may be hundreds.
    this.setMaxListeners(0)
    this.#child = spawn(process.execPath, [...nodeFlags, program, ...args, '--json'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { NODE_COMPILE_CACHE: compiled, ...process.env },
      // A group of its own: Ctrl-C on the terminal reaches us alone, and we end it in order.
      detached: true,
    })
    const { stdin, stdout, stderr } = this.#child
    // Writing to a child that has just ended is told by its end.
    stdin?.on('error', () => {})
    stderr?.on(
      'data',
      (chunk: Buffer) => (this.#complaint = (this.#complaint + chunk.toString()).slice(-2_000)),
    )
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#read(line))
    this.#child.once('error', (error) => this.#end(error.message))
    this.#child.once('close', () => this.#end(this.#complaint.trim()))
  }

  /** Of the process. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  /** The first event of that name and with those fields, past ones included. */
  async expect(name: string, fields: JsonObject = {}, timeoutMs = EVENT_MS): Promise<JsonObject> {
    const fits = (event: JsonObject): boolean =>
      event['event'] === name && Object.entries(fields).every(([field, value]) => event[field] === value)
    return (
      this.#seen.find(fits) ??
      this.#next('event', fits, `event "${name}" with ${JSON.stringify(fields)}`, timeoutMs)
    )
  }

  /** Gives a command and resolves to its reply; rejects with the reply's message if it was refused. */
  async command(command: string, fields: JsonObject = {}): Promise<JsonObject> {
    const reply = await this.ask(command, fields)
    if (reply['ok'] !== true) throw new Error(`"${command}" was refused: ${String(reply['message'])}`)
    return reply
  }

  /** Asks the process to end, without waiting for it. */
  kill(): void {
    // A reader of commands would wait for more of them.
    this.#child.stdin?.end()
    this.#child.kill('SIGTERM')
  }

  /** Sends a signal; SIGKILL gives the process no chance to say goodbye. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Kills the process as a power cut would, and waits until it is gone. */
  async crash(): Promise<void> {
    if (this.#ended) return
    const end = once(this, 'end')
    this.signal('SIGKILL')
    await end
  }

  /** Whether the process is gone. */
  get hasEnded(): boolean {
    return this.#ended
  }

  /** Events of that name so far, the latest thousand of all. */
  seen(name: string): JsonObject[] {
    return this.#seen.filter((event) => event['event'] === name)
  }

  /** Replies so far, the latest thousand. */
  get replies(): readonly JsonObject[] {
    return this.#replies
  }

  /** Writes a line to its stdin as it is. */
  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  /** Gives a command and resolves to its reply, whatever it is. */
  async ask(command: string, fields: JsonObject = {}): Promise<JsonObject> {
    const id = this.#nextId++
    const replied = this.#next('reply', (reply) => reply['reply'] === id, `reply to "${command}"`, EVENT_MS)
    this.write(JSON.stringify({ id, command, ...fields }))
    return await replied
  }

  /** Ends the process and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#ended) return
    const end = once(this, 'end')
    this.kill()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS)
    await end
    clearTimeout(timer)
  }

  #next(
    kind: 'event' | 'reply',
    fits: (line: JsonObject) => boolean,
    what: string,
    timeoutMs: number,
  ): Promise<JsonObject> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer)
        this.off(kind, onLine)
        this.off('end', onEnd)
        act()
      }
      const onLine = (line: JsonObject): void => {
        if (fits(line)) settle(() => resolve(line))
      }
      const fail = (why: string): void => settle(() => reject(new Error(`No ${what}: ${why}`)))
      const onEnd = (complaint: string): void => fail(`the process ended. ${complaint}`)
      const timer = setTimeout(
        () => fail(`none within ${timeoutMs / 1_000} s. ${this.#complaint}`),
        timeoutMs,
      )
      if (this.#ended) onEnd(this.#complaint)
      this.on(kind, onLine)
      this.on('end', onEnd)
    })
  }

  #read(line: string): void {
    const value: unknown = parse(line)
    if (!isObject(value)) return
    if ('event' in value) {
      this.#seen.push(value)
      // Only the latest are ever asked for.
      if (this.#seen.length > 1_000) this.#seen.shift()
      // In the JSON form mistakes are told as events; the last one is the likeliest reason for an end.
      if (value['event'] === 'error') this.#complaint += `\n${String(value['message'])}`
      this.emit('event', value)
    } else if ('reply' in value) {
      this.#replies.push(value)
      if (this.#replies.length > 1_000) this.#replies.shift()
      this.emit('reply', value)
    }
  }

  #end(complaint: string): void {
    if (this.#ended) return
    this.#ended = true
    living.delete(this)
    this.emit('end', complaint)
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

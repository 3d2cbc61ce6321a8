/** What every command needs of its process: output in two forms, one sentence for a mistake, a clean end at a signal. */
import { fstatSync } from 'node:fs'
import { toString } from 'uint8arrays/to-string'
import { codeOf, isUsageError, messageOf } from '../errors.ts'
import { cleanUpWebRtc } from '../webrtc-cleanup.ts'

/** What is left when a command has ended gets this long to end by itself. */
const EXIT_MS = 1_000

export interface OutputOptions {
  json?: boolean
}

export interface Session {
  /** Writes one event: as a line of JSON, or as text for people. */
  emit(event: { event: string } & Record<string, unknown>, text: string): void
  /** Writes a reply likewise; no text is no line. */
  reply(reply: object, text: string): void
  /** Resolves at the first SIGINT or SIGTERM, or when whoever holds the other end of our stdin is gone. */
  untilStopped(): Promise<void>
}

/**
 * Runs a command to its end. A `UsageError` becomes one sentence and exit code 1; anything else is our fault and keeps
 * its trace. A second signal ends the process at once.
 */
export async function runCommand(
  options: OutputOptions,
  run: (session: Session) => Promise<void>,
): Promise<void> {
  const isJson = options.json === true
  // Whoever reads our output may go away first; that is no reason for a trace.
  process.stdout.on('error', (error) => process.exit(codeOf(error) === 'EPIPE' ? 0 : 1))
  try {
    const tell = (value: object, text: string): void => {
      if (isJson) write(JSON.stringify(value, bytesAsText))
      else if (text !== '') write(text)
    }
    await run({ emit: tell, reply: tell, untilStopped })
  } catch (error) {
    process.exitCode = 1
    reportFailure(error, isJson)
  } finally {
    // A pipe that is still open, or a connection whose other end vanished, must not keep the process.
    process.stdin.destroy()
    await cleanUpWebRtc()
    setTimeout(() => process.exit(), EXIT_MS).unref()
  }
}

function reportFailure(error: unknown, isJson: boolean): void {
  const code = isUsageError(error) ? error.code : 'internal'
  const message = messageOf(error)
  if (isJson) write(JSON.stringify({ event: 'error', code, message }))
  const trace = error instanceof Error ? (error.stack ?? message) : message
  if (!isJson || code === 'internal') process.stderr.write(`${code === 'internal' ? trace : message}\n`)
}

/** JSON has no bytes. */
function bytesAsText(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? toString(value, 'base64') : value
}

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function untilStopped(): Promise<void> {
  await new Promise<void>((resolve) => {
    let isStopping = false
    const stop = (): void => {
      if (isStopping) process.exit(1)
      isStopping = true
      resolve()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    // A service's stdin is /dev/null, which ends at once and means nothing.
    if (isPiped()) process.stdin.on('end', () => resolve()).resume()
  })
}

function isPiped(): boolean {
  try {
    const stdin = fstatSync(0)
    return stdin.isFIFO() || stdin.isSocket()
  } catch {
    return false
  }
}

/** One example that runs in Node, as a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'

const examples = join(import.meta.dirname, '../../examples')
/** A reservation on the relay, and keys. */
const PATIENCE_MS = 30_000

export class Program {
  readonly #child: ChildProcess
  #said = ''

  /** `file`: within `examples`, or by its whole path. */
  constructor(file: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [resolve(examples, file), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const output of [this.#child.stdout, this.#child.stderr])
      output?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()))
  }

  /** Waits until it has printed that. */
  async says(text: string): Promise<void> {
    await expect.poll(() => this.#said, { timeout: PATIENCE_MS }).toContain(text)
  }

  /** Asks it to end; its exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const [code] = (await exit) as [number | null]
    return code
  }
}

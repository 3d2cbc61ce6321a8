import { afterEach, expect, test, vi } from 'vitest'
import { PONG_MS } from '../src/limits.ts'
import { Pulse } from '../src/pulse.ts'
import { SleepWatch } from '../src/sleep-watch.ts'
import type { NetworkHost } from '../src/host.ts'
import { until } from './support.ts'

/** Stops this process's one thread, as SIGSTOP or the lid of a laptop would. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

class FakeStream extends EventTarget {
  readonly #answer: (tell: () => void) => void

  constructor(answer: (tell: () => void) => void) {
    super()
    this.#answer = answer
  }

  send(): boolean {
    this.#answer(() => this.dispatchEvent(new Event('message')))
    return true
  }

  abort(error: Error): void {
    this.dispatchEvent(Object.assign(new Event('close'), { error }))
  }

  async close(): Promise<void> {}
}

/** A node with one direct connection, whose other side answers pings like that. */
function nodeWith(answer: (tell: () => void) => void): {
  host: Pick<NetworkHost, 'getConnections'>
  cut: () => boolean
} {
  let isCut = false
  const streams: FakeStream[] = []
  const connection = {
    status: 'open',
    direct: true,
    remotePeer: 'somebody',
    newStream: async () => {
      const stream = new FakeStream(answer)
      streams.push(stream)
      return stream
    },
    abort: (error: Error) => {
      isCut = true
      for (const stream of streams) stream.abort(error)
    },
  }
  const getConnections = (): never[] => (isCut ? [] : [connection as never])
  return { host: { getConnections }, cut: () => isCut }
}

afterEach(() => {
  vi.restoreAllMocks()
})

test('a connection from before that does not answer is not used, and soon cut', async () => {
  const { host, cut } = nodeWith(() => undefined)
  const pulse = new Pulse(host)
  pulse.doubt('somebody')
  expect(await pulse.trusts('somebody else')).toBe(true)
  expect(await pulse.trusts('somebody')).toBe(false)
  await until('it is cut', cut, 2 * PONG_MS.doubted)
  expect(await pulse.trusts('somebody')).toBe(true)
})

test('one that answers is used at once', async () => {
  const { host, cut } = nodeWith((tell) => setTimeout(tell, 20))
  const pulse = new Pulse(host)
  pulse.doubt('somebody')
  expect(await pulse.trusts('somebody')).toBe(true)
  expect(cut()).toBe(false)
})

test('a stream that is closing takes no ping: the connection is cut, and no rejection is left behind', async () => {
  const { host, cut } = nodeWith(() => {
    throw new Error('closing')
  })
  const pulse = new Pulse(host)
  pulse.doubt('somebody')
  expect(await pulse.trusts('somebody')).toBe(true)
  expect(cut()).toBe(true)
})

test('an answer that lies unread while the process sleeps counts', async () => {
  const asked = Promise.withResolvers<void>()
  const { host, cut } = nodeWith((tell) => {
    // A process that goes on runs the timers that are due before it reads what has come.
    setTimeout(tell, PONG_MS.doubted + 1)
    asked.resolve()
  })
  const pulse = new Pulse(host)
  pulse.doubt('somebody')
  await asked.promise
  sleep(2 * PONG_MS.doubted)
  expect(await pulse.trusts('somebody')).toBe(true)
  expect(cut()).toBe(false)
})

test('sleep is noticed when it is over, by either clock', async () => {
  let wakes = 0
  const watch = new SleepWatch(() => wakes++)
  watch.start()
  try {
    for (const [i, clock] of [performance, Date].entries()) {
      const now = clock.now.bind(clock)
      vi.spyOn(clock, 'now').mockImplementation(() => now() + 3_600_000)
      await until('it woke', () => wakes === i + 1)
    }
  } finally {
    watch.stop()
  }
})

/** What a stream of a file holds, whatever the pieces that it comes in. */
import { expect, test } from 'vitest'
import { ByteStream } from '../src/files/byte-stream.ts'
import { FILE_READ_AHEAD_BYTES_MAX } from '../src/limits.ts'
import type { Stream } from '@libp2p/interface'

/** A stream, and how its other side sends. */
function stream(): { bytes: ByteStream; send(data: Uint8Array): void; isAborted(): boolean } {
  const target = new EventTarget()
  let isAborted = false
  const bytes = new ByteStream(
    Object.assign(target, { abort: () => (isAborted = true) }) as unknown as Stream,
  )
  return {
    bytes,
    send: (data) => target.dispatchEvent(Object.assign(new Event('message'), { data })),
    isAborted: () => isAborted,
  }
}

test('bytes come out as they came in, in whatever amounts', async () => {
  const { bytes, send } = stream()
  const all = Uint8Array.from({ length: 5_000 }, (_, i) => i % 251)
  const read: number[] = []
  for (let i = 0, size = 1; i < all.length; i += size, size = (size * 7) % 61) {
    send(all.subarray(i, i + size))
    if (bytes.available > 40) read.push(...(await bytes.read(33)))
  }
  read.push(...(await bytes.read(bytes.available)))
  expect(read).toEqual([...all])
})

test('bytes that come one by one cost no more than they should', async () => {
  const { bytes, send } = stream()
  const start = performance.now()
  for (let i = 0; i < 400_000; i++) send(Uint8Array.of(i % 256))
  for (let i = 0; i < 100; i++) expect((await bytes.read(4_000))[1]).toBe((4_000 * i + 1) % 256)
  expect(performance.now() - start).toBeLessThan(5_000)
})

test('who sends more than was asked for is cut', () => {
  const { send, isAborted } = stream()
  for (let sent = 0; sent <= FILE_READ_AHEAD_BYTES_MAX; sent += 64 * 1024) send(new Uint8Array(64 * 1024))
  expect(isAborted()).toBe(true)
})

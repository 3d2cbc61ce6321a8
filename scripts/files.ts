/**
 * Sends one large file between two processes over WebRTC on loopback, and prints how long it took and how much memory each
 * side had at most:
 *
 *     node_modules/.bin/node scripts/files.ts        # 100 MiB
 *     node_modules/.bin/node scripts/files.ts 1000
 */
import { randomBytes } from 'node:crypto'
import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Conference, type Peer } from '../test/support/conference.ts'

const MEBIBYTE = 1024 * 1024
const HOUR_MS = 3_600_000

/** Highest resident memory so far, as Linux tells it. */
async function peakOf({ process: { pid } }: Peer): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(status) ?? []
  return kilobytes === undefined ? 'unknown' : `${Math.round(Number(kilobytes) / 1024)} MiB`
}

async function main(mebibytes: number): Promise<void> {
  const conference = await Conference.start()
  try {
    const { peers } = await conference.room(2)
    const [sender, receiver] = peers as [Peer, Peer]
    await conference.meshed(peers)
    const path = join(conference.storeOf('file'), '..', 'large.bin')
    const file = await open(path, 'w')
    for (let i = 0; i < mebibytes; i++) await file.writeFile(randomBytes(MEBIBYTE))
    await file.close()
    const before = [await peakOf(sender), await peakOf(receiver)]
    const start = performance.now()
    const offer = await sender.process.command('send-file', { path })
    const hashed = performance.now()
    await receiver.process.expect('file', { id: offer['file'] })
    const target = `${path}.received`
    void receiver.process.ask('accept-file', { file: offer['file'], path: target }).catch(() => undefined)
    await receiver.process.expect('transfer', { direction: 'in', status: 'done' }, HOUR_MS)
    const end = performance.now()
    const { size } = await stat(target)
    const seconds = (end - hashed) / 1_000
    console.log(
      `${size / MEBIBYTE} MiB: offered in ${Math.round(hashed - start)} ms, fetched in ${seconds.toFixed(1)} s`,
    )
    console.log(`that is ${(mebibytes / seconds).toFixed(1)} MiB a second`)
    console.log(
      `peak memory: sender ${await peakOf(sender)} (before ${before[0]}), receiver ${await peakOf(receiver)} (before ${before[1]})`,
    )
  } finally {
    await conference.stop()
  }
}

await main(Number(process.argv[2] ?? 100))

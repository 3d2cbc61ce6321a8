/** Loaded into a peer's process by a test: writes every key that it ever holds beside its store, as lines of JSON. */
import { appendFileSync } from 'node:fs'
import { Member, type Output } from '@conclave/protocol'
import { toHex } from '../../packages/protocol/src/ids.ts'

/** One key as a test reads it. */
export interface KeptKey {
  readonly version: string
  readonly kind: 'tek' | 'kek' | 'chain' | 'secret'
  /** The TEK's revision or the KEK's slot. */
  readonly number: number
  readonly hex: string
}

const store = process.argv[process.argv.indexOf('--store') + 1]
const known = new Set<string>()

function keep(member: Member): void {
  const lines = member.unsafeInsideForTests.keys.flatMap(({ version, chain, secret, heldTeks, slots }) => {
    const key = (kind: KeptKey['kind'], number: number, bytes: Uint8Array): string =>
      JSON.stringify({ version, kind, number, hex: toHex(bytes) } satisfies KeptKey)
    return [
      key('chain', 0, chain),
      ...(secret ? [key('secret', 0, secret)] : []),
      ...Array.from(heldTeks, ([revision, tek]) => key('tek', revision, tek)),
      ...Array.from(slots, ([slot, { kek }]) => key('kek', slot, kek)),
    ]
  })
  const fresh = lines.filter((line) => !known.has(line))
  for (const line of fresh) known.add(line)
  if (fresh.length > 0) appendFileSync(`${store}.keys`, fresh.map((line) => `${line}\n`).join(''))
}

function watch<A extends unknown[]>(step: (this: Member, ...args: A) => Output[]) {
  return function (this: Member, ...args: A): Output[] {
    const outputs = step.apply(this, args)
    keep(this)
    return outputs
  }
}

const { prototype } = Member
prototype.start = watch(prototype.start)
prototype.tick = watch(prototype.tick)
prototype.handle = watch(prototype.handle)
prototype.exclude = watch(prototype.exclude)

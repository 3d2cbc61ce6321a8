/** When the key ring tries again what it could not open (SPEC K5, K13). */
import { expect, test } from 'vitest'
import { peerIdOf, type Slot } from '../src/ids.ts'
import { chainOf, commitmentOf, tekOf } from '../src/keys/derivation.ts'
import { KeyRing } from '../src/keys/key-ring.ts'
import { newChange } from '../src/keys/new-change.ts'
import { MembershipLog } from '../src/log/membership-log.ts'
import { makeOperation } from '../src/log/operation.ts'
import { DEFAULT_TIMING } from '../src/timing.ts'
import { bytes, group, signer } from './support.ts'

const [ours, theirs] = [3, 7] as [Slot, Slot]

test('a change that one row of keys did not open is tried with the row that comes after these were erased', () => {
  const room = group()
  const author = signer(1)
  const [nonce, secret] = [bytes(16, 3), bytes(32, 4)]
  const chain = chainOf(room, nonce, secret)
  const commitment = commitmentOf(room, nonce, chain)
  const founding = makeOperation(
    room,
    { parents: [] },
    { kind: 'founding', name: 'a', nonce, commitment },
    author,
  )
  const keys = new Map([ours, theirs].map((slot) => [slot, { kek: bytes(32, slot), creator: founding.id }]))
  const header = { parents: [founding.id], author: peerIdOf(author.publicKey) }
  const plan = {
    header,
    parent: { version: founding.id, slots: keys },
    targets: [],
    reason: '',
    tainted: new Set<Slot>(),
    cover: () => [theirs],
  }
  const change = makeOperation(
    room,
    header,
    newChange(room, plan, { secret: bytes(32, 5), nonce: bytes(16, 6) }),
    author,
  )
  const log = new MembershipLog(room)
  log.integrate([founding, change])
  const ring = new KeyRing(room, log, DEFAULT_TIMING)

  const accept = (slot: Slot): void => {
    const entry = log.get(founding.id)
    const key = keys.get(slot)
    if (!entry || !key) throw new Error('not there')
    // Copies, since what the ring takes it overwrites.
    const handed = {
      version: founding.id,
      revision: 0,
      tek: tekOf(room, founding.id, secret),
      chain: chain.slice(),
    }
    const context = { now: 0, mayGive: () => true, isManager: false }
    expect(ring.accept(entry, { ...handed, slots: [{ slot, ...key, kek: key.kek.slice() }] }, context)).toBe(
      true,
    )
  }
  accept(ours)
  expect(ring.openAll(0)).toEqual([])
  ring.eraseAll()
  accept(theirs)
  expect(ring.openAll(0).map(({ version }) => version)).toEqual([change.id])
})

/** Who has beaten is remembered between looks, and is always what a look at everybody would say (SPEC H6). */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { peerIdOf } from '../src/ids.ts'
import { MembershipLog } from '../src/log/membership-log.ts'
import { makeOperation } from '../src/log/operation.ts'
import { Presence } from '../src/member/presence.ts'
import { founding, group, peer, signer } from './support.ts'

const PEERS = Array.from({ length: 6 }, (_, i) => peer(i))
const FOUNDER = signer(1)

const events = fc.array(
  fc.record({
    kind: fc.constantFrom('beat', 'look', 'forget', 'admit', 'excuse'),
    peer: fc.nat(PEERS.length - 1),
    ms: fc.nat(40),
  }),
  { maxLength: 60, size: 'max' },
)

test('those who have beaten since a moment are the members whose last beat came since then', () => {
  fc.assert(
    fc.property(events, (happened) => {
      const log = new MembershipLog(group())
      const root = founding(log.group, FOUNDER)
      log.integrate([root])
      const presence = new Presence(peerIdOf(FOUNDER.publicKey))
      const beatAt = new Map<string, number>()
      let now = 0
      for (const [sequence, { kind, peer: index, ms }] of happened.entries()) {
        now += ms
        const who = PEERS[index] ?? peer(0)
        if (kind === 'beat') {
          presence.beat(who, { salt: '', sequence, addresses: [], willing: true }, now)
          beatAt.set(who, now)
        } else if (kind === 'forget') {
          presence.forget(who)
          beatAt.delete(who)
        } else if (kind === 'excuse') {
          presence.excuse(ms)
          for (const [one, at] of beatAt) beatAt.set(one, at + ms)
        } else if (kind === 'admit' && !log.roster.alive.has(who)) {
          const body = { kind: 'admission', peer: who, name: '', version: root.id, revision: 0 } as const
          log.integrate([makeOperation(log.group, { parents: log.heads }, body, FOUNDER)])
        }
        const expected = PEERS.filter(
          (one) => log.roster.alive.has(one) && (beatAt.get(one) ?? -Infinity) >= now - 100,
        )
        expect([...presence.beatenSince(now - 100, log)].sort()).toEqual([...expected].sort())
      }
    }),
  )
})

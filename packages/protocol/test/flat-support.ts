/** A flat manager and its participants over a channel that may lose, repeat and reorder. */
import { nobleSuite } from '../src/crypto/noble-suite.ts'
import type { Signer } from '../src/crypto/suite.ts'
import { isRejection } from '../src/errors.ts'
import { FlatManager } from '../src/flat/flat-manager.ts'
import { FlatMember } from '../src/flat/flat-member.ts'
import type { Row } from '../src/flat/ids.ts'
import {
  decodeFlatKeys,
  encodeFlatKeys,
  encodeNotice,
  type FlatKeys,
  type Notice,
} from '../src/flat/notices.ts'
import { type Group, type IdSpace, newRoom } from '../src/group/genesis.ts'
import { FastSuite } from '../../../test/simulation/fast-suite.ts'

/** Fresh bytes for tests: never the same twice. */
let drawn = 0
export function fresh(length = 32): Uint8Array {
  drawn++
  return nobleSuite.hash(Uint8Array.of(drawn >> 16, (drawn >> 8) & 0xff, drawn & 0xff)).slice(0, length)
}

export const suite = new FastSuite()

export interface Flat {
  readonly group: Group
  readonly manager: FlatManager
  readonly signer: Signer
}

/** A group with a manager of its own. */
export function flat(idSpace: IdSpace, width?: number): Flat {
  const signer = suite.signer(fresh())
  const entropy = new Uint8Array([...fresh(), ...fresh(16)])
  const group = newRoom({ creator: signer.publicKey, entropy, idSpace }, suite)
  const init = { group, signer, seed: fresh(), ...(width !== undefined && { width }) }
  return { group, signer, manager: new FlatManager(init) }
}

export function member(group: Group): FlatMember {
  const verify = (claim: Parameters<FastSuite['verify']>[0]): boolean => suite.verify(claim)
  return new FlatMember(group, { signer: suite.signer(fresh()), salt: fresh(16), verify })
}

/** Lets somebody in by the set-up channel: what it is given goes through bytes. */
export function join({ group, manager }: Flat, row: Row): FlatMember {
  const newcomer = member(group)
  const [keys] = manager.join([row], fresh())
  if (keys) newcomer.register(sent(keys), 0)
  return newcomer
}

export function sent(keys: FlatKeys): FlatKeys {
  const decoded = decodeFlatKeys(encodeFlatKeys(keys))
  if (isRejection(decoded)) throw new Error(decoded.detail)
  return decoded
}

export function tell(notice: Notice, members: readonly FlatMember[], now = 0): void {
  for (const one of members) one.take(encodeNotice(notice), now)
}

/** Whether `by` can say something that `to` reads. */
export function reaches(by: FlatMember, to: FlatMember, now = 0): boolean {
  const content = Uint8Array.of(1, 2, 3)
  return by.status === 'keyed' && !isRejection(to.hear(by.say(content), now))
}

/** Groups, signers and operations for tests, all made from seeds. */
import { nobleSigner, nobleSuite } from '../src/crypto/noble-suite.ts'
import type { Signer } from '../src/crypto/suite.ts'
import { type Group, groupOf, type IdSpace } from '../src/group/genesis.ts'
import { OPEN_POLICY } from '../src/group/policy.ts'
import { operationIdOf, type OperationId, type PeerId, peerIdOf } from '../src/ids.ts'
import { makeOperation, type Operation } from '../src/log/operation.ts'

export function bytes(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff)
}

export function signer(seed: number): Signer {
  return nobleSigner(new Uint8Array(32).fill(seed))
}

export function peer(seed: number): PeerId {
  return peerIdOf(nobleSuite.hash(Uint8Array.of(seed & 0xff, seed >> 8)))
}

export function operationId(seed: number): OperationId {
  return operationIdOf(nobleSuite.hash(Uint8Array.of(seed & 0xff, seed >> 8, 1)))
}

export function group(idSpace: IdSpace = { symbols: 128, radix: 4 }, name = 'test'): Group {
  return groupOf(
    { nonce: bytes(16), idSpace, suite: nobleSuite.number, policy: OPEN_POLICY, name },
    bytes(32, 2),
    nobleSuite,
  )
}

export function founding(of: Group, by: Signer): Operation {
  const body = { kind: 'founding', name: 'a', nonce: bytes(16), commitment: bytes(32) } as const
  return makeOperation(of, { parents: [] }, body, by)
}

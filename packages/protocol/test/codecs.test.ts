/** Every decoder: what was encoded comes back, one value has one encoding, and no bytes at all make it throw. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRejection } from '../src/errors.ts'
import { decodeGenesis, encodeGenesis } from '../src/group/genesis.ts'
import type { Policy } from '../src/group/policy.ts'
import type { Slot } from '../src/ids.ts'
import { decodeLobbyMessage, encodeLobbyMessage, type LobbyMessage } from '../src/lobby/messages.ts'
import { openLobbyFrame, sealLobbyFrame } from '../src/lobby/lobby-frame.ts'
import { decodeOperation, makeOperation, type OperationBody } from '../src/log/operation.ts'
import { openFrame, parseFrame, ROOM_FRAME, sealFrame } from '../src/traffic/frame.ts'
import { decodeRoomMessage, encodeRoomMessage, type RoomMessage } from '../src/traffic/room-messages.ts'
import { KeyTree } from '../src/tree/key-tree.ts'
import { ROOM_TREE, type TreeWraps } from '../src/tree/tree-wraps.ts'
import { bytes, founding, group, operationId, peer, signer } from './support.ts'

// The same cases on every run; who looks for others changes the seed.
fc.configureGlobal({ seed: 1998 })

const GROUP = group()
const ALICE = signer(1)

const fixed = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length })
const ids = fc
  .uniqueArray(fc.integer({ min: 0, max: 5_000 }), { maxLength: 5 })
  .map((seeds) => seeds.map(operationId).sort())
const slots = fc
  .uniqueArray(fc.integer({ min: 0, max: 511 }), { maxLength: 20 })
  .map((all) => all.sort((a, b) => a - b) as Slot[])
const text = fc.string({ maxLength: 15 }).filter((value) => value.isWellFormed())

/** What a tree of a few members tells when some leave, and what it tells when nobody does. */
const trees: fc.Arbitrary<TreeWraps> = fc
  .record({ members: fc.integer({ min: 2, max: 40 }), leaving: fc.integer({ min: 0, max: 3 }) })
  .map(({ members, leaving }) => {
    const tree = new KeyTree(group(), { ...ROOM_TREE, ids: 'assigned' }, bytes(32))
    tree.change({ joins: Array.from({ length: members }, (_, i) => ({ key: bytes(32, i) })) }, bytes(32, 1))
    const leaves = Array.from({ length: Math.min(leaving, members) }, (_, i) => i)
    const { message } = tree.change({ leaves }, bytes(32, 2))
    const { key: wrapped, ...under } = tree.root
    return { ...(message && { message }), secret: { under, wrapped } }
  })

const bodies: fc.Arbitrary<OperationBody> = fc.oneof(
  fc.record({ kind: fc.constant('founding' as const), name: text, nonce: fixed(16), commitment: fixed(32) }),
  fc.record({
    kind: fc.constant('admission' as const),
    peer: fc.integer({ min: 0, max: 99 }).map(peer),
    name: text,
    version: fc.integer({ min: 0, max: 99 }).map(operationId),
    revision: fc.integer({ min: 0, max: 0x7fff_ffff }),
  }),
  fc.record({
    kind: fc.constant('change' as const),
    keyParent: fc.integer({ min: 0, max: 99 }).map(operationId),
    targets: ids.map((all) => all.map((admission, i) => ({ peer: peer(i), admission }))),
    reason: text,
    nonce: fixed(16),
    commitment: fixed(32),
    tainted: slots,
    wraps: slots.map((all) => all.map((slot) => ({ slot, wrapped: bytes(32, slot) }))),
  }),
  trees.map((tree) => ({
    kind: 'change' as const,
    keyParent: operationId(1),
    targets: [],
    reason: '',
    nonce: bytes(16),
    commitment: bytes(32),
    tainted: [],
    wraps: [],
    tree,
  })),
  fc.record(
    {
      kind: fc.constant('refresh' as const),
      nonce: fixed(16),
      commitment: fixed(32),
      management: fc.record({
        scheme: fc.constantFrom('centralized-flat' as const, 'centralized-tree' as const),
        manager: fc.integer({ min: 0, max: 99 }).map(peer),
        admission: fc.integer({ min: 0, max: 99 }).map(operationId),
      }),
    },
    { requiredKeys: ['kind', 'nonce', 'commitment'] },
  ),
  fc.record({
    kind: fc.constant('revocation' as const),
    inviteKey: fixed(32),
    issuer: fc.integer({ min: 0, max: 99 }).map(peer),
  }),
  fc.record({ kind: fc.constant('denial' as const), peer: fc.integer({ min: 0, max: 99 }).map(peer) }),
  fc.record({
    kind: fc.constant('vote' as const),
    admission: fc.integer({ min: 0, max: 99 }).map(operationId),
    reason: text,
  }),
  fc.constant({ kind: 'destruction' as const }),
)

const policies: fc.Arbitrary<Policy> = fc
  .record({
    admit: fc.constantFrom('anyone', 'invite', 'ask', 'moderators'),
    exclude: fc.constantFrom('member', 'quorum', 'moderators'),
    quorum: fc.integer({ min: 2, max: 255 }),
    moderators: fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 8 }),
    silence: fc.integer({ min: 0, max: 0xffff_ffff }),
  })
  .map(({ quorum, moderators, ...rest }) => {
    const isNeeded = rest.admit === 'moderators' || rest.exclude === 'moderators'
    const named = isNeeded && moderators.length === 0 ? [1] : moderators
    return { ...rest, quorum: rest.exclude === 'quorum' ? quorum : 0, moderators: named.map(peer) }
  })

const roomMessages: fc.Arbitrary<RoomMessage> = fc.oneof(
  fc.record({ kind: fc.constant('chat' as const), text }),
  fc.record({
    kind: fc.constant('heartbeat' as const),
    digest: fixed(32),
    heads: ids,
    held: slots.map((all) => all.map((slot) => ({ slot, check: bytes(4, slot) }))),
  }),
  fc.constant({ kind: 'operations' as const, operations: [founding(GROUP, ALICE)] }),
  fc.record({
    kind: fc.constant('action' as const),
    name: text.filter((value) => value !== ''),
    to: fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 3 }).map((seeds) => seeds.map(peer)),
    form: fc.constantFrom('json' as const, 'bytes' as const),
    data: fc.uint8Array(),
  }),
  fc.record({
    kind: fc.constant('leave' as const),
    admissions: ids.map((all) => all.map((admission) => ({ admission, signature: bytes(64) }))),
  }),
)

const lobbyMessages: fc.Arbitrary<LobbyMessage> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('lobby-heartbeat' as const),
      salt: fixed(16),
      sequence: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      willing: fc.boolean(),
      root: fc.integer({ min: 0, max: 99 }).map(operationId),
      members: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      version: fc.constant(operationId(2)),
      addresses: fc.array(text, { maxLength: 4 }),
    },
    { requiredKeys: ['kind', 'salt', 'sequence', 'willing', 'root', 'members', 'addresses'] },
  ),
  fc.record(
    {
      kind: fc.constant('request' as const),
      id: fixed(16),
      attempt: fc.integer({ min: 0, max: 255 }),
      exchangeKey: fixed(32),
      lineage: fc.constant(operationId(3)),
      heads: ids,
      landmarks: ids,
      want: fc.record({ version: fc.constant(operationId(1)), slots }),
      join: fc.record({ name: text }),
    },
    { requiredKeys: ['kind', 'id', 'attempt', 'exchangeKey', 'heads', 'landmarks'] },
  ),
  fc.record({
    kind: fc.constant('reply' as const),
    request: fixed(16),
    exchangeKey: fixed(32),
    sealed: fc.uint8Array(),
  }),
)

/** Cut short, one byte changed, or one added. */
function damaged(whole: Uint8Array, how: number): Uint8Array {
  if (how % 3 === 0) return whole.slice(0, how % whole.length)
  if (how % 3 === 1) return Uint8Array.of(...whole, how & 0xff)
  return whole.map((byte, i) => (i === how % whole.length ? byte ^ (1 + (how % 255)) : byte))
}

interface Codec<T extends object> {
  readonly values: fc.Arbitrary<T>
  readonly encode: (value: T) => Uint8Array
  /** Encodes again what it decodes to; undefined when it is refused. */
  readonly again: (encoded: Uint8Array) => Uint8Array | undefined
}

function check<T extends object>({ values, encode, again }: Codec<T>): void {
  fc.assert(
    fc.property(
      values,
      fc.integer({ min: 0, max: 1e6 }),
      fc.uint8Array({ maxLength: 200 }),
      (value, how, noise) => {
        const encoded = encode(value)
        expect(again(encoded)).toEqual(encoded)
        for (const bad of [damaged(encoded, how), noise]) {
          // Whatever is taken has this one encoding.
          expect(again(bad) ?? bad).toEqual(bad)
        }
      },
    ),
    { numRuns: 300 },
  )
}

describe('codecs', () => {
  test('room messages', () => {
    check({
      values: roomMessages,
      encode: encodeRoomMessage,
      again: (encoded) => {
        const message = decodeRoomMessage(GROUP, encoded)
        return isRejection(message) ? undefined : encodeRoomMessage(message)
      },
    })
  })

  test('attempts go round, so that it is not the turn of the same two for ever', () => {
    const request = {
      kind: 'request',
      id: bytes(16),
      exchangeKey: bytes(32),
      heads: [],
      landmarks: [],
    } as const
    const heard = Array.from({ length: 512 }, (_, attempt) => {
      const message = decodeLobbyMessage(GROUP, encodeLobbyMessage(GROUP, { ...request, attempt }))
      return isRejection(message) || message.kind !== 'request' ? undefined : message.attempt
    })
    expect(new Set(heard.slice(256))).toEqual(new Set(heard.slice(0, 256)))
  })

  test('lobby messages', () => {
    check({
      values: lobbyMessages,
      encode: (message) => encodeLobbyMessage(GROUP, message),
      again: (encoded) => {
        const message = decodeLobbyMessage(GROUP, encoded)
        return isRejection(message) ? undefined : encodeLobbyMessage(GROUP, message)
      },
    })
  })

  test('genesis', () => {
    const values = fc.record({
      nonce: fixed(16),
      idSpace: fc.constantFrom(
        { symbols: 128, radix: 4 },
        { symbols: 64, radix: 16 },
        { symbols: 7, radix: 8 },
      ),
      suite: fc.constant(1),
      policy: policies,
      name: text,
    })
    check({
      values,
      encode: encodeGenesis,
      again: (encoded) => {
        const genesis = decodeGenesis(encoded)
        return isRejection(genesis) ? undefined : encodeGenesis(genesis)
      },
    })
  })

  test('operations, whose id binds all but the signature', () => {
    fc.assert(
      fc.property(ids, bodies, fc.integer({ min: 0, max: 1e6 }), (parents, body, how) => {
        const operation = makeOperation(GROUP, { parents }, body, ALICE)
        const decoded = decodeOperation(GROUP, operation.bytes)
        if (isRejection(decoded)) throw new Error(decoded.detail)
        expect({ ...decoded, bytes: undefined }).toEqual({ ...operation, bytes: undefined })
        const bad = decodeOperation(GROUP, damaged(operation.bytes, how))
        const signed = damaged(operation.bytes, how).length - 64
        const isInSignature = how % 3 === 2 && how % operation.bytes.length >= signed
        if (!isRejection(bad) && !isInSignature && how % 3 === 2) expect(bad.id).not.toBe(operation.id)
        if (how % 3 === 1) expect(isRejection(bad)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  test('frames: any damage is noticed before anything is believed', () => {
    const session = { salt: bytes(16), counter: 3 }
    const input = {
      type: ROOM_FRAME,
      reference: { version: operationId(1), revision: 2 },
      tek: bytes(32, 9),
      session,
      signer: ALICE,
    } as const
    const sealed = sealFrame(GROUP, input, Uint8Array.of(1, 2, 3))
    const lobby = sealLobbyFrame(GROUP, { signer: ALICE, nonce: bytes(24) }, Uint8Array.of(4))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.uint8Array(), (how, noise) => {
        for (const bad of [damaged(sealed, how), noise]) {
          const frame = parseFrame(bad)
          if (!isRejection(frame)) expect(isRejection(openFrame(GROUP, frame, input.tek))).toBe(true)
        }
        expect(isRejection(openLobbyFrame(GROUP, damaged(lobby, how)))).toBe(true)
        expect(isRejection(openLobbyFrame(GROUP, noise))).toBe(true)
      }),
    )
  })
})

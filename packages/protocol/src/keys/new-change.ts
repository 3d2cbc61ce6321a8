/**
 * Making a change from a key table, and opening it: of a member that holds its own row, or of a manager that holds all of it, whether or not
 * it knows who is there (paper §3.3, §3.4 Leave; SPEC K3–K5, K8).
 */
import type { Group } from '../group/genesis.ts'
import type { Slot, VersionId } from '../ids.ts'
import { type Change, changeHeader, type OperationHeader } from '../log/operation.ts'
import { chainOf, commitmentOf, fitsCommitment, wrapSecret } from './derivation.ts'

/** The slots of a version that somebody holds the keys of. */
export interface KeyTable {
  readonly version: VersionId
  readonly slots: ReadonlyMap<Slot, { readonly kek: Uint8Array }>
}

export interface ChangePlan extends Pick<Change, 'targets' | 'reason' | 'successor'> {
  readonly header: OperationHeader
  /** The key parent, as its author holds it. */
  readonly parent: KeyTable
  /** Every slot of whoever must not read on, the targets included. */
  readonly tainted: ReadonlySet<Slot>
  /** Those of the untainted slots that the author holds which reach everybody they should. */
  readonly cover: (usable: readonly Slot[]) => readonly Slot[]
}

/** What a change is made of: 32 random bytes, `s_v`, and a nonce, both used for nothing else. */
export interface Fresh {
  readonly secret: Uint8Array
  readonly nonce: Uint8Array
}

/** The body of a change that whoever holds the secret can take up at once, and others by its wraps. */
export function newChange(group: Group, plan: ChangePlan, { secret, nonce }: Fresh): Change {
  const { parent, tainted, header, reason, successor } = plan
  const body = {
    kind: 'change',
    keyParent: parent.version,
    targets: [...plan.targets].sort((a, b) => (a.admission < b.admission ? -1 : 1)),
    reason,
    nonce,
    commitment: commitmentOf(group, nonce, chainOf(group, nonce, secret)),
    tainted: [...tainted].sort(ascending),
    ...(successor && { successor }),
  } as const
  const bound = changeHeader(group, header, body)
  const usable = [...parent.slots.keys()].filter((slot) => !tainted.has(slot)).sort(ascending)
  const wraps = plan.cover(usable).flatMap((slot) => {
    const held = parent.slots.get(slot)
    return held ? [{ slot, wrapped: wrapSecret(group, { kek: held.kek, slot, header: bound }, secret) }] : []
  })
  return { ...body, wraps }
}

/**
 * The secret of a change, from its key parent's slots: tries each wrap that there is a KEK for. A wrong KEK shows by the
 * commitment, and the next one is tried.
 */
export function openChange(
  group: Group,
  operation: OperationHeader & { readonly body: Change },
  parent: Pick<KeyTable, 'slots'>,
): Uint8Array | undefined {
  const { body } = operation
  const header = changeHeader(group, operation, body)
  for (const { slot, wrapped } of body.wraps) {
    const held = parent.slots.get(slot)
    if (held === undefined) continue
    const secret = wrapSecret(group, { kek: held.kek, slot, header }, wrapped)
    if (fitsCommitment(group, body, chainOf(group, body.nonce, secret))) return secret
  }
  return undefined
}

function ascending(a: number, b: number): number {
  return a - b
}

/**
 * Making a change from a key table, and opening it: of a member that holds its own row, or of a manager that holds all of it, whether or not
 * it knows who is there (paper §3.3, §3.4 Leave; SPEC K3–K5, K8).
 */
import type { Group } from '../group/genesis.ts'
import type { Slot, VersionId } from '../ids.ts'
import { type Change, changeHeader, type OperationHeader } from '../log/operation.ts'
import type { KeyTree } from '../tree/key-tree.ts'
import type { TreeMessage } from '../tree/messages.ts'
import type { TreePath } from '../tree/tree-path.ts'
import { chainOf, commitmentOf, fitsCommitment, wrapSecret, wrapUnderRoot } from './derivation.ts'

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

/** What a change of a tree is made from. */
export interface TreePlan {
  readonly header: OperationHeader
  readonly keyParent: VersionId
}

/** What a change is made of: 32 random bytes, `s_v`, and a nonce, both used for nothing else. */
export interface Fresh {
  readonly secret: Uint8Array
  readonly nonce: Uint8Array
}

/** The body of a change that whoever holds the secret can take up at once, and others by its wraps. */
export function newChange(group: Group, plan: ChangePlan, { secret, nonce }: Fresh): Change {
  const { parent, tainted, header } = plan
  const body = unwrapped(group, { ...plan, keyParent: parent.version }, { secret, nonce })
  const bound = changeHeader(group, header, body)
  const usable = [...parent.slots.keys()].filter((slot) => !tainted.has(slot)).sort(ascending)
  const wraps = plan.cover(usable).flatMap((slot) => {
    const held = parent.slots.get(slot)
    return held ? [{ slot, wrapped: wrapSecret(group, { kek: held.kek, slot, header: bound }, secret) }] : []
  })
  return { ...body, wraps }
}

/** All of a change but how its secret is wrapped. */
function unwrapped(
  group: Group,
  plan: Pick<ChangePlan, 'targets' | 'reason' | 'successor' | 'tainted'> & { keyParent: VersionId },
  { secret, nonce }: Fresh,
): Omit<Change, 'wraps' | 'tree'> {
  const { keyParent, reason, successor } = plan
  return {
    kind: 'change',
    keyParent,
    targets: [...plan.targets].sort((a, b) => (a.admission < b.admission ? -1 : 1)),
    reason,
    nonce,
    commitment: commitmentOf(group, nonce, chainOf(group, nonce, secret)),
    tainted: [...plan.tainted].sort(ascending),
    ...(successor && { successor }),
  }
}

/** The body of a change whose secret is under the root's key of a tree, which those have left who are not to read it. */
export function newTreeChange(
  group: Group,
  plan: Pick<ChangePlan, 'targets' | 'reason' | 'successor'> &
    TreePlan & { tree: KeyTree; message?: TreeMessage },
  fresh: Fresh,
): Change {
  const { header, tree, message } = plan
  const body = unwrapped(group, { ...plan, tainted: new Set() }, fresh)
  const bound = changeHeader(group, header, body)
  const secret = tree.useRoot(({ key, ...under }) => ({
    under,
    wrapped: wrapUnderRoot(group, { key, under, header: bound }, fresh.secret),
  }))
  return { ...body, wraps: [], tree: { ...(message && { message }), secret } }
}

/** The secret of a change, from a member's path; that takes in the fresh keys that come with it. */
export function openTreeChange(
  group: Group,
  operation: OperationHeader & { readonly body: Change },
  path: TreePath,
): Uint8Array | undefined {
  const { body } = operation
  const { message, secret: wrap } = body.tree ?? {}
  const opened = message ? path.open(message) : 'known'
  if (wrap === undefined || opened === 'missed' || opened === 'closed') return undefined
  return path.use(wrap.under, (key) => {
    const header = changeHeader(group, operation, body)
    const secret = wrapUnderRoot(group, { key, under: wrap.under, header }, wrap.wrapped)
    return fitsCommitment(group, body, chainOf(group, body.nonce, secret)) ? secret : undefined
  })
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

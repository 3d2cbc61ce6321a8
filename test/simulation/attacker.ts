/**
 * The attacker closure: all that a coalition of peers can work out from everything ever sent and everything its members
 * ever held. Written apart from the members' own bookkeeping; it shares with them only the derivation functions.
 */
import { type Group, isRejection, type OperationId, type PeerId } from '@conclave/protocol'
import {
  advanceTek,
  chainOf,
  fitsCommitment,
  nextKek,
  tekOf,
  wrapSecret,
  wrapUnderRoot,
} from '../../packages/protocol/src/keys/derivation.ts'
import { type Slot, toHex } from '../../packages/protocol/src/ids.ts'
import {
  type Change,
  changeHeader,
  type Operation,
  type Wrap,
} from '../../packages/protocol/src/log/operation.ts'
import { openFrame, type RoomFrame } from '../../packages/protocol/src/traffic/frame.ts'
import { ROOM_TREE } from '../../packages/protocol/src/tree/tree-wraps.ts'
import type { Haul } from './archive.ts'
import { TreeAttacker } from './tree-attacker.ts'

type ChangeOperation = Operation & { readonly body: Change }

/** What was seen and held, wherever it was collected: in a simulated world or on a real network. */
export interface Hoard {
  /** Wraps that key relays added to a version's own, for all to hear. */
  readonly relayed?: ReadonlyMap<OperationId, readonly Wrap[]>
  readonly world: { readonly group: Group }
  readonly operations: ReadonlyMap<OperationId, { readonly operation: Operation }>
  haulOf(peer: PeerId): ReadonlyMap<OperationId, Haul>
}

export class Coalition {
  readonly #archive: Hoard
  readonly #hauls: readonly ReadonlyMap<OperationId, Haul>[]
  // A version's keys come from its key parent's, which lies in its past; so asking back and remembering is a fixpoint.
  readonly #secrets = new Map<OperationId, Uint8Array | undefined>()
  readonly #keks = new Map<string, readonly Uint8Array[]>()
  readonly #teks = new Map<OperationId, ReadonlyMap<number, Uint8Array>>()
  readonly #verdicts = new Map<string, boolean>()
  readonly #trees = new Map<OperationId, TreeAttacker>()

  constructor(archive: Hoard, peers: Iterable<PeerId>) {
    this.#archive = archive
    this.#hauls = [...peers].map((peer) => archive.haulOf(peer))
  }

  /** Whether the coalition reads a frame. */
  reads(frame: RoomFrame): boolean {
    const { version, revision } = frame.reference
    const reference = `${version} ${revision}`
    let verdict = this.#verdicts.get(reference)
    if (verdict === undefined) {
      verdict = this.teksAt(version, revision).some((tek) => this.#opens(frame, tek))
      this.#verdicts.set(reference, verdict)
    }
    return verdict
  }

  #opens(frame: RoomFrame, tek: Uint8Array): boolean {
    return !isRejection(openFrame(this.#archive.world.group, frame, tek))
  }

  /** Candidates for `TEK[version, revision]`: forward from what is known, and, for good measure, all that is known. */
  teksAt(version: OperationId, revision: number): Uint8Array[] {
    return [...this.#teksOf(version)].map(([known, tek]) => this.#forward(version, { known, tek, revision }))
  }

  #forward(version: OperationId, step: { known: number; tek: Uint8Array; revision: number }): Uint8Array {
    const { group } = this.#archive.world
    let { tek } = step
    for (let r = step.known + 1; r <= step.revision; r++)
      tek = advanceTek(group, version, { tek, revision: r })
    return tek
  }

  #teksOf(version: OperationId): ReadonlyMap<number, Uint8Array> {
    let teks = this.#teks.get(version)
    if (teks === undefined) {
      const handed = this.#held(version).flatMap((haul) => [...haul.teks])
      const secret = this.secretOf(version)
      const own = secret ? [[0, tekOf(this.#archive.world.group, version, secret)] as const] : []
      teks = new Map([...handed, ...own])
      this.#teks.set(version, teks)
    }
    return teks
  }

  #held(version: OperationId): Haul[] {
    return this.#hauls.flatMap((haul) => haul.get(version) ?? [])
  }

  /** `s_v`: held, or unwrapped with any known KEK of the key parent. */
  secretOf(version: OperationId): Uint8Array | undefined {
    if (this.#secrets.has(version)) return this.#secrets.get(version)
    const held = this.#held(version).find(({ secret }) => secret !== undefined)?.secret
    const secret = held ?? this.#unwrap(version)
    this.#secrets.set(version, secret)
    return secret
  }

  #unwrap(version: OperationId): Uint8Array | undefined {
    const change = this.#changeOf(version)
    if (change === undefined) return undefined
    const { group } = this.#archive.world
    const { body } = change
    const header = changeHeader(group, change, body)
    if (body.tree) {
      const { under, wrapped } = body.tree.secret
      const key = this.#treeOf(version).at(under)
      return key && wrapUnderRoot(group, { key, under, header }, wrapped)
    }
    for (const { slot, wrapped } of [...body.wraps, ...(this.#archive.relayed?.get(version) ?? [])]) {
      for (const kek of this.keksOf(body.keyParent, slot)) {
        const secret = wrapSecret(group, { kek, slot, header }, wrapped)
        if (fitsCommitment(group, body, chainOf(group, body.nonce, secret))) return secret
      }
    }
    return undefined
  }

  /** All keys that are known of the tree of a version's generation. */
  #treeOf(version: OperationId): TreeAttacker {
    const generation = this.#generationOf(version)
    const known = this.#trees.get(generation)
    if (known) return known
    const versions = [...this.#archive.operations.keys()].filter(
      (id) => this.#generationOf(id) === generation,
    )
    const trees = versions.flatMap((id) => this.#changeOf(id)?.body.tree ?? [])
    const messages = trees.flatMap(({ message }) => message ?? [])
    const tree = new TreeAttacker(
      this.#archive.world.group,
      messages,
      trees.map(({ secret }) => secret.under),
    )
    for (const id of versions)
      for (const { paths = [] } of this.#held(id)) for (const path of paths) tree.learn(path, ROOM_TREE)
    tree.work()
    this.#trees.set(generation, tree)
    return tree
  }

  #generationOf(version: OperationId): OperationId {
    const change = this.#changeOf(version)
    return change ? this.#generationOf(change.body.keyParent) : version
  }

  #changeOf(version: OperationId): ChangeOperation | undefined {
    const operation = this.#archive.operations.get(version)?.operation
    return operation?.body.kind === 'change' ? (operation as ChangeOperation) : undefined
  }

  #chainOf(version: OperationId): Uint8Array | undefined {
    const held = this.#held(version).find(({ chain }) => chain !== undefined)?.chain
    if (held !== undefined) return held
    const secret = this.secretOf(version)
    const nonce = this.#changeOf(version)?.body.nonce
    return secret && nonce && chainOf(this.#archive.world.group, nonce, secret)
  }

  /** All values of `KEK[version, slot]` that are known: held, or moved on from the key parent's. */
  keksOf(version: OperationId, slot: Slot): readonly Uint8Array[] {
    const name = `${version} ${slot}`
    let keks = this.#keks.get(name)
    if (keks === undefined) {
      const held = this.#held(version).flatMap((haul) => haul.keks.get(slot) ?? [])
      const distinct = new Map([...held, ...this.#movedOn(version, slot)].map((kek) => [toHex(kek), kek]))
      keks = [...distinct.values()]
      this.#keks.set(name, keks)
    }
    return keks
  }

  #movedOn(version: OperationId, slot: Slot): Uint8Array[] {
    const change = this.#changeOf(version)
    const before = change ? this.keksOf(change.body.keyParent, slot) : []
    const chain = before.length > 0 ? this.#chainOf(version) : undefined
    if (chain === undefined) return []
    const { group } = this.#archive.world
    return before.map((kek) => nextKek(group, { version, slot }, { kek, chain }))
  }
}

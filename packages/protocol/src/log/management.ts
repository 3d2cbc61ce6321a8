/**
 * Schemes: who makes the keys of a generation. All members (Distributed Flat), or one of them, its manager (Centralized Flat
 * or Tree). What begins a generation says which, so whoever knows a key knows who manages it (SPEC V1, V2).
 */
import { mayGovern } from '../group/genesis.ts'
import { mayAdmit, mayExclude } from '../group/policy.ts'
import { type AdmissionId, fromHex, ID_LENGTH, operationIdOf, type PeerId } from '../ids.ts'
import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import { keyOf, readPeer } from './decisions.ts'
import type { State } from './entitlement.ts'
import type { Entry, Roster } from './roster.ts'

/** In their order on the wire, from 1 on. */
const CENTRALIZED = ['centralized-flat', 'centralized-tree'] as const
/** Schemes in which one member, the manager, makes the keys. */
export type CentralizedScheme = (typeof CENTRALIZED)[number]
/** How the members of a generation come by their keys. */
export type Scheme = 'distributed-flat' | CentralizedScheme
/** All schemes, in the order of their numbers on the wire. */
export const SCHEMES: readonly Scheme[] = ['distributed-flat', ...CENTRALIZED]

/** What a refresh says of a generation that has a manager. */
export interface Management {
  readonly scheme: CentralizedScheme
  readonly manager: PeerId
  /** By which the manager is a member; one that comes again later has another one. */
  readonly admission: AdmissionId
}

export function writeManagement(writer: Writer, { scheme, manager, admission }: Management): Writer {
  return writer
    .u8(CENTRALIZED.indexOf(scheme) + 1)
    .fixed(keyOf(manager))
    .fixed(fromHex(admission))
}

export function readManagement(reader: Reader): Management {
  const scheme = CENTRALIZED[reader.u8() - 1] ?? reader.fail('scheme we do not know', 'unknown-type')
  return { scheme, manager: readPeer(reader), admission: operationIdOf(reader.fixed(ID_LENGTH)) }
}

/** How the generation of a version is managed; undefined where nobody manages it. */
export function managementOf(version: Entry): Management | undefined {
  const { body } = (version.generation ?? version).operation
  return body.kind === 'refresh' ? body.management : undefined
}

export function schemeOf(version: Entry): Scheme {
  return managementOf(version)?.scheme ?? 'distributed-flat'
}

/** Whether a peer is a member by the admission that it manages by. */
export function isInOffice({ manager, admission }: Management, { alive }: Pick<Roster, 'alive'>): boolean {
  return (alive.get(manager) ?? []).some(({ operation }) => operation.id === admission)
}

/** Whether a member may make changes from a version (SPEC V2). */
export function mayChangeFrom(version: Entry, author: PeerId, roster: Pick<Roster, 'alive'>): boolean {
  const management = managementOf(version)
  return management === undefined || (management.manager === author && isInOffice(management, roster))
}

/** Why a member may not begin a generation that is so managed; undefined when it may (SPEC V1). */
export function whyNotManaged(
  author: PeerId,
  management: Management | undefined,
  { log, before }: Omit<State, 'past'>,
): string | undefined {
  if (management === undefined) return undefined
  const { policy } = log.group.genesis
  const { manager } = management
  if (!isInOffice(management, before)) return 'its manager is no member by the admission that it names'
  if (!mayAdmit(policy, manager)) return 'its manager may let nobody in'
  if (policy.exclude !== 'quorum' && !mayExclude(policy, manager)) return 'its manager may exclude nobody'
  if (mayGovern(log.group, author) || (author === manager && isManager(management, before))) return undefined
  return 'only who governs the room names its manager'
}

/** Whether somebody manages a generation already that no other one came after, by the same admission. */
function isManager({ admission }: Management, { refreshes }: Roster): boolean {
  return refreshes.some(
    (refresh) =>
      managementOf(refresh)?.admission === admission &&
      refreshes.every((other) => !other.past.has(refresh.index)),
  )
}

/**
 * Invites: what a link carries. A grant says, under a member's signature, that whoever can sign with the grant's key may
 * be admitted; the link holds that key's seed and the room key, never a TEK or KEK (SPEC G4–G6).
 */
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { signedBytes } from '../crypto/kdf.ts'
import { type Claim, SIGNATURE_LENGTH, type Signer, type Suite } from '../crypto/suite.ts'
import { isRejection, UsageError } from '../errors.ts'
import { type AdmissionId, fromHex, ID_LENGTH, operationIdOf, PUBLIC_KEY_LENGTH } from '../ids.ts'
import { ADDRESS_LENGTH_MAX, RELAYS_MAX } from '../limits.ts'
import { decode, type Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { decodeGenesis, encodeGenesis, GENESIS_MAX, type Group, groupOf } from './genesis.ts'

export interface Grant {
  /** Public key whose owner may be admitted. */
  readonly inviteKey: Uint8Array
  /** Public key of the member that issued it, and the admission it was a member by. */
  readonly issuer: Uint8Array
  readonly issuerAdmission: AdmissionId
  /** Seconds since 1970 by the wall clock; 0: never. Checked by introducers, never by the log. */
  readonly expires: number
  /** Peers it is good for; 0: any number. */
  readonly uses: number
  /** Whether a human has to say yes besides. */
  readonly ask: boolean
  readonly signature: Uint8Array
}

/** An invite that was read: the room, and what proves that somebody may come in. */
export interface Invite {
  readonly group: Group
  readonly grant: Grant
  /** 32-byte Ed25519 seed of `grant.inviteKey`. */
  readonly seed: Uint8Array
  /** Multiaddrs of the relays that the room meets at. */
  readonly relays: readonly string[]
}

/** What a newcomer shows: the grant, and its own key signed with the grant's. */
export interface Evidence {
  readonly grant: Grant
  readonly proof: Uint8Array
}

const FORMAT = 1
const INVITE_MAX = 2048

function writeGrantBody(writer: Writer, grant: Omit<Grant, 'signature'>): Writer {
  return writer
    .fixed(grant.inviteKey)
    .fixed(grant.issuer)
    .fixed(fromHex(grant.issuerAdmission))
    .u48(grant.expires)
    .u16(grant.uses)
    .u8(grant.ask ? 1 : 0)
}

function readFlag(reader: Reader): boolean {
  const flag = reader.u8()
  return flag > 1 ? reader.fail('flag is neither 0 nor 1') : flag === 1
}

function readGrant(reader: Reader): Grant {
  return {
    inviteKey: reader.fixed(PUBLIC_KEY_LENGTH),
    issuer: reader.fixed(PUBLIC_KEY_LENGTH),
    issuerAdmission: operationIdOf(reader.fixed(ID_LENGTH)),
    expires: reader.u48(),
    uses: reader.u16(),
    ask: readFlag(reader),
    signature: reader.fixed(SIGNATURE_LENGTH),
  }
}

export function writeEvidence(writer: Writer, evidence: Evidence): void {
  writeGrantBody(writer, evidence.grant).fixed(evidence.grant.signature).fixed(evidence.proof)
}

export function readEvidence(reader: Reader): Evidence {
  return { grant: readGrant(reader), proof: reader.fixed(SIGNATURE_LENGTH) }
}

export interface GrantInit {
  readonly seedSigner: Signer
  readonly issuer: Signer
  readonly issuerAdmission: AdmissionId
  readonly expires: number
  readonly uses: number
  readonly ask?: boolean
}

export function makeGrant(groupId: Uint8Array, init: GrantInit): Grant {
  const body = {
    inviteKey: init.seedSigner.publicKey,
    issuer: init.issuer.publicKey,
    issuerAdmission: init.issuerAdmission,
    expires: init.expires,
    uses: init.uses,
    ask: init.ask ?? false,
  }
  return { ...body, signature: init.issuer.sign(signedGrant(groupId, body)) }
}

function signedGrant(groupId: Uint8Array, grant: Omit<Grant, 'signature'>): Uint8Array {
  return signedBytes('grant', groupId, writeGrantBody(new Writer(), grant).finish())
}

/** The claim to check before an invite is believed: that its issuer signed it for this very group. */
export function grantClaim(groupId: Uint8Array, grant: Grant): Claim {
  return { publicKey: grant.issuer, message: signedGrant(groupId, grant), signature: grant.signature }
}

/** Proves to a group that `newcomer`, a public key, has the seed of an invite: the signature that goes into its evidence. */
export function makeProof(groupId: Uint8Array, seedSigner: Signer, newcomer: Uint8Array): Uint8Array {
  return seedSigner.sign(signedBytes('proof', groupId, newcomer))
}

/** Both claims of a newcomer's evidence: the grant, and that this newcomer holds its key. */
export function evidenceClaims(groupId: Uint8Array, evidence: Evidence, newcomer: Uint8Array): Claim[] {
  const proof: Claim = {
    publicKey: evidence.grant.inviteKey,
    message: signedBytes('proof', groupId, newcomer),
    signature: evidence.proof,
  }
  return [grantClaim(groupId, evidence.grant), proof]
}

/** The invite as base64url text, to stand after the `#` of a link. */
export function encodeInvite(invite: Invite): string {
  const writer = new Writer()
    .u8(FORMAT)
    .bytes(encodeGenesis(invite.group.genesis))
    .fixed(invite.group.roomKey)
    .fixed(invite.seed)
  writeGrantBody(writer, invite.grant).fixed(invite.grant.signature)
  writer.list(invite.relays, (inner, relay) => inner.text(relay))
  const body = writer.finish()
  return toString(concat([body, checksum(invite.group.suite, body)]), 'base64url')
}

/** Tells a link that lost a character from one that was made for another group. */
function checksum(suite: Suite, body: Uint8Array): Uint8Array {
  return suite.hash(body).slice(0, 4)
}

/** Whether `text` looks like an invite or a link that holds one, rather than a room's name. */
export function isInviteText(text: string): boolean {
  return text.includes('#') || /^[A-Za-z0-9_-]{250,}$/.test(text)
}

/**
 * Reads an invite from its text or from a link whose fragment it is. The caller still has to check `grantClaim`.
 * Throws `UsageError` that says what to do when it is damaged or expired (`now`: seconds since 1970).
 */
export function decodeInvite(text: string, suite: Suite, now: number): Invite {
  const invite = parseInvite(text.slice(text.lastIndexOf('#') + 1).trim(), suite)
  if (invite === undefined) {
    throw new UsageError(
      'bad-invite',
      'This invite is damaged. Copy the whole link again, or ask for a new one.',
    )
  }
  if (invite.grant.expires !== 0 && invite.grant.expires < now) {
    throw new UsageError('expired-invite', 'This invite has expired. Ask a member of the room for a new one.')
  }
  return invite
}

function parseInvite(text: string, suite: Suite): Invite | undefined {
  let bytes: Uint8Array
  try {
    bytes = fromString(text, 'base64url')
  } catch {
    return undefined
  }
  const body = bytes.subarray(0, -4)
  // The last letter carries bits that no byte holds; with others than ours somebody mistyped it.
  if (toString(bytes, 'base64url') !== text) return undefined
  if (bytes.length < 5 || toString(bytes.subarray(-4)) !== toString(checksum(suite, body))) return undefined
  const invite = decode(body, INVITE_MAX, (reader) => readInvite(reader, suite))
  return isRejection(invite) ? undefined : invite
}

function readInvite(reader: Reader, suite: Suite): Invite {
  if (reader.u8() !== FORMAT) reader.fail('invite of a format we do not know', 'unknown-type')
  const genesis = decodeGenesis(reader.bytes(GENESIS_MAX))
  if (isRejection(genesis)) reader.fail(genesis.detail)
  const roomKey = reader.fixed(32)
  const seed = reader.fixed(32)
  const grant = readGrant(reader)
  const relays = reader.list(RELAYS_MAX, (inner) => inner.text(ADDRESS_LENGTH_MAX))
  return { group: groupOf(genesis, roomKey, suite), grant, seed, relays }
}

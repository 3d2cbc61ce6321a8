/** Group keys without a server: VersaKey's Distributed Flat as a pure state machine. See SPEC.md for the rules. */
export { nobleSigner, nobleSuite, nobleVerify } from './crypto/noble-suite.ts'
export type { AeadInput, Claim, Signer, Suite } from './crypto/suite.ts'
export { isRejection, type Rejection, type RejectionCode, UsageError } from './errors.ts'
export { type Group, groupOf, type IdSpace, mayGovern, newRoom, openRoom } from './group/genesis.ts'
export type { AdmitPolicy, ExcludePolicy, Policy } from './group/policy.ts'
export { pairSafetyNumber, roomSafetyNumber, safetyCode } from './group/safety.ts'
export { decodeSuccessor, encodeSuccessor, type Successor } from './group/successor.ts'
export {
  decodeInvite,
  type Evidence,
  grantClaim,
  type Invite,
  isInviteText,
  makeProof,
} from './group/invite.ts'
export { type Millis, type OperationId, type PeerId, peerIdOf, publicKeyOf, type VersionId } from './ids.ts'
export { decodeOperation, type Operation, operationClaims } from './log/operation.ts'
export type { Deed, DeedKind, TableView } from './member/chronicle.ts'
export type { StepContext, Status } from './member/context.ts'
export type { InviteRequest, Wish } from './member/decider.ts'
export { type CentralizedScheme, type Scheme, SCHEMES } from './log/management.ts'
export type { MemberInit } from './member/lineage.ts'
export type { MemberState, SchemeState } from './member/member-state.ts'
export { Member } from './member/member.ts'
export type { Entrance } from './member/newcomer.ts'
export { ACTION_MAX, FILE_CHUNK } from './limits.ts'
export { ChunkBox, type Delivery } from './traffic/file-chunk.ts'
export type { Action } from './traffic/room-messages.ts'
export type {
  Cause,
  Channel,
  Inbound,
  Loudness,
  MemberChange,
  Notification,
  Output,
} from './member/output.ts'
export type { Screened, Waiting } from './member/screen.ts'
export { DEFAULT_TIMING, type Timing } from './timing.ts'
export { type PacketList, type StreamInit, type StreamKey, StreamSender } from './traffic/stream.ts'
export {
  type Arrival,
  type Judged,
  type Packet,
  type PacketId,
  type ReceiverInit,
  type SignedList,
  StreamReceiver,
  type Verdict,
} from './traffic/stream-receiver.ts'

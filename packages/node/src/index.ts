/** Encrypted rooms over libp2p: `joinRoom()` for those without a node, `conclave()` for those who have one. */
export { conclave, Conclave, type ConclaveInit, type MemberOptions, type NewRoomOptions } from './conclave.ts'
export { UsageError } from './errors.ts'
export { createRoom, joinRoom, type RoomOptions } from './join-room.ts'
export { memberGossipsub } from './gossipsub.ts'
export { createIdentity, type Identity, identityFromSeed } from './identity.ts'
export { JoinedTopics } from './joined-topics.ts'
export type * from './room-api.ts'
export { Room } from './room.ts'

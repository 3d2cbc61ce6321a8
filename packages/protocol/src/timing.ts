/** Durations of the protocol in milliseconds of monotonic time. Tests shorten them; a room's members should agree. */
export interface Timing {
  /** Mean time between heartbeats; each is jittered by a quarter. */
  heartbeatMs: number
  /** Silence after which a member counts as offline: browsers wake hidden tabs only once a minute. */
  offlineMs: number
  /** The first introducer has it alone; three others answer within another one, ranked. */
  introductionWindowMs: number
  /** A newcomer asks again after this, doubled each time up to four times. */
  solicitMs: number
  /** An open room's first participant hears nobody for this long before it founds. */
  foundingMs: number
  /** Admissions within this time share one revision step. */
  revisionBatchMs: number
  /** One rank's wait before it seals: at least two round trips. */
  sealStepMs: number
  /** Leaves within this time share one change. */
  leaveBatchMs: number
  /** A newcomer asks contributors for slots after this: by then direct connections stand, and gossip is spared. */
  slotsMs: number
  /** A request unanswered for this long goes to somebody else. */
  requestMs: number
  /** A knock that was not repeated for this long is over; so long a newcomer's own question may be answered. */
  knockMs: number
  /** Knocks of a peer that was just denied are the old one still. */
  denialMs: number
  /** A change is announced again after this, doubled each time, until enough members show it. */
  repeatMs: number
  /** A version that covers but that nobody lets us open is superseded after this (SPEC K9). */
  supersedeMs: number
  /** Superseded keys are erased after this. */
  retentionMs: number
  /** Frames under superseded keys are still read for this long. */
  lateMs: number
  /** A stream's sender signs the packets of this time together (paper §3.1.1). */
  streamMs: number
  /** A packet that no list names by then stays unverified: the third list has come, if any did. */
  verdictMs: number
}

/** The durations that members agree on, in milliseconds. Others are for tests, and for all members at once. */
export const DEFAULT_TIMING: Timing = {
  heartbeatMs: 5_000,
  offlineMs: 70_000,
  introductionWindowMs: 300,
  solicitMs: 1_500,
  foundingMs: 4_000,
  revisionBatchMs: 500,
  sealStepMs: 400,
  leaveBatchMs: 500,
  slotsMs: 1_000,
  requestMs: 1_500,
  knockMs: 60_000,
  denialMs: 10_000,
  repeatMs: 1_000,
  supersedeMs: 10_000,
  retentionMs: 120_000,
  lateMs: 10_000,
  streamMs: 300,
  verdictMs: 2_000,
}

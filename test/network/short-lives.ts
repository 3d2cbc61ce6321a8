/** Loaded into a peer's process by a test: silence is noticed and keys are erased after seconds, so that a nap is a sleep. */
import { DEFAULT_TIMING } from '../../packages/protocol/src/timing.ts'

/** Longer than anybody counts as present without a word, and than keys are kept. */
export const SLEEP_MS = 9_000

Object.assign(DEFAULT_TIMING, { heartbeatMs: 500, offlineMs: 6_000, retentionMs: 7_000, lateMs: 3_000 })

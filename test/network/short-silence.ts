/** Loaded into a peer's process by a test: who is gone is noticed after seconds. */
import { DEFAULT_TIMING } from '../../packages/protocol/src/timing.ts'

Object.assign(DEFAULT_TIMING, { heartbeatMs: 1_000, offlineMs: 8_000 })

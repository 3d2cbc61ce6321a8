/** What somebody who holds the group key says and hears: room frames, without a room (SPEC T1–T5, N6). */
import type { Claim, Signer } from '../crypto/suite.ts'
import { isRejection, reject, type Rejection } from '../errors.ts'
import type { Group } from '../group/genesis.ts'
import type { Millis } from '../ids.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import { type OpenedFrame, openFrame, parseFrame, ROOM_FRAME, sealFrame } from '../traffic/frame.ts'
import { ReplayWindows } from '../traffic/replay-window.ts'

export type Verify = (claim: Claim) => boolean

export interface VoiceInit {
  readonly signer: Signer
  /** 16 fresh random bytes, never used before (SPEC T2). */
  readonly salt: Uint8Array
  /** Checks a signature; pure, as all that the core is given. */
  readonly verify: Verify
}

export class Voice {
  readonly #init: VoiceInit
  readonly #windows = new ReplayWindows()
  #counter = 0

  constructor(init: VoiceInit) {
    this.#init = init
  }

  get signer(): Signer {
    return this.#init.signer
  }

  verifies(claims: readonly Claim[]): boolean {
    return claims.every((claim) => this.#init.verify(claim))
  }

  say(group: Group, keys: VersionKeys, content: Uint8Array): Uint8Array {
    const { signer, salt } = this.#init
    const reference = { version: keys.version, revision: keys.revision }
    const session = { salt, counter: this.#counter++ }
    const input = { type: ROOM_FRAME, reference, tek: keys.tek, session, signer } as const
    return sealFrame(group, input, content)
  }

  /** Opens what somebody says. Its revision, which only who holds the key can have set, becomes ours (§3.1.2). */
  hear(
    group: Group,
    held: readonly VersionKeys[],
    said: { bytes: Uint8Array; now: Millis; lateMs: number },
  ): OpenedFrame | Rejection {
    const frame = parseFrame(said.bytes)
    if (isRejection(frame)) return frame
    const { version, revision } = frame.reference
    const keys = held.find((one) => one.version === version)
    const tek = keys?.tekAt(revision)
    if (keys === undefined || tek === undefined) return reject('not-ready', 'no key for this frame')
    const opened = openFrame(group, frame, tek)
    if (isRejection(opened)) return opened
    if (!this.verifies([opened.claim])) return reject('bad-signature', 'not signed by its sender')
    if (!this.#windows.isFresh(opened.sender, opened.session)) return reject('replayed', 'heard before')
    this.#windows.mark(opened.sender, opened.session)
    keys.advanceTo(revision, said)
    return opened
  }
}

/** What one decides about a room's members and keys; `Room` has all of it. */
import type { PeerId, Wish } from '@conclave/protocol'
import type { TransitionOptions } from './room-api.ts'
import { RoomFeatures } from './room-features.ts'

/**
 * Each of these resolves when it was done here and told to the others, as far as they are there. Each rejects with a `UsageError`, and
 * has changed nothing then, whose `code` is `not-in-room` or `destroyed` outside of the room, `not-joined` while we are not in yet or
 * keys are being changed (try again), `not-entitled` where the policy does not let us, `log-full` where the room has used up its log,
 * or one that is named below.
 */
export abstract class RoomDecisions extends RoomFeatures {
  protected abstract decide(wish: Wish): Promise<void>

  /**
   * Ends an invite before its time, ours or, where we may exclude, anybody's: nobody new comes in by it. Who came in by it stays. A
   * second time changes nothing. Code `bad-invite`: it is damaged, or for another room.
   */
  async revoke(invite: string): Promise<void> {
    await this.decide({ kind: 'revoke', invite })
  }

  /**
   * Lets in somebody who knocks: a `member` event tells that it is in. Codes: `no-knock` when it does not, or not any more;
   * `is-a-member` when somebody else was faster.
   */
  async admit(peer: string): Promise<void> {
    await this.decide({ kind: 'admit', peer: peer as PeerId })
  }

  /** Sends away somebody who knocks; the second time is for the room's life. Codes as of `admit`. */
  async deny(peer: string): Promise<void> {
    await this.decide({ kind: 'deny', peer: peer as PeerId })
  }

  /**
   * Never again lets in somebody who is no member, e.g. whom one has just excluded; nobody can take that back. Code `is-a-member`:
   * exclude it first.
   */
  async ban(peer: string): Promise<void> {
    await this.decide({ kind: 'ban', peer: peer as PeerId })
  }

  /**
   * Changes who makes the keys; `keys` events tell when there are new ones. Codes: `bad-scheme`; `bad-manager` when one is named where
   * all make the keys; `not-a-member` or `offline` of the manager; `nothing-to-do` when it is so already; `in-transition` while keys
   * are still being made.
   */
  async transition({ to, manager }: TransitionOptions): Promise<void> {
    await this.decide({
      kind: 'transition',
      to,
      ...(manager !== undefined && { manager: manager as PeerId }),
    })
  }

  /**
   * Makes all keys anew: whatever was stolen of them before opens nothing that is said after. A `keys` event tells when they are there.
   * Where one member makes the keys, it alone may, and who governs the room.
   */
  async refresh(): Promise<void> {
    await this.decide({ kind: 'refresh' })
  }

  /**
   * Votes for a member's exclusion, where the policy asks for a quorum; a second time changes nothing. With the last vote that it takes
   * it is excluded. All are told by a `vote` event. Codes: `not-yourself`, `not-a-member`.
   */
  async vote(peer: string): Promise<void> {
    await this.decide({ kind: 'vote', peer: peer as PeerId })
  }

  /**
   * Ends the room for everybody, for good: all erase all keys. Moderators may, where there are any, else the creator. The room
   * closes by itself a little later, since others may ask meanwhile what became of it.
   */
  async destroy(): Promise<void> {
    await this.decide({ kind: 'destroy' })
  }
}

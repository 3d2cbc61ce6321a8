/** What one does with a room besides talking and membership; `Room` has all of it. */
import { TypedEventEmitter } from 'main-event'
import type { Action, ActionOptions } from './action.ts'
import type {
  AcceptFileOptions,
  FileContent,
  FileOffer,
  ReceivedFile,
  SendFileOptions,
  SentFile,
} from './file-api.ts'
import type { RoomEvents, RoomHealth } from './room-api.ts'
import type { RoomParts } from './room-parts.ts'

export abstract class RoomFeatures extends TypedEventEmitter<RoomEvents> {
  protected abstract readonly parts: RoomParts

  /** Messages of your own kind, e.g. `room.makeAction<{ x: number }>('cursor')`. The same name gives the same action. */
  makeAction<T>(name: string, options: ActionOptions<T> = {}): Action<T> {
    return this.parts.actions.make(name, options)
  }

  /** Tells the others that our user types. Call it at each key; it is over by itself a few seconds after the last call. */
  setTyping(isTyping: boolean): void {
    this.parts.typing.set(isTyping)
  }

  /** Files that we may fetch now. */
  get files(): FileOffer[] {
    return this.parts.files.incoming.offers
  }

  /**
   * Offers a file to the room, or to some of it. Resolves once it was offered. Throws `UsageError` when nobody it is for is there, and
   * for one of more than 1 MB when nobody can be reached directly.
   */
  async sendFile(content: FileContent, options: SendFileOptions = {}): Promise<SentFile> {
    return await this.parts.files.outgoing.send(content, options)
  }

  /**
   * Fetches a file that was offered. Resolves when it is there, complete and checked. It goes on by itself after a connection was
   * lost. Throws `UsageError` when it has more than 1 MB and its sender cannot be reached directly; rejects with an
   * `AbortError` when either side cancels.
   */
  async acceptFile(id: string, options: AcceptFileOptions = {}): Promise<ReceivedFile> {
    return await this.parts.files.incoming.accept(id, options)
  }

  /** Withdraws an offer of ours, declines another's, or stops fetching it. */
  cancelFile(id: string): void {
    this.parts.files.cancel(id)
  }

  /**
   * Sixty digits to compare over another channel: for us and a peer, or without one for all who are in the room. Both sides
   * see the same. Throws `UsageError` for somebody who is no member.
   */
  safetyNumber(peer?: string): string {
    return this.parts.safetyNumber(peer)
  }

  /** Eight characters that tell a peer from others of its name, to stand beside it. Throws `UsageError` for no peer id. */
  safetyCode(peer: string): string {
    return this.parts.safetyCode(peer)
  }

  /** How each member is reached, and our relays. */
  get health(): RoomHealth {
    return this.parts.health.get()
  }
}

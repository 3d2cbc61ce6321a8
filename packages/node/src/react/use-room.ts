/** A room for as long as a component is there. */
import { useEffect, useRef, useState } from 'react'
import { messagesOf } from './messages.ts'
import type { RoomStatus } from '../room-api.ts'
import type { Room } from '../room.ts'

/** How far {@link useRoom} has come. */
export interface RoomInUse {
  /** Undefined until it was entered, and when it could not be. */
  room: Room | undefined
  /** The room's; `joining` while it is being entered, `closed` when it could not be. */
  status: RoomStatus
  /** Why it could not be entered. */
  error: Error | undefined
}

const ENTERING: RoomInUse = { room: undefined, status: 'joining', error: undefined }

/**
 * Enters a room when the component is mounted, and closes it when it is unmounted: offline, but still a member. `enter` is
 * called once for each change of `deps`, when the room before is closed; also in strict mode, whose second mount goes on with the
 * room of the first. For example `useRoom(() => joinRoom({ name }, invite), [name, invite])`. What `enter` rejects with comes back
 * as `error`; the hook itself never throws.
 */
export function useRoom(enter: () => Promise<Room>, deps: readonly unknown[] = []): RoomInUse {
  const [inUse, setInUse] = useState(ENTERING)
  const last = useRef<Stay>(undefined)
  useEffect(() => {
    const stay = last.current?.resume(deps) ?? new Stay(enter, deps, last.current?.over)
    last.current = stay
    return stay.use(setInUse)
  }, deps)
  return inUse
}

/** One room, entered once and closed once. */
class Stay {
  /** Resolves when the room is closed, whether or not it was ever entered. */
  readonly over: Promise<void>
  readonly #deps: readonly unknown[]
  readonly #end = Promise.withResolvers<void>()
  #inUse = ENTERING
  #onChange: (inUse: RoomInUse) => void = () => {}
  #ending: ReturnType<typeof setTimeout> | undefined
  #isOver = false

  constructor(enter: () => Promise<Room>, deps: readonly unknown[], before: Promise<void> | undefined) {
    this.#deps = deps
    this.over = this.#live(enter, before)
  }

  /** This stay, if it is for the same and goes on; the component was only mounted again. */
  resume(deps: readonly unknown[]): this | undefined {
    const isSame = deps.length === this.#deps.length && deps.every((dep, i) => Object.is(dep, this.#deps[i]))
    if (!isSame || this.#isOver) return undefined
    clearTimeout(this.#ending)
    return this
  }

  /** Shows how far we are until the returned function is called; then the stay ends, unless it is resumed at once. */
  use(onChange: (inUse: RoomInUse) => void): () => void {
    this.#onChange = onChange
    onChange(this.#inUse)
    return () => {
      this.#onChange = () => {}
      this.#ending = setTimeout(() => {
        this.#isOver = true
        this.#end.resolve()
      })
    }
  }

  async #live(enter: () => Promise<Room>, before: Promise<void> | undefined): Promise<void> {
    // Two rooms may share identity and store, which bear one user at a time.
    await before
    if (this.#isOver) return
    let room: Room
    try {
      room = await enter()
      // Before anything is said there.
      messagesOf(room)
    } catch (error) {
      this.#show({ room: undefined, status: 'closed', error: asError(error) })
      return
    }
    const tell = (): void => this.#show({ room, status: room.state.status, error: undefined })
    room.addEventListener('status', tell)
    tell()
    await this.#end.promise
    room.removeEventListener('status', tell)
    // Nobody is there any more who could be told of a trouble.
    await room.close().catch(() => {})
  }

  #show(inUse: RoomInUse): void {
    this.#inUse = inUse
    this.#onChange(inUse)
  }
}

/** A copy of the node's own, which would bring the protocol with it. */
function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/** Typed messages of an application: a name, data, and who said it; encrypted and signed like chat. */
import { TypedEventEmitter } from 'main-event'

export interface ActionOptions<T> {
  /**
   * Worth nothing a moment later, such as a cursor's place: not kept while there is no key to send it under, and not sent
   * behind others when they pile up. Default: it waits for the keys, as chat does.
   */
  ephemeral?: boolean
  /** Whether what a peer sent has the form that you expect; what has not is dropped. Without it `T` is a promise of others. */
  check?(data: unknown): data is T
}

export interface ActionTarget {
  /** The only members that are to hear it; the others hold the keys and could read it. Default: everybody in the room. */
  to?: string | readonly string[]
}

/** What came, and from whom; the sender's signature was checked. */
export interface ActionReceipt<T> {
  data: T
  /** Peer id of who sent it. */
  from: string
  /** Its display name. */
  name: string
}

export interface ActionEvents<T> {
  receive: CustomEvent<ActionReceipt<T>>
}

/** Sends data of one name, and hears it: `action.addEventListener('receive', ({ detail }) => …)`. */
export class Action<T> extends TypedEventEmitter<ActionEvents<T>> {
  readonly name: string
  readonly #send: (data: T, to: readonly string[]) => Promise<{ reached: number }>

  constructor(name: string, send: (data: T, to: readonly string[]) => Promise<{ reached: number }>) {
    super()
    this.name = name
    this.#send = send
  }

  /**
   * Sends data: anything that JSON takes, or bytes, 32 KiB at most. Resolves once it was sent, to the number of neighbours
   * it was handed to; for an ephemeral one 0 when there was no key. Throws `UsageError` for data that is too long or no JSON, and
   * outside of the room.
   */
  async send(data: T, { to = [] }: ActionTarget = {}): Promise<{ reached: number }> {
    return await this.#send(data, typeof to === 'string' ? [to] : to)
  }
}

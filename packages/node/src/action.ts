/** Typed messages of an application: a name, data, and who said it; encrypted and signed like chat. */
import { TypedEventEmitter } from 'main-event'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import type { Action as Said, Notification, PeerId } from '@conclave/protocol'
import { UsageError } from './errors.ts'

/** What kind of data an action has. */
export interface ActionOptions<T> {
  /**
   * Worth nothing a moment later, such as a cursor's place: not kept while there is no key to send it under, and not sent
   * when others wait already. Default: it waits for the keys, as chat does.
   */
  ephemeral?: boolean
  /** Whether what a peer sent has the form that you expect; what has not is dropped. Without it `T` is a promise of others. */
  check?(data: unknown): data is T
}

/** Whom an action is for. */
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
  /** By which the others hear it. */
  readonly name: string
  readonly #send: (data: T, to: readonly string[]) => Promise<{ reached: number }>

  constructor(name: string, send: (data: T, to: readonly string[]) => Promise<{ reached: number }>) {
    super()
    this.name = name
    this.#send = send
  }

  /**
   * Sends data: anything that JSON takes, or bytes, 40 KiB at most. Resolves once it was sent, to the number of neighbours
   * it was handed to; for an ephemeral one 0 when there was no key. Throws `UsageError` for data that is too long or no JSON, and
   * outside of the room.
   */
  async send(data: T, { to = [] }: ActionTarget = {}): Promise<{ reached: number }> {
    return await this.#send(data, typeof to === 'string' ? [to] : to)
  }
}

const NAME = /^[A-Za-z0-9][\w.-]{0,31}$/

export interface ActionsInit {
  /** Throws `UsageError` when it cannot be sent. */
  send(action: Omit<Said, 'kind'>): Promise<number>
  /** Whether what is said now is sent at once. */
  isClear(): boolean
  /** What an application said, whether or not somebody here made its action. */
  onAction(receipt: ActionReceipt<unknown> & { action: string }): void
}

type OwnReceipt = ActionReceipt<unknown> & { isForUsAlone: boolean }

interface Made {
  readonly action: Action<unknown>
  options: ActionOptions<unknown>
}

/** The actions of one room. */
export class Actions {
  readonly #init: ActionsInit
  readonly #made = new Map<string, Made>()
  /** Those of the node itself, which begin with a colon. */
  readonly #own = new Map<string, (receipt: OwnReceipt) => void>()

  constructor(init: ActionsInit) {
    this.#init = init
  }

  /** The action of that name, with these options from now on. Throws `UsageError` for a name that none has. */
  make<T>(name: string, options: ActionOptions<T>): Action<T> {
    if (!NAME.test(name)) {
      throw new UsageError(
        'bad-action',
        'An action’s name has 1 to 32 letters, digits, dots, dashes and underscores, and begins with a letter or digit.',
      )
    }
    const made = this.#made.get(name) ?? {
      action: new Action<unknown>(name, async (data, to) => await this.#sendAs(name, data, to)),
      options: {},
    }
    // Whoever makes it says what its data is.
    made.options = options
    this.#made.set(name, made)
    return made.action
  }

  /** Hears one of the node's own. */
  hearOwn(name: `:${string}`, hear: (receipt: OwnReceipt) => void): void {
    this.#own.set(name, hear)
  }

  /** Sends data under a name, ours too. */
  async send(name: string, data: unknown, to: readonly string[] = []): Promise<number> {
    return await this.#init.send({ name, to: to as readonly PeerId[], ...encoded(data) })
  }

  hear({ from, name, action }: Extract<Notification, { event: 'action' }>): void {
    const data = decoded(action)
    if (data === undefined) return
    const receipt = { data, from, name }
    if (action.name.startsWith(':')) {
      this.#own.get(action.name)?.({ ...receipt, isForUsAlone: action.to.length === 1 })
      return
    }
    const made = this.#made.get(action.name)
    if (made?.options.check?.(data) === false) return
    made?.action.dispatchEvent(new CustomEvent('receive', { detail: receipt }))
    this.#init.onAction({ action: action.name, ...receipt })
  }

  async #sendAs(name: string, data: unknown, to: readonly string[]): Promise<{ reached: number }> {
    if (this.#made.get(name)?.options.ephemeral === true && !this.#init.isClear()) return { reached: 0 }
    return { reached: await this.send(name, data, to) }
  }
}

function encoded(data: unknown): Pick<Said, 'form' | 'data'> {
  if (data instanceof Uint8Array) return { form: 'bytes', data }
  const text = json(data)
  // For functions and the like there is none, whatever its type says.
  if (text === undefined)
    throw new UsageError('bad-action', 'The data is no JSON. Send values that JSON has, or bytes.')
  return { form: 'json', data: fromString(text, 'utf8') }
}

function json(data: unknown): string | undefined {
  try {
    return JSON.stringify(data)
  } catch {
    return undefined
  }
}

function decoded({ form, data }: Said): unknown {
  if (form === 'bytes') return data
  try {
    return JSON.parse(toString(data, 'utf8'))
  } catch {
    return undefined
  }
}

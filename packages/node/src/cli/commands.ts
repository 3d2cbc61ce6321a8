/** The commands that a headless peer takes on stdin, one JSON object a line. */
import { isUsageError, messageOf } from '../errors.ts'
import type { Room } from '../room.ts'

export interface Command {
  /** Repeated in the reply; null when the command had none. */
  readonly id: unknown
  readonly name: string
  readonly fields: Readonly<Record<string, unknown>>
}

export type Reply = { readonly reply: unknown } & (
  | ({ readonly ok: true } & Readonly<Record<string, unknown>>)
  | { readonly ok: false; readonly code: string; readonly message: string }
)

/** What commands act on. */
export interface Target {
  readonly room: Room
  /** Ends the process, after leaving the room or without. */
  readonly end: () => void
}

/** A command that is not well-formed; the message names the field. */
class CommandError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

type Result = Readonly<Record<string, unknown>>
type Handler = (fields: Fields, target: Target) => Result | Promise<Result>

const HANDLERS: Readonly<Record<string, Handler>> = {
  send: async (fields, { room }) => await room.send(fields.text('text')),
  invite: (fields, { room }) => {
    const ttl = fields.count('ttl')
    const uses = fields.count('uses')
    const admit = fields.oneOf('admit', ['now', 'ask'])
    const options = {
      ...(ttl !== undefined && { ttl }),
      ...(uses !== undefined && { uses }),
      ...(admit !== undefined && { admit }),
    }
    return { url: `conclave:#${room.invite(options)}` }
  },
  exclude: async (fields, { room }) => {
    await room.exclude(fields.texts('peers'), fields.optionalText('reason') ?? '')
    return {}
  },
  admit: async (fields, { room }) => {
    await room.admit(fields.text('peer'))
    return {}
  },
  deny: async (fields, { room }) => {
    await room.deny(fields.text('peer'))
    return {}
  },
  ban: async (fields, { room }) => {
    await room.ban(fields.text('peer'))
    return {}
  },
  history: (fields, { room }) => ({
    history: room.records.history(fields.count('count')),
    length: room.records.length,
  }),
  readers: (fields, { room }) => {
    const readers = room.records.readers(fields.text('version'))
    if (readers === undefined) throw new CommandError('no-version', '"version" names none of this room.')
    return { readers }
  },
  table: (_fields, { room }) => {
    const { rows, ...table } = room.records.table
    return { ...table, rows: Object.fromEntries(rows) }
  },
  uses: (fields, { room }) => ({ uses: room.records.usesOf(fields.text('url')) }),
  revoke: async (fields, { room }) => {
    await room.revoke(fields.text('url'))
    return {}
  },
  vote: async (fields, { room }) => {
    await room.vote(fields.text('peer'))
    return {}
  },
  destroy: async (_fields, { room }) => {
    await room.destroy()
    return {}
  },
  refresh: async (_fields, { room }) => {
    await room.refresh()
    return {}
  },
  transition: async (fields, { room }) => {
    const to = fields.oneOf('to', ['distributed-flat', 'centralized-flat', 'centralized-tree'])
    if (to === undefined) throw new CommandError('bad-field', '"to" is missing: name a scheme.')
    const manager = fields.optionalText('manager')
    await room.transition({ to, ...(manager !== undefined && { manager }) })
    return {}
  },
  merge: async (fields, { room }) => {
    await room.merge(fields.text('invite'))
    return {}
  },
  split: async (fields, { room }) => {
    await room.split(fields.texts('keep'))
    return { room: room.id }
  },
  act: async (fields, { room }) =>
    await room
      .makeAction<unknown>(fields.text('action'))
      .send(fields.anything('data'), { to: fields.optionalTexts('to') ?? [] }),
  'send-file': async (fields, { room }) => {
    const { name, type, to } = {
      name: fields.optionalText('name'),
      type: fields.optionalText('type'),
      to: fields.optionalTexts('to'),
    }
    const options = {
      ...(name !== undefined && { name }),
      ...(type !== undefined && { type }),
      ...(to && { to }),
    }
    const { id, fileName, size, hash } = await room.sendFile(fields.text('path'), options)
    return { file: id, fileName, size, hash }
  },
  'accept-file': async (fields, { room }) => {
    const path = fields.text('path')
    const { size, hash } = await room.acceptFile(fields.text('file'), { to: path })
    return { path, size, hash }
  },
  'cancel-file': (fields, { room }) => {
    room.cancelFile(fields.text('file'))
    return {}
  },
  files: (_fields, { room }) => ({ files: room.files }),
  typing: (fields, { room }) => {
    room.setTyping(fields.flag('typing'))
    return {}
  },
  safety: (fields, { room }) => {
    const peer = fields.optionalText('peer')
    return { number: room.safetyNumber(peer), ...(peer !== undefined && { code: room.safetyCode(peer) }) }
  },
  health: (_fields, { room }) => ({ ...room.health, sent: room.sent }),
  members: (_fields, { room }) => ({ members: room.members }),
  state: (_fields, { room }) => ({
    peer: room.self,
    room: room.id,
    name: room.name,
    ...room.state,
    rights: room.records.rights,
  }),
  leave: async (_fields, target) => {
    await target.room.leave()
    target.end()
    return {}
  },
  quit: (_fields, target) => {
    target.end()
    return {}
  },
}

/** Reads and carries out one line. Never rejects: whatever is wrong with it is in the reply. */
export async function answer(line: string, target: Target): Promise<Reply> {
  let id: unknown = null
  try {
    const command = parseCommand(line)
    id = command.id
    return { reply: id, ok: true, ...(await carryOut(command, target)) }
  } catch (error) {
    const isCancelled = error instanceof DOMException && error.name === 'AbortError'
    if (isCancelled) return { reply: id, ok: false, code: 'cancelled', message: error.message }
    const isTold = error instanceof CommandError || isUsageError(error)
    return {
      reply: idOf(line) ?? id,
      ok: false,
      code: isTold ? error.code : 'internal',
      message: messageOf(error),
    }
  }
}

async function carryOut({ name, fields }: Command, target: Target): Promise<Result> {
  const handler = Object.hasOwn(HANDLERS, name) ? HANDLERS[name] : undefined
  if (handler) return await handler(new Fields(fields), target)
  const known = Object.keys(HANDLERS).join(', ')
  throw new CommandError('unknown-command', `"command" is "${name}"; known are ${known}.`)
}

function parseCommand(line: string): Command {
  const value = parseJson(line)
  if (value === undefined)
    throw new CommandError('bad-json', 'The line is not JSON; write one object a line.')
  if (!isRecord(value))
    throw new CommandError('bad-json', 'The line is not a JSON object; write {"command":…}.')
  const { id = null, command, ...fields } = value
  if (typeof command !== 'string') throw new CommandError('bad-field', '"command" is missing or not text.')
  return { id, name: command, fields }
}

function idOf(line: string): unknown {
  const value = parseJson(line)
  return isRecord(value) ? value['id'] : undefined
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A command's fields, read with a complaint that names the field. */
class Fields {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  text(name: string): string {
    const value = this.#values[name]
    if (typeof value !== 'string') throw new CommandError('bad-field', `"${name}" is missing or not text.`)
    return value
  }

  optionalText(name: string): string | undefined {
    return this.#values[name] === undefined ? undefined : this.text(name)
  }

  anything(name: string): unknown {
    const value = this.#values[name]
    if (value === undefined) throw new CommandError('bad-field', `"${name}" is missing.`)
    return value
  }

  flag(name: string): boolean {
    const value = this.#values[name]
    if (typeof value !== 'boolean')
      throw new CommandError('bad-field', `"${name}" is neither true nor false.`)
    return value
  }

  optionalTexts(name: string): string[] | undefined {
    return this.#values[name] === undefined ? undefined : this.texts(name)
  }

  texts(name: string): string[] {
    const value = this.#values[name]
    const isList = Array.isArray(value) && value.every((item): item is string => typeof item === 'string')
    if (!isList) throw new CommandError('bad-field', `"${name}" is missing or not a list of texts.`)
    return value
  }

  count(name: string): number | undefined {
    const value = this.#values[name]
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new CommandError('bad-field', `"${name}" is not a whole number of 0 or more.`)
    }
    return value
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.#values[name]
    const found = values.find((one) => one === value)
    if (value === undefined || found !== undefined) return found
    throw new CommandError('bad-field', `"${name}" is none of ${values.join(', ')}.`)
  }
}

/** `conclave peer`: a member without a page, for people at a terminal and for programs. */
import { createInterface, type Interface } from 'node:readline'
import { UsageError } from '../errors.ts'
import { loadIdentity } from '../identity-file.ts'
import { createRoom, joinRoom, type RoomOptions } from '../join-room.ts'
import { lastRoom } from '../room-store.ts'
import { DESTROYED_LINGER_MS } from '../limits.ts'
import { openStore } from '../store.ts'
import { answer } from './commands.ts'
import { commandOfText, textOfEvent, textOfReply, type ToldEvent } from './peer-text.ts'
import type { RoomPolicy } from '../room-api.ts'
import type { Room } from '../room.ts'
import type { OutputOptions, Session } from './process.ts'

export interface PeerOptions extends OutputOptions {
  room?: string
  relay: string[]
  admit?: 'invite' | 'ask' | 'moderators'
  exclude?: string
  moderator: string[]
  silence?: string
  name?: string
  identity?: string
  store?: string
  iceServer: string[]
  iceTransportPolicy?: 'all' | 'relay'
}

const EVENTS: readonly ToldEvent[] = [
  'joined',
  'message',
  'member',
  'keys',
  'vote',
  'excluded',
  'destroyed',
  'knock',
  'moved',
  'transport',
  'file',
  'transfer',
  'action',
  'typing',
  'error',
]

/** Runs until a signal, a `quit`, or the end of a piped stdin. Throws `UsageError` for what the user has to mend. */
export async function peer(
  invite: string | undefined,
  options: PeerOptions,
  session: Session,
): Promise<void> {
  if (invite !== undefined && options.room !== undefined) {
    throw new UsageError('two-rooms', 'Give an invite or --room, not both: an invite names its room itself.')
  }
  const room = await enter(invite, options)
  const ended = Promise.withResolvers<void>()
  for (const name of EVENTS) {
    room.addEventListener(name, ({ detail }) =>
      session.emit({ event: name, ...detail }, textOfEvent(name, detail)),
    )
  }
  room.addEventListener('excluded', () => ended.resolve())
  // Others may still ask us what became of it.
  room.addEventListener('destroyed', () => setTimeout(ended.resolve, DESTROYED_LINGER_MS))
  const lines = readCommands(room, { session, isJson: options.json === true, end: ended.resolve })
  await Promise.race([session.untilStopped(), ended.promise])
  lines.close()
  await room.close()
}

async function enter(invite: string | undefined, options: PeerOptions): Promise<Room> {
  const { name, store, relay } = options
  const identity = options.identity === undefined ? undefined : await loadIdentity(options.identity)
  const roomOptions: RoomOptions = {
    relays: relay,
    rtcConfiguration: {
      iceServers: options.iceServer.map((urls) => ({ urls })),
      ...(options.iceTransportPolicy && { iceTransportPolicy: options.iceTransportPolicy }),
    },
    ...(name !== undefined && { name }),
    ...(store !== undefined && { store }),
    ...(identity && { identity: identity.seed }),
  }
  const given = invite ?? options.room
  const isNew = given === undefined && !(await hasRoom(store))
  if (relay.length === 0 && (isNew || options.room !== undefined)) {
    throw new UsageError('no-relay', 'Name a relay with --relay: without one nobody can find this room.')
  }
  if (!isNew) return await joinRoom(roomOptions, given)
  return await createRoom({ ...roomOptions, policy: policyOf(options) })
}

/** What the flags say of a new room. Throws `UsageError` for what cannot be read. */
function policyOf({ admit, exclude, moderator, silence }: PeerOptions): Partial<RoomPolicy> {
  return {
    ...(admit && { admit }),
    ...(exclude !== undefined && whoExcludes(exclude)),
    ...(moderator.length > 0 && { moderators: moderator }),
    ...(silence !== undefined && { silence: Number(silence) }),
  }
}

function whoExcludes(text: string): Partial<RoomPolicy> {
  if (text === 'member' || text === 'moderators') return { exclude: text }
  const [, quorum] = /^quorum:(\d+)$/.exec(text) ?? []
  if (quorum === undefined) {
    const message = `--exclude is "${text}". Write member, moderators, or quorum:N with the votes that it takes.`
    throw new UsageError('bad-policy', message)
  }
  return { exclude: 'quorum', quorum: Number(quorum) }
}

/** Whether an earlier run left a room in the store. */
async function hasRoom(directory: string | undefined): Promise<boolean> {
  if (directory === undefined) return false
  const store = await openStore(directory)
  try {
    return (await lastRoom(store)) !== undefined
  } finally {
    await store.close()
  }
}

interface CommandLoop {
  readonly session: Session
  readonly isJson: boolean
  readonly end: () => void
}

function readCommands(room: Room, { session, isJson, end }: CommandLoop): Interface {
  const lines = createInterface({ input: process.stdin, terminal: false })
  lines.on('line', (line) => {
    if (line.trim() === '') return
    const command = isJson ? line : commandOfText(line)
    void answer(command, { room, end }).then((reply) => session.reply(reply, textOfReply(reply)))
  })
  return lines
}

/** `conclave doctor`: tries on this machine what a room needs, step by step, and says what to do about what fails. */
import { createRoom, joinRoom, type RoomOptions } from '../join-room.ts'
import { messageOf, UsageError } from '../errors.ts'
import { pause } from '../pause.ts'
import type { Room } from '../room.ts'
import type { OutputOptions, Session } from './process.ts'

export interface DoctorOptions extends OutputOptions {
  relay: string[]
  iceServer: string[]
}

/** Longest time one step may take: a relay is dialled for 8 s, a direct connection for 10 s. */
const STEP_MS = 15_000
const NODE_MAJOR_MIN = 22

/** Throws `UsageError` when there is no relay to try, or when a step fails that a room cannot do without. */
export async function doctor(options: DoctorOptions, session: Session): Promise<void> {
  if (options.relay.length === 0) throw new UsageError('no-relay', 'Name the relay to try with --relay.')
  const tell = (name: string, ok: boolean, detail: string): void =>
    session.emit({ event: 'check', name, ok, detail }, `${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`)
  const major = Number(process.versions.node.split('.')[0])
  tell('node', major >= NODE_MAJOR_MIN, `${process.version}; rooms need ${NODE_MAJOR_MIN} or newer`)
  const rooms: Room[] = []
  try {
    await tryRoom(options, rooms, tell)
  } finally {
    await Promise.all(rooms.map(async (room) => await room.close()))
  }
}

type Tell = (name: string, ok: boolean, detail: string) => void

/** Two members of one room, both in this process, that meet through the relay. */
async function tryRoom(options: DoctorOptions, rooms: Room[], tell: Tell): Promise<void> {
  const roomOptions: RoomOptions = {
    relays: options.relay,
    rtcConfiguration: { iceServers: options.iceServer.map((urls) => ({ urls })) },
  }
  const host = await step('relay', tell, async () => {
    const room = await createRoom(roomOptions)
    rooms.push(room)
    await until(room, () => room.addresses.length > 0, 'the relay gives no address')
    return { value: room, detail: `answers and gives us ${room.addresses.length} address(es)` }
  })
  const guest = await step('room', tell, async () => {
    const room = await joinRoom(roomOptions, host.invite({ ttl: 600, uses: 1 }))
    rooms.push(room)
    await until(room, () => room.state.status === 'joined', 'the second member is not let in')
    return { value: room, detail: 'a second member was let in and given keys' }
  })
  await step('message', tell, async () => {
    const heard = new Promise((resolve) => host.addEventListener('message', resolve, { once: true }))
    await guest.send('doctor')
    await withDeadline(heard, 'the message does not arrive')
    return { value: undefined, detail: 'arrives, and is verified' }
  })
  const isDirect = (): boolean => guest.members.some(({ via }) => via === 'webrtc')
  await until(guest, isDirect, '').catch(() => undefined)
  const advice = 'goes over the relay’s bridge only; with --ice-server a STUN or TURN server may help'
  tell('direct', isDirect(), isDirect() ? 'a WebRTC connection stands' : advice)
}

async function step<T>(
  name: string,
  tell: Tell,
  run: () => Promise<{ value: T; detail: string }>,
): Promise<T> {
  try {
    const { value, detail } = await run()
    tell(name, true, detail)
    return value
  } catch (error) {
    tell(name, false, messageOf(error))
    throw new UsageError(`doctor-${name}`, `The check "${name}" failed; the others need it.`, {
      cause: error,
    })
  }
}

/** Waits for a condition that the room reaches by itself, or for the first trouble that it reports. */
async function until(room: Room, holds: () => boolean, otherwise: string): Promise<void> {
  let reason: string | undefined
  const note = ({ detail }: CustomEvent<{ message: string }>): void => {
    reason = detail.message
  }
  room.addEventListener('error', note)
  const end = performance.now() + STEP_MS
  while (!holds()) {
    if (reason !== undefined || performance.now() > end) throw new Error(reason ?? otherwise)
    await pause(50)
  }
  room.removeEventListener('error', note)
}

async function withDeadline(promise: Promise<unknown>, otherwise: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), STEP_MS)
  })
  await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

import type { MemberInfo, RoomEventDetails, RoomEventName, RoomState } from '@conclave/node'
import { afterEach, describe, expect, it } from 'vitest'
import { RoomLog } from '../src/room-log.ts'

class StubRoom extends EventTarget {
  readonly id = 'room'
  readonly self = 'me'
  members: MemberInfo[] = [{ peer: 'ana', name: 'Ana', online: true }]
  state: RoomState = {
    status: 'joined',
    revision: 0,
    heads: [],
    scheme: 'distributed-flat',
    policy: { admit: 'invite', exclude: 'member', quorum: 0, moderators: [], silence: 0 },
    members: 1,
    exclusionsLeft: 1,
  }
  refusal: Error | undefined

  async send(): Promise<{ reached: number }> {
    if (this.refusal !== undefined) throw this.refusal
    return { reached: 2 }
  }
  invite = (): string => ''
  exclude = async (): Promise<void> => {}
  leave = async (): Promise<void> => {}
  close = async (): Promise<void> => {}

  emit<K extends RoomEventName>(name: K, detail: RoomEventDetails[K]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

const message = { name: 'Ana', text: 'x', version: '', revision: 0, verified: true }
let log: RoomLog | undefined

function open(room: StubRoom): RoomLog {
  log = new RoomLog(room, () => {})
  return log
}

afterEach(() => log?.dispose())

describe('the log of a room', () => {
  it('shows an own message once, with how many it reached', async () => {
    const room = new StubRoom()
    const opened = open(room)
    await opened.send('hello')
    room.emit('message', { ...message, from: 'me' })
    expect(opened.entries).toMatchObject([{ text: 'hello', delivery: { kind: 'sent', reached: 2 } }])
  })

  it('says why a message was not sent, and lets it be written again', async () => {
    const room = new StubRoom()
    room.refusal = Object.assign(new Error('Wait until you are in the room.'), { code: 'not-joined' })
    const opened = open(room)
    await opened.send('hello')
    expect(opened.entries).toMatchObject([
      { delivery: { kind: 'failed', why: 'Wait until you are in the room.' } },
    ])
    opened.withdraw(opened.entries[0]?.key ?? -1)
    expect(opened.entries).toEqual([])
  })

  it('forgets the oldest entries instead of growing without bound', () => {
    const room = new StubRoom()
    const opened = open(room)
    for (let n = 0; n < 600; n++) room.emit('message', { ...message, from: 'ana', text: String(n) })
    expect(opened.entries).toHaveLength(500)
    expect(opened.entries.at(-1)).toMatchObject({ text: '599' })
  })

  it('still knows the name of who is gone', () => {
    const room = new StubRoom()
    const opened = open(room)
    room.members = []
    room.emit('member', { peer: 'ana', name: 'Ana', change: 'left' })
    expect(opened.nameOf('ana')).toBe('Ana')
    expect(opened.entries).toMatchObject([{ kind: 'notice', change: 'left', name: 'Ana' }])
  })
})

import type {
  ActionReceipt,
  MemberInfo,
  ReceivedFile,
  RoomEventDetails,
  RoomEventName,
  RoomState,
  SentFile,
} from '@conclave/node'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { receiptOf } from '../src/receipts.ts'
import { RoomLog } from '../src/room-log.ts'

const nothing = async (): Promise<void> => {}

class StubRoom extends EventTarget {
  readonly id = 'room'
  readonly self = 'me'
  members: MemberInfo[] = [
    { peer: 'me', name: 'Me', online: true },
    { peer: 'ana', name: 'Ana', online: true },
  ]
  state: RoomState = {
    status: 'joined',
    revision: 0,
    heads: [],
    scheme: 'distributed-flat',
    policy: { admit: 'invite', exclude: 'member', quorum: 0, moderators: [], silence: 0 },
    members: 2,
    exclusionsLeft: 1,
  }
  refusal: Error | undefined

  async send(text: string): Promise<{ reached: number }> {
    if (this.refusal !== undefined) throw this.refusal
    this.said.push(text)
    return { reached: this.reached }
  }
  reached = 2
  said: string[] = []
  readonly name = ''
  readonly sent = { messages: 0, bytes: 0, dropped: 0 }
  readonly records = {
    history: () => [],
    readers: () => undefined,
    usesOf: () => 0,
    rights: { admit: true, exclude: true, govern: true },
    table: { symbols: 0, radix: 4, rows: new Map(), tainted: [], held: [] },
  }
  health = { relays: [], members: [] }
  told: unknown[] = []
  hearAction: (detail: { data: string[]; from: string; name: string }) => void = () => {}
  offer: SentFile | undefined
  makeAction = <T>() => ({
    send: async (data: T) => {
      this.told.push(data)
      return { reached: 1 }
    },
    addEventListener: (_type: 'receive', listener: (event: CustomEvent<ActionReceipt<T>>) => void) => {
      this.hearAction = (detail) =>
        listener(new CustomEvent('receive', { detail: detail as ActionReceipt<never> }))
    },
  })
  setTyping = (): void => {}
  cancelFile = vi.fn<(id: string) => void>()
  safetyNumber = (): string => ''
  sendFile = async (): Promise<SentFile> => {
    if (this.offer === undefined) throw Object.assign(new Error('Nobody is there.'), { code: 'nobody' })
    return this.offer
  }
  acceptFile = vi.fn<(id: string) => Promise<ReceivedFile>>()
  invite = (): string => ''
  revoke = nothing
  admit = nothing
  deny = nothing
  exclude = nothing
  ban = nothing
  vote = nothing
  refresh = nothing
  transition = nothing
  merge = nothing
  split = nothing
  destroy = nothing
  leave = nothing
  close = nothing

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
  it('shows an own message once, with how many it is for', async () => {
    const room = new StubRoom()
    const opened = open(room)
    await opened.send('hello')
    room.emit('message', { ...message, from: 'me' })
    expect(opened.entries).toMatchObject([
      { text: 'hello', delivery: { kind: 'sent', to: 1, arrivedAt: [] } },
    ])
  })

  it('says a message again that nobody heard, until somebody does', async () => {
    vi.useFakeTimers()
    const room = new StubRoom()
    room.reached = 0
    const opened = open(room)
    await opened.send('hello')
    await opened.send('again')
    await vi.advanceTimersByTimeAsync(6_000)
    expect(opened.entries).toMatchObject([
      { delivery: { kind: 'unheard' } },
      { delivery: { kind: 'unheard' } },
    ])
    room.reached = 1
    room.said = []
    await vi.advanceTimersByTimeAsync(60_000)
    expect(room.said).toEqual(['hello', 'again'])
    expect(opened.entries).toMatchObject([{ delivery: { kind: 'sent' } }, { delivery: { kind: 'sent' } }])
    vi.useRealTimers()
  })

  it('does not wait for others where there are none', async () => {
    const room = new StubRoom()
    room.members = room.members.slice(0, 1)
    room.reached = 0
    const opened = open(room)
    await opened.send('hello')
    expect(opened.entries).toMatchObject([{ delivery: { kind: 'sent', to: 0 } }])
  })

  it('counts what the relay alone took as heard by nobody, and says it again only once somebody is there', async () => {
    vi.useFakeTimers()
    const room = new StubRoom()
    const [me, ana] = room.members as [MemberInfo, MemberInfo]
    room.members = [me, { ...ana, online: false }]
    room.reached = 1
    const opened = open(room)
    await opened.send('hello')
    await opened.send('again')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(room.said).toEqual(['hello'])
    expect(opened.entries).toMatchObject([
      { delivery: { kind: 'unheard' } },
      { delivery: { kind: 'unheard' } },
    ])
    expect(opened.isAtRisk).toBe(true)
    // Ana was there after all, only we did not know.
    room.hearAction({ data: [receiptOf('me', 'hello')], from: 'ana', name: 'Ana' })
    room.members = [me, ana]
    await vi.advanceTimersByTimeAsync(60_000)
    expect(room.said).toEqual(['hello', 'again'])
    expect(opened.entries).toMatchObject([
      { delivery: { kind: 'sent', arrivedAt: ['ana'] } },
      { delivery: { kind: 'sent', to: 1 } },
    ])
    expect(opened.isAtRisk).toBe(false)
    vi.useRealTimers()
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

  it('keeps a place for what waits for its key, and puts the message there', async () => {
    vi.useFakeTimers()
    const room = new StubRoom()
    const opened = open(room)
    room.emit('waiting', { frame: 7, version: 'v2', state: 'waiting' })
    expect(opened.entries).toEqual([])
    vi.advanceTimersByTime(2_000)
    room.emit('message', { ...message, from: 'ana', text: 'later', version: 'v1' })
    room.emit('waiting', { frame: 7, version: 'v2', state: 'opened' })
    room.emit('message', { ...message, from: 'ana', text: 'earlier', version: 'v2' })
    expect(opened.entries).toMatchObject([{ text: 'earlier' }, { text: 'later' }])
    vi.useRealTimers()
  })

  it('shows no place for what is no message, or opens at once', () => {
    vi.useFakeTimers()
    const room = new StubRoom()
    const opened = open(room)
    room.emit('waiting', { frame: 1, version: 'v2', state: 'waiting' })
    room.emit('waiting', { frame: 1, version: 'v2', state: 'gone' })
    room.emit('waiting', { frame: 2, version: 'v2', state: 'waiting' })
    vi.advanceTimersByTime(2_000)
    room.emit('waiting', { frame: 2, version: 'v2', state: 'gone' })
    expect(opened.entries).toEqual([])
    vi.useRealTimers()
  })

  it('says whom an own message reached, once a member tells', async () => {
    const room = new StubRoom()
    const opened = open(room)
    await opened.send('hello')
    room.hearAction({ data: [receiptOf('me', 'hello'), 'zz'], from: 'ana', name: 'Ana' })
    room.hearAction({ data: [receiptOf('me', 'hello')], from: 'ana', name: 'Ana' })
    expect(opened.entries).toMatchObject([{ delivery: { kind: 'sent', arrivedAt: ['ana'] } }])
  })

  it('confirms what it got, several at once', () => {
    vi.useFakeTimers()
    const room = new StubRoom()
    open(room)
    room.emit('message', { ...message, from: 'ana', text: 'a' })
    room.emit('message', { ...message, from: 'ana', text: 'b' })
    vi.advanceTimersByTime(1_000)
    expect(room.told).toEqual([[receiptOf('ana', 'a'), receiptOf('ana', 'b')]])
    vi.useRealTimers()
  })

  it('fetches small pictures by itself, and shows only what begins like one', async () => {
    const room = new StubRoom()
    const opened = open(room)
    const offer = { from: 'ana', name: 'Ana', hash: '', size: 9 }
    const page = new File(['<script>x'], 'x.png')
    const picture = new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0])], 'y.png')
    room.acceptFile.mockImplementation(async (id) => ({
      ...offer,
      id,
      fileName: id,
      type: 'image/png',
      file: id === 'x' ? page : picture,
    }))
    for (const id of ['x', 'y']) room.emit('file', { ...offer, id, fileName: id, type: 'image/png' })
    room.emit('file', { ...offer, id: 'z', fileName: 'z', type: 'application/pdf' })
    await vi.waitFor(() =>
      expect(opened.entries).toMatchObject([
        { state: 'done', isPicture: false },
        { state: 'done', isPicture: true },
        { state: 'offered' },
      ]),
    )
  })

  it('says why a file was not offered', async () => {
    const room = new StubRoom()
    const opened = open(room)
    opened.sendFiles([new File(['x'], 'x.txt')])
    await vi.waitFor(() =>
      expect(opened.entries).toMatchObject([{ state: 'failed', why: 'Nobody is there.' }]),
    )
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

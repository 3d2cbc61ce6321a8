/**
 * An imitation of @conclave/node for work on the page's looks: `?fake`, or with what is special: `?fake=joining`, `offline`,
 * `connecting`, `quorum`, `tree`, `quiet`. `fakeRoom` in the console tells events of it. In no build that anybody is served.
 */
import type {
  FileContent,
  ReceivedFile,
  SentFile,
  KeyTable,
  MemberInfo,
  RoomDeed,
  RoomEventDetails,
  RoomEventName,
  RoomHealth,
  RoomOptions,
  RoomState,
  RoomStatus,
} from '@conclave/node'
import type { Room, RoomAction } from '../room.ts'
import { peerOf } from './fake-peers.ts'

const hexOf = (byte: string): string => byte.repeat(32)

/** What is special about the room. */
const special = new URLSearchParams(location.search).get('fake') ?? ''

export async function createRoom(options: RoomOptions): Promise<Room> {
  return await entered(options, [])
}

export async function joinRoom(options: RoomOptions, invite?: string): Promise<Room> {
  if (invite?.startsWith('expired'))
    throw Object.assign(new Error('This invite has expired. Ask a member of the room for a new one.'), {
      code: 'expired-invite',
    })
  const others: MemberInfo[] = [
    { peer: peerOf('A'), name: 'Ana Sousa', online: true, via: 'webrtc' },
    {
      peer: peerOf('B'),
      name: 'Ben\u202Egnp.exe',
      online: true,
      via: 'bridge',
      ...(special === 'quorum' && { votes: 1 }),
    },
    { peer: peerOf('C'), name: '<b>Chidi</b> Anagonye of the long name', online: false },
  ]
  return await entered(options, others)
}

async function entered(options: RoomOptions, others: MemberInfo[]): Promise<Room> {
  if (special === 'connecting') await new Promise(() => {})
  const room = new FakeRoom(options, others)
  Object.assign(window, { fakeRoom: room })
  return room
}

function subject(name: string): { peer: string; name: string }[] {
  return [{ peer: peerOf(name.charAt(0)), name }]
}

class FakeRoom extends EventTarget implements Room {
  readonly id = hexOf('c7')
  readonly self = peerOf('S')
  readonly name = ''
  readonly sent = { messages: 14, bytes: 9_120, dropped: 0 }
  readonly state: RoomState
  members: MemberInfo[]

  constructor(options: RoomOptions, others: MemberInfo[]) {
    super()
    const status: RoomStatus = special === 'joining' || special === 'offline' ? special : 'joined'
    this.members =
      status === 'joined' ? [{ peer: this.self, name: options.name ?? '', online: true }, ...others] : []
    this.state = {
      status,
      revision: 2,
      heads: [hexOf('ab')],
      scheme: special === 'tree' ? 'centralized-tree' : 'distributed-flat',
      ...(special === 'tree' && { manager: this.self }),
      policy: {
        admit: 'invite',
        exclude: special === 'quorum' ? 'quorum' : 'member',
        quorum: special === 'quorum' ? 2 : 0,
        moderators: [],
        silence: 0,
      },
      members: this.members.length,
      exclusionsLeft: 9,
      ...(status === 'joined' && { version: hexOf('3f') }),
    }
    if (status === 'joined' && special !== 'quiet') setTimeout(() => this.#converse(others), 50)
  }

  /** Tells an event, after a change of the room's state if it comes with one. */
  emit<K extends RoomEventName>(name: K, detail: RoomEventDetails[K], state: Partial<RoomState> = {}): void {
    Object.assign(this.state, state)
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }

  readonly records = {
    history: (): RoomDeed[] => {
      const line = { by: this.self, byName: 'Me', reason: '', signature: 'ab12'.repeat(32), bytes: 312 }
      return [
        { ...line, id: hexOf('01'), kind: 'founding', peers: [] },
        { ...line, id: hexOf('02'), kind: 'admission', peers: subject('Ana Sousa') },
        { ...line, id: hexOf('58'), kind: 'leave', peers: subject('Dora') },
        { ...line, id: hexOf('3f'), kind: 'exclusion', peers: subject('Eve'), reason: 'Sold the minutes' },
      ]
    },
    readers: (): string[] => this.members.map(({ peer }) => peer),
    usesOf: (): number => 1,
    rights: { admit: true, exclude: special !== 'quorum', govern: true },
    table: fakeTable([this.self, ...['A', 'B', 'C'].map(peerOf)]),
  }

  async send(text: string): Promise<{ reached: number }> {
    if (text === 'unheard') return { reached: 0 }
    if (text === 'wait') await new Promise(() => {})
    if (text === 'fail')
      throw Object.assign(new Error('The message is too long. Send it in parts.'), { code: 'bad-text' })
    return { reached: this.members.filter((member) => member.online).length - 1 }
  }

  invite(): string {
    return 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4_QEFC'
  }

  async exclude(peers: string[], reason: string): Promise<void> {
    if (reason === 'me') {
      this.state.status = 'excluded'
      this.emit('excluded', { by: peerOf('A'), reason: 'Posted <script>alert(1)</script> twice' })
      return
    }
    const gone = this.members.filter((member) => peers.includes(member.peer))
    this.members = this.members.filter((member) => !peers.includes(member.peer))
    for (const { peer, name } of gone) this.emit('member', { peer, name, change: 'excluded' })
    this.#keys('exclusion', hexOf('91'), 0)
  }

  async admit(peer: string): Promise<void> {
    const joined = { peer, name: 'Frida', online: true, via: 'webrtc' as const }
    this.members = [...this.members, joined]
    this.emit('member', { peer, name: 'Frida', change: 'admitted' })
  }

  makeAction = <T>(name: string): RoomAction<T> => ({
    send: async () => ({ reached: 0 }),
    // Who plays the others tells it as the room's own event.
    addEventListener: (_type, listener) =>
      this.addEventListener('action', (event) => {
        if (event instanceof CustomEvent && event.detail.action === name)
          listener(new CustomEvent('receive', { detail: event.detail }))
      }),
  })

  setTyping = (): void => {}
  cancelFile = (): void => {}
  safetyNumber = (): string => {
    if (this.state.version === undefined) throw new Error('There are no keys.')
    return '0123456789'.repeat(6)
  }

  get health(): RoomHealth {
    const [ana, ben] = this.members.slice(1)
    if (ana === undefined || ben === undefined) return { relays: [], members: [] }
    return {
      relays: [
        { address: '/dns4/relay.example/tcp/443/wss/p2p/12D3KooW', status: 'reserved' },
        { address: '/dns4/another-relay.example/tcp/443/wss/p2p/12D3KooW', status: 'unreachable' },
      ],
      members: [
        { peer: ana.peer, name: ana.name, via: 'webrtc', since: 0, rttMs: 14 },
        { peer: ben.peer, name: ben.name, via: 'bridge', since: 0 },
      ],
    }
  }

  async sendFile(content: FileContent): Promise<SentFile> {
    const size = content instanceof File ? content.size : 0
    const offer = { from: this.self, name: '', fileName: '', type: '', size, hash: '' }
    return { id: `own-${size}`, ...offer, done: new Promise(() => {}), cancel: () => {} }
  }

  async acceptFile(id: string): Promise<ReceivedFile> {
    if (id.startsWith('slow')) await new Promise(() => {})
    if (id.startsWith('long'))
      throw Object.assign(new Error('The file has 20345678 bytes.'), { code: 'no-direct-path' })
    const file = new File(['x'], 'x')
    return { id, from: peerOf('A'), name: 'Ana', fileName: 'x', type: '', size: 1, hash: '', file }
  }

  deny = async (): Promise<void> => {}
  revoke = async (): Promise<void> => {}
  ban = async (): Promise<void> => {}
  vote = async (): Promise<void> => {}
  refresh = async (): Promise<void> => this.#keys('refresh', hexOf('77'), 0)
  transition = async (): Promise<void> => this.#keys('refresh', hexOf('78'), 0)
  merge = async (): Promise<void> => {
    throw Object.assign(new Error('We are not let into the other room: this invite has expired.'), {
      code: 'not-let-in',
    })
  }
  split = async (): Promise<void> => {}

  async destroy(): Promise<void> {
    this.state.status = 'destroyed'
    this.emit('destroyed', { by: this.self })
  }

  async leave(): Promise<void> {
    this.state.status = 'left'
  }

  async close(): Promise<void> {
    this.state.status = 'closed'
  }

  #converse(others: MemberInfo[]): void {
    this.#keys('founding', hexOf('3f'), 1)
    const [ana, ben] = others
    if (ana === undefined || ben === undefined) return
    this.#say(ana, 'Good morning! Shall we go through the draft of the agreement?')
    this.#say(ana, 'I put my notes on page 4.')
    this.#say(ben, 'Yes, two minutes.\nالسلام عليكم — <img src=x onerror=alert(1)>')
    this.#keys('introduction', hexOf('3f'), 2)
    this.emit('member', { peer: peerOf('D'), name: 'Dora', change: 'left' })
    this.#keys('leave', hexOf('58'), 0)
    this.#say(
      ana,
      `> Ben: Yes, two minutes. السلام عليكم — <img src=x onerror=alert(1)>\nTake your time. Run \`npm start\` or see https://example.org/draft?page=4.`,
    )
    this.#say(ana, '🎉')
    this.#say(ben, '```ts\nconst answer: number = 42\nconsole.log(answer)\n```')
    const file = { from: ana.peer, name: ana.name, type: '', hash: '' }
    this.emit('file', { ...file, id: 'f1', fileName: '<b>Agreement</b> final.pdf', size: 20_345_678 })
    this.emit('typing', { peer: ana.peer, name: ana.name, typing: true })
    this.emit('knock', { peer: peerOf('F'), name: 'Frida' })
    this.emit('waiting', { frame: 1, version: hexOf('99'), state: 'waiting' })
    this.#say(ben, `A long line: ${'https://example.org/a/very/long/path/'.repeat(4)}`)
  }

  #say({ peer, name }: MemberInfo, text: string): void {
    const { version = '', revision } = this.state
    this.emit('message', { from: peer, name, text, version, revision, verified: true })
  }

  #keys(cause: string, version: string, revision: number): void {
    Object.assign(this.state, { version, revision })
    const { heads, scheme } = this.state
    this.emit('keys', { version, revision, heads, scheme, cause })
  }
}

/** Symbols that look drawn by lot, and are the same at every reload. */
function fakeTable(peers: readonly string[]): KeyTable {
  const symbols = 128
  const rowOf = (peer: string): number[] =>
    Array.from(
      { length: symbols },
      (_, column) => (((peer.codePointAt(9) ?? 0) * (column + 7) * 2654435761) >>> 13) % 4,
    )
  const tainted = rowOf(peerOf('D')).map((symbol, column) => column * 4 + symbol)
  return { symbols, radix: 4, rows: new Map(peers.map((peer) => [peer, rowOf(peer)])), tainted, held: [] }
}

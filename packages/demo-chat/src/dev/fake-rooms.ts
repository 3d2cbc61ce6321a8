/**
 * An imitation of @conclave/node for work on the page's looks: `?fake`, `?fake=joining`, `?fake=offline`. In no build.
 */
import type {
  MemberInfo,
  RoomEventDetails,
  RoomEventName,
  RoomOptions,
  RoomState,
  RoomStatus,
} from '@conclave/node'
import type { Room } from '../room.ts'

const peerOf = (letter: string): string => `12D3KooW${letter.repeat(36)}${letter}kQ7x${letter}m2`
const hexOf = (byte: string): string => byte.repeat(32)

export async function createRoom(options: RoomOptions): Promise<Room> {
  return new FakeRoom(options, [])
}

export async function joinRoom(options: RoomOptions, invite?: string): Promise<Room> {
  if (invite?.startsWith('expired'))
    throw Object.assign(new Error('This invite has expired. Ask a member of the room for a new one.'), {
      code: 'expired-invite',
    })
  const others: MemberInfo[] = [
    { peer: peerOf('A'), name: 'Ana Sousa', online: true, via: 'webrtc' },
    { peer: peerOf('B'), name: 'Ben\u202Egnp.exe', online: true, via: 'bridge' },
    { peer: peerOf('C'), name: '<b>Chidi</b> Anagonye of the long name', online: false },
  ]
  return new FakeRoom(options, others)
}

class FakeRoom extends EventTarget implements Room {
  readonly id = hexOf('c7')
  readonly self = peerOf('S')
  readonly state: RoomState
  members: MemberInfo[]

  constructor(options: RoomOptions, others: MemberInfo[]) {
    super()
    const wanted = new URLSearchParams(location.search).get('fake')
    const status: RoomStatus = wanted === 'joining' || wanted === 'offline' ? wanted : 'joined'
    this.members =
      status === 'joined' ? [{ peer: this.self, name: options.name ?? '', online: true }, ...others] : []
    this.state = {
      status,
      revision: 2,
      heads: [hexOf('ab')],
      scheme: 'distributed-flat',
      policy: { admit: 'invite', exclude: 'member', quorum: 0, moderators: [], silence: 0 },
      members: this.members.length,
      exclusionsLeft: 9,
      ...(status === 'joined' && { version: hexOf('3f') }),
    }
    if (status === 'joined') setTimeout(() => this.#converse(others), 50)
  }

  async send(text: string): Promise<{ reached: number }> {
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
      this.#emit('excluded', { by: peerOf('A'), reason: 'Posted <script>alert(1)</script> twice' })
      return
    }
    const gone = this.members.filter((member) => peers.includes(member.peer))
    this.members = this.members.filter((member) => !peers.includes(member.peer))
    for (const { peer, name } of gone) this.#emit('member', { peer, name, change: 'excluded' })
    this.#keys('exclusion', hexOf('91'), 0)
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
    this.#emit('member', { peer: peerOf('D'), name: 'Dora', change: 'left' })
    this.#keys('leave', hexOf('58'), 0)
    this.#say(ben, `A long line: ${'https://example.org/a/very/long/path/'.repeat(4)}`)
  }

  #say({ peer, name }: MemberInfo, text: string): void {
    const { version = '', revision } = this.state
    this.#emit('message', { from: peer, name, text, version, revision, verified: true })
  }

  #keys(cause: string, version: string, revision: number): void {
    Object.assign(this.state, { version, revision })
    const { heads, scheme } = this.state
    this.#emit('keys', { version, revision, heads, scheme, cause })
  }

  #emit<K extends RoomEventName>(name: K, detail: RoomEventDetails[K]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

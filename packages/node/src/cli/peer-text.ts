/** A peer's events and replies in words, and what a person types as commands. */
import type { RoomEventDetails, RoomEventName } from '../room-api.ts'
import type { Reply } from './commands.ts'

/** The events that the command line tells; the JSON form has exactly these. */
export type ToldEvent = Exclude<RoomEventName, 'status' | 'waiting'>

type Teller<K extends RoomEventName> = (detail: RoomEventDetails[K]) => string

const TELLERS: { readonly [K in ToldEvent]: Teller<K> } = {
  joined: ({ peer, members }) =>
    `You are in, as ${peer}; ${members} in the room. Type to talk; /members, /invite, /exclude PEER, /leave.`,
  message: ({ from, name, text }) => `${who(from, name)}: ${text}`,
  member: ({ peer, name, change }) => `* ${who(peer, name)} ${change}`,
  keys: ({ version, revision, cause, scheme, manager }) =>
    `* keys: version ${version.slice(0, 8)} revision ${revision} (${cause}), ${scheme}${manager ? ` by ${tag(manager)}` : ''}`,
  vote: ({ peer, name, by, byName, votes }) =>
    `* ${who(by, byName)} votes to exclude ${who(peer, name)}; ${votes} in all`,
  excluded: ({ by, reason }) => `* you were excluded by ${by}${reason === '' ? '' : `: ${reason}`}`,
  destroyed: ({ by }) => `* the room was destroyed by ${by}; all its keys are erased`,
  knock: ({ peer, name }) => `* ${who(peer, name)} knocks: /admit ${peer} or /deny ${peer}`,
  moved: ({ by }) => `* ${tag(by)} moved us to another room`,
  file: ({ id, from, name, fileName, size }) =>
    `* ${who(from, name)} offers ${fileName} (${size} bytes): /accept-file ${id} PATH or /cancel-file ${id}`,
  transfer: ({ peer, direction, status, bytes, size }) =>
    `* file ${direction === 'in' ? 'from' : 'to'} ${tag(peer)}: ${status}, ${bytes} of ${size} bytes`,
  action: ({ from, name, action, data }) => `* ${who(from, name)} ${action}: ${JSON.stringify(data)}`,
  typing: ({ peer, name, typing }) => `* ${who(peer, name)} ${typing ? 'types' : 'stopped typing'}`,
  transport: ({ peer, via }) => `* ${tag(peer)} is reached by ${via}`,
  error: ({ message }) => `! ${message}`,
}

/** One event as a line for people. */
export function textOfEvent<K extends ToldEvent>(name: K, detail: RoomEventDetails[K]): string {
  return printable(TELLERS[name](detail))
}

/** A reply as a line for people; empty when there is nothing to say. */
export function textOfReply(reply: Reply): string {
  if (!reply.ok) return printable(`! ${reply.message}`)
  const { reply: _id, ok: _ok, reached: _reached, ...rest } = reply
  return Object.keys(rest).length === 0 ? '' : printable(JSON.stringify(rest, null, 2))
}

/** What somebody typed, as the JSON command it means: `/exclude PEER why` or plain words to say. */
export function commandOfText(line: string): string {
  if (!line.startsWith('/')) return JSON.stringify({ command: 'send', text: line })
  const [command = '', peer = '', ...reason] = line.slice(1).split(' ')
  if (['admit', 'deny', 'ban', 'vote'].includes(command)) return JSON.stringify({ command, peer })
  if (command === 'transition') {
    const [manager] = reason
    return JSON.stringify({ command, to: peer, ...(manager && { manager }) })
  }
  if (command === 'send-file') return JSON.stringify({ command, path: [peer, ...reason].join(' ') })
  if (command === 'accept-file') return JSON.stringify({ command, file: peer, path: reason.join(' ') })
  if (command === 'cancel-file') return JSON.stringify({ command, file: peer })
  if (command === 'safety' && peer !== '') return JSON.stringify({ command, peer })
  if (command === 'revoke' || command === 'uses') return JSON.stringify({ command, url: peer })
  if (command === 'readers') return JSON.stringify({ command, version: peer })
  if (command === 'history' && peer !== '') return JSON.stringify({ command, count: Number(peer) })
  if (command !== 'exclude') return JSON.stringify({ command })
  return JSON.stringify({ command, peers: [peer], reason: reason.join(' ') })
}

function who(peer: string, name: string): string {
  return name === '' ? tag(peer) : `${name} (${tag(peer)})`
}

/** The end of a peer id: the beginning is the same for everybody. */
function tag(peer: string): string {
  return peer.slice(-6)
}

/** Without control and bidirectional characters, which could forge lines or turn text around in a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    character === '\n' ? character : '\uFFFD',
  )
}

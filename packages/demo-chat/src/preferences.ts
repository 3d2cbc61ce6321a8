/** What a visitor set: kept in local storage, for all tabs of this browser. */
import { preferredLanguage, type Language } from './words/language.ts'

export type Appearance = 'auto' | 'light' | 'dark'

export interface IceServer {
  urls: string
  username?: string
  credential?: string
}

export interface Preferences {
  language: Language
  appearance: Appearance
  /** Whether messages are notified of while the tab is hidden. */
  notify: boolean
  /** Relays of one's own; empty: those of the site. */
  relays: string[]
  /** STUN and TURN servers of one's own; empty: those of the site. */
  iceServers: IceServer[]
  /** Whether to connect to members by way of a TURN server alone. */
  relayOnly: boolean
}

const KEY = 'conclave.preferences'

export function readPreferences(): Preferences {
  const kept = keptObject()
  const { language, appearance, notify, relays, iceServers, relayOnly } = kept
  return {
    language: language === 'en' || language === 'de' ? language : preferredLanguage(),
    appearance: appearance === 'light' || appearance === 'dark' ? appearance : 'auto',
    notify: notify === true,
    relays: Array.isArray(relays) ? relays.filter((one): one is string => typeof one === 'string') : [],
    iceServers: Array.isArray(iceServers) ? iceServers.filter(isIceServer) : [],
    relayOnly: relayOnly === true,
  }
}

/** Keeps what changed. Where the browser keeps nothing it lasts as long as the page. */
export function keepPreferences(change: Partial<Preferences>): Preferences {
  const preferences = { ...readPreferences(), ...change }
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences))
  } catch {
    // Full, or forbidden: nothing that anybody would miss.
  }
  return preferences
}

/** Relays as they are typed, one a line; the first line that is none. */
export function parseRelays(text: string): { relays: string[]; wrong?: string } {
  const relays = linesOf(text)
  const wrong = relays.find((line) => !/^\/\S+\/p2p\/\w+$/u.test(line))
  return wrong === undefined ? { relays } : { relays: [], wrong }
}

/** `stun:host:port` or `turn:host:port user password`, one a line; the first line that is neither. */
export function parseIceServers(text: string): { iceServers: IceServer[]; wrong?: string } {
  const iceServers: IceServer[] = []
  for (const line of linesOf(text)) {
    const [urls = '', username, credential, ...rest] = line.split(/\s+/u)
    const isTurn = /^turns?:[\w.[\]:-]+(?:\?transport=(?:udp|tcp))?$/u.test(urls)
    const isStun = /^stuns?:[\w.[\]:-]+$/u.test(urls)
    const fits = rest.length === 0 && (isTurn ? credential !== undefined : isStun && username === undefined)
    if (!fits) return { iceServers: [], wrong: line }
    iceServers.push({
      urls,
      ...(username !== undefined && { username }),
      ...(credential !== undefined && { credential }),
    })
  }
  return { iceServers }
}

export function textOfIceServers(servers: readonly IceServer[]): string {
  return servers
    .map(({ urls, username, credential }) => [urls, username, credential].join(' ').trim())
    .join('\n')
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function keptObject(): Partial<Record<keyof Preferences, unknown>> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return typeof kept === 'object' && kept !== null ? kept : {}
  } catch {
    return {}
  }
}

function isIceServer(one: unknown): one is IceServer {
  return typeof one === 'object' && one !== null && 'urls' in one && typeof one.urls === 'string'
}

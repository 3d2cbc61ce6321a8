/** What whoever serves the page says in config.json beside it: relays for rooms founded here, and perhaps STUN and TURN servers. */

export interface Config {
  relays: string[]
  iceServers: RTCIceServer[]
}

/** Never rejects: a missing or malformed part counts as empty. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch('./config.json', { cache: 'no-store' }).catch(() => undefined)
  const json: unknown = response?.ok === true ? await response.json().catch(() => undefined) : undefined
  return { relays: listOf(json, 'relays', isString), iceServers: listOf(json, 'iceServers', isIceServer) }
}

function listOf<T>(json: unknown, field: string, is: (item: unknown) => item is T): T[] {
  if (typeof json !== 'object' || json === null) return []
  const list: unknown = Object.entries(json).find(([name]) => name === field)?.[1]
  return Array.isArray(list) ? list.filter(is) : []
}

function isString(item: unknown): item is string {
  return typeof item === 'string'
}

function isIceServer(item: unknown): item is RTCIceServer {
  if (typeof item !== 'object' || item === null || !('urls' in item)) return false
  return isString(item.urls) || (Array.isArray(item.urls) && item.urls.every(isString))
}

/** What works from here: WebRTC at all, and the STUN and TURN servers that would be used. */

export type Finding = 'ok' | 'bad' | 'none'

export interface ConnectionFindings {
  local: Finding
  stun: Finding
  turn: Finding
}

/** Longest time the servers have for an answer. */
const GATHERING_MS = 5_000

/** Gathers addresses with these servers, as a connection to a member would. Connects to nobody else. Never rejects. */
export async function testConnection(iceServers: readonly RTCIceServer[]): Promise<ConnectionFindings> {
  const urls = iceServers.flatMap((server) => server.urls)
  const wanted = (scheme: RegExp, isFound: boolean): Finding =>
    urls.some((url) => scheme.test(url)) ? (isFound ? 'ok' : 'bad') : 'none'
  try {
    const found = await gather(iceServers)
    return {
      local: found.size > 0 ? 'ok' : 'bad',
      // A TURN server answers as a STUN server, too.
      stun: wanted(/^stuns?:/u, found.has('srflx')),
      turn: wanted(/^turns?:/u, found.has('relay')),
    }
  } catch {
    return { local: 'bad', stun: wanted(/^stuns?:/u, false), turn: wanted(/^turns?:/u, false) }
  }
}

/** The kinds of addresses that were found. */
async function gather(iceServers: readonly RTCIceServer[]): Promise<Set<string>> {
  const connection = new RTCPeerConnection({ iceServers: [...iceServers] })
  const found = new Set<string>()
  try {
    const done = new Promise<void>((resolve) => {
      setTimeout(resolve, GATHERING_MS)
      connection.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate === null) resolve()
        else if (candidate.type !== null) found.add(candidate.type)
      })
    })
    connection.createDataChannel('test')
    await connection.setLocalDescription()
    await done
  } finally {
    connection.close()
  }
  return found
}

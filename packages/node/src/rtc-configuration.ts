/** The configuration of WebRTC connections in Node. */
import { PeerConnection } from 'node-datachannel'
import type { DataChannel } from 'node-datachannel'

/**
 * What libp2p calls before each connection. A new object every time, because libp2p writes its default STUN servers,
 * four public ones, into a configuration that names none.
 *
 * The function throws under `iceTransportPolicy: 'relay'` without a TURN server: no candidate may be used then, and
 * libjuice, the ICE agent in Node, would merely not *tell* its other candidates and still connect from them.
 */
export function rtcConfigurationOf(init: RTCConfiguration = {}): () => RTCConfiguration {
  const iceServers = init.iceServers ?? []
  const hasTurn = iceServers.some(({ urls }) => [urls].flat().some((url) => /^turns?:/i.test(url)))
  return () => {
    if (init.iceTransportPolicy === 'relay' && !hasTurn) {
      throw new Error("iceTransportPolicy 'relay' allows no direct connection without a TURN server")
    }
    const configuration = { ...init, iceServers: [...iceServers] }
    // node-datachannel takes its connection from here, which the DOM's type does not know.
    return Object.assign(configuration, { peerConnection: connectionFor(configuration) })
  }
}

let count = 0

/**
 * The native connection that node-datachannel's `RTCPeerConnection` would make itself, with three repairs. Without the
 * first two a quarter of the dials in a busy group hung until their timeout, and every other one took a second longer.
 */
function connectionFor({ iceServers = [], ...configuration }: RTCConfiguration): PeerConnection {
  count += 1
  const connection = new PeerConnection(`conclave-${count}`, {
    ...(configuration.iceTransportPolicy === undefined
      ? {}
      : { iceTransportPolicy: configuration.iceTransportPolicy }),
    iceServers: iceServers.flatMap(nativeUrls),
  })
  holdCandidates(connection)
  const open = new Set<DataChannel>()
  const onDataChannel = connection.onDataChannel.bind(connection)
  replace(connection, 'onDataChannel', (listener) =>
    onDataChannel((channel) => listener(keep(channel, open))),
  )
  closeUnopened(connection, open)
  const create = connection.createDataChannel.bind(connection)
  return replace(connection, 'createDataChannel', (label, init) => {
    const channel = keep(init === undefined ? create(label) : create(label, init), open)
    return label === 'init' ? holdClose(channel) : channel
  })
}

/**
 * Keeps our candidates back until the other side's description is in place. libdatachannel hands that description to
 * ICE before it notes the certificate's fingerprint. A peer that knew our candidates has been knocking meanwhile, so ICE
 * connects within the same instant and the handshake may be refused for want of the fingerprint; or its first packet
 * was lost before anybody listened, and is repeated after a second. Who answers has the description from the start.
 */
function holdCandidates(connection: PeerConnection): void {
  const onLocalCandidate = connection.onLocalCandidate.bind(connection)
  const setRemoteDescription = connection.setRemoteDescription.bind(connection)
  let held: (() => void)[] | undefined = []
  replace(connection, 'onLocalCandidate', (listener) => {
    onLocalCandidate((candidate, mid) => {
      if (held === undefined) listener(candidate, mid)
      else held.push(() => listener(candidate, mid))
    })
  })
  replace(connection, 'setRemoteDescription', (sdp, type) => {
    setRemoteDescription(sdp, type)
    const tell = held ?? []
    held = undefined
    for (const one of tell) one()
  })
}

/**
 * Keeps the close of the dialler's first channel, `init`, back until the dialler asks for it. @libp2p/webrtc 6.0.33 waits
 * for that channel to open, but looks only when signalling is done, and the other side closes it as soon as it is
 * connected: whoever looks too late waits for ever.
 */
function holdClose(channel: DataChannel): DataChannel {
  const close = channel.close.bind(channel)
  const onClosed = channel.onClosed.bind(channel)
  let report: (() => void) | undefined
  let isAsked = false
  let isClosed = false
  replace(channel, 'onClosed', (listener) => {
    report = listener
    onClosed(() => {
      isClosed = true
      if (isAsked) listener()
    })
  })
  return replace(channel, 'close', () => {
    isAsked = true
    if (isClosed) report?.()
    else close()
  })
}

/**
 * Keeps a channel from the garbage collector until it has told its listener that it is closed: the listener refers to it.
 * node-datachannel 0.33.4 forgets a channel only then; of one that was collected before, its cleanup calls freed memory, and
 * the process dies. `open`: those that have not told yet.
 */
function keep(channel: DataChannel, open: Set<DataChannel>): DataChannel {
  open.add(channel)
  const onClosed = channel.onClosed.bind(channel)
  return replace(channel, 'onClosed', (listener) => {
    onClosed(() => {
      open.delete(channel)
      listener()
    })
  })
}

/**
 * Closes, with a connection, the channels that have not opened yet: the native one does not tell them. So of each dial in vain a channel
 * would be kept for ever, and with it the connection.
 */
function closeUnopened(connection: PeerConnection, open: ReadonlySet<DataChannel>): void {
  const close = connection.close.bind(connection)
  replace(connection, 'close', () => {
    for (const channel of open) if (!channel.isOpen()) channel.close()
    close()
  })
}

/** The methods of native objects are read-only on their prototype, which bars assigning but not defining. */
function replace<T extends object, K extends keyof T>(target: T, name: K, method: T[K]): T {
  return Object.defineProperty(target, name, { value: method, configurable: true })
}

/** libdatachannel takes credentials inside the URL: `turn:USER:PASSWORD@HOST:PORT`. */
function nativeUrls({ urls, username, credential }: RTCIceServer): string[] {
  return [urls].flat().map((url) => {
    if (username === undefined || credential === undefined) return url
    const colon = url.indexOf(':')
    const login = `${encodeURIComponent(username)}:${encodeURIComponent(credential)}`
    return `${url.slice(0, colon)}:${login}@${url.slice(colon + 1)}`
  })
}

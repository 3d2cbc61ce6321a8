/**
 * libp2p's WebSockets, with sockets that end when they are given up. The transport leaves one open whose dial is aborted before it has
 * opened, and resets one that is open with a code that no WebSocket takes from its user, which throws and closes nothing.
 */
import { webSockets } from '@libp2p/websockets'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import { raceSignal } from 'race-signal'
import { asError } from './errors.ts'
import type { AbortOptions, MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

type MakeTransport = ReturnType<typeof webSockets>

/** The transport; as `webSockets` of libp2p. */
export function closingWebSockets(): MakeTransport {
  const make = webSockets()
  return (components) => {
    const transport: Transport = make(components)
    const dial: Transport['dial'] = transport.dial.bind(transport)
    const listen: Transport['createListener'] = transport.createListener.bind(transport)
    const own: Pick<Transport, 'dial' | 'createListener'> = {
      dial: async (address, options) =>
        await dial(address, { ...options, upgrader: closing(options.upgrader) }),
      createListener: (options) => listen({ ...options, upgrader: closing(options.upgrader) }),
    }
    // Under this name the transport gets at a socket that has opened.
    return Object.assign(transport, own, { _connect: connect })
  }
}

async function connect(address: Multiaddr, { signal }: AbortOptions): Promise<WebSocket> {
  signal?.throwIfAborted()
  const uri = multiaddrToUri(address)
  const socket = new WebSocket(uri)
  socket.binaryType = 'arraybuffer'
  try {
    await raceSignal(opened(socket, uri), signal)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

async function opened(socket: WebSocket, uri: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    // The event tells no reason, so that no page can look around in a network.
    socket.addEventListener('error', () => reject(new Error(`Could not connect to ${uri}`)))
  })
}

/** An upgrader that closes connections which it could not upgrade, and those that are reset later. */
function closing(upgrader: Upgrader): Upgrader {
  const own = Object.create(upgrader) as Upgrader
  own.upgradeInbound = async (connection, options) =>
    await upgrader.upgradeInbound(closesOnReset(connection), options)
  own.upgradeOutbound = async (connection: MultiaddrConnection, options) => {
    try {
      return await upgrader.upgradeOutbound(closesOnReset(connection), options)
    } catch (error) {
      connection.abort(asError(error))
      throw error
    }
  }
  return own
}

function closesOnReset(connection: MultiaddrConnection): MultiaddrConnection {
  if (!('sendClose' in connection) || typeof connection.sendClose !== 'function') return connection
  const close: () => Promise<void> = connection.sendClose.bind(connection)
  return Object.assign(connection, { sendReset: () => void close().catch(() => undefined) })
}

/**
 * An application that has a libp2p node already, with a protocol of its own, and gets rooms as one more service of it:
 * `node node.ts RELAY_MULTIADDR 'an invite, or the name of an open room'`.
 */
import { cleanUpWebRtc, conclave, JoinedTopics, memberGossipsub } from '@conclave/node'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

const [relay = '', inviteOrName = 'lobby'] = process.argv.slice(2)
const topics = new JoinedTopics()
const node = await createLibp2p({
  addresses: { listen: ['/p2p-circuit', '/webrtc'] },
  transports: [webSockets(), webRTC({ rtcConfiguration: { iceServers: [] } }), circuitRelayTransport()],
  streamMuxers: [yamux()],
  connectionEncrypters: [noise()],
  // It takes a computer's sleep for silence, and cuts connections that are well.
  connectionMonitor: { enabled: false },
  services: {
    identify: identify(),
    pubsub: memberGossipsub(topics.has),
    rooms: conclave({ topics, relays: [relay] }),
  },
})
await node.handle('/clock/1.0.0', (stream) => {
  stream.send(new TextEncoder().encode(new Date().toISOString()))
  void stream.close()
})

const room = await node.services.rooms.join(inviteOrName, { name: 'libp2p node' })
room.addEventListener('joined', () =>
  console.log(`In the room, with ${node.getProtocols().length} protocols.`),
)
room.addEventListener('error', ({ detail }) => console.error(detail.message))
room.addEventListener('message', ({ detail }) => {
  console.log(`${detail.name}: ${detail.text}`)
  if (detail.text === '!node') room.send(`I am ${node.peerId.toString()}`).catch(console.error)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end())

/** Native threads of WebRTC would keep the process; they are ended last, when no connection needs them any more. */
async function end(): Promise<void> {
  await room.leave()
  await node.stop()
  await cleanUpWebRtc()
}

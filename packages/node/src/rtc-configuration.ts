/** The configuration of WebRTC connections in Node. */

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
    return { ...init, iceServers: [...iceServers] }
  }
}

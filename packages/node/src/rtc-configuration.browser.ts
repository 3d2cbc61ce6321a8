/** The configuration of WebRTC connections in browsers, which honour all of it. */

/**
 * What libp2p calls before each connection. A new object every time, because libp2p writes its default STUN servers,
 * four public ones, into a configuration that names none.
 */
export function rtcConfigurationOf(init: RTCConfiguration = {}): () => RTCConfiguration {
  return () => ({ ...init, iceServers: [...(init.iceServers ?? [])] })
}

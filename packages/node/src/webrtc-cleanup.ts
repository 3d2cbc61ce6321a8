/** Lets a Node process end after it used WebRTC: node-datachannel's native threads keep it alive until told otherwise. */

let isUsed = false

export function markWebRtcUsed(): void {
  isUsed = true
}

/**
 * Lets this process end by itself: frees the native threads that WebRTC holds in it. Call it last, when every room has been closed or
 * left, and every libp2p node of your own has been stopped; connections that are still open would be cut. Does nothing in browsers,
 * and where no room was entered. Never throws.
 */
export async function cleanUpWebRtc(): Promise<void> {
  if (!isUsed) return
  isUsed = false
  // Imported here alone, so that a relay never loads the native library.
  const { cleanup } = await import('node-datachannel')
  cleanup()
}

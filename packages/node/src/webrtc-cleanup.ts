/** Lets a Node process end after it used WebRTC: node-datachannel's native threads keep it alive until told otherwise. */

let isUsed = false

export function markWebRtcUsed(): void {
  isUsed = true
}

/** Frees what WebRTC holds in this process. Call it last, when every node is stopped. Does nothing if none was made. */
export async function cleanUpWebRtc(): Promise<void> {
  if (!isUsed) return
  isUsed = false
  // Imported here alone, so that a relay never loads the native library.
  const { cleanup } = await import('node-datachannel')
  cleanup()
}

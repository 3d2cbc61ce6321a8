/** Browsers free their peer connections themselves. */
export function markWebRtcUsed(): void {}

export async function cleanUpWebRtc(): Promise<void> {}

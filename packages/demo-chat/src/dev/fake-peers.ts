/** The id of an imitated peer, that begins and ends like a real one. */
export function peerOf(letter: string): string {
  return `12D3KooW${letter.repeat(37)}kQ7x${letter}m2`
}

/**
 * Text that other people wrote, made harmless for display. It reaches the page only as text nodes, so markup is inert anyway; what
 * is removed here are characters that make text look like something else or reorder what stands around it.
 */

const NAME_MAX_GRAPHEMES = 32

/** Unicode's format characters but the two joiners, which emoji, Persian and Indic scripts need. */
const FORMAT_CHARACTERS = /(?![\u200c\u200d])[\p{Cf}\u115f\u1160\u3164\uffa0]/gu
const CONTROL_CHARACTERS = /\p{Cc}/gu
const CONTROL_BUT_LAYOUT = /(?![\n\t])\p{Cc}/gu
/** More marks on one letter than any living script uses; such stacks paint over their neighbours. */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** One line, of bounded length, without anything that reorders or hides text; a fallback when nothing visible remains. */
export function harmlessName(name: string, fallback = 'Unnamed'): string {
  const visible = name
    .normalize('NFC')
    .replace(FORMAT_CHARACTERS, '')
    .replace(/\s+/gu, ' ')
    .replace(CONTROL_CHARACTERS, '')
    .replace(STACKED_MARKS, '$1')
    .trim()
  if (!/[\p{L}\p{N}\p{S}\p{P}]/u.test(visible)) return fallback
  const parts = Array.from(graphemes.segment(visible), (part) => part.segment)
  return parts.length > NAME_MAX_GRAPHEMES ? `${parts.slice(0, NAME_MAX_GRAPHEMES - 1).join('')}…` : visible
}

/** Like {@link harmlessName} for a body of text: lines and tabs stay, length is the sender's matter (the frame is bounded). */
export function harmlessText(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/gu, '\n')
    .replace(CONTROL_BUT_LAYOUT, '')
    .replace(FORMAT_CHARACTERS, '')
    .replace(STACKED_MARKS, '$1')
}

/**
 * A short tag of a peer id that is shown beside every name, since names are not unique and anybody may take any. The end of the id is used:
 * all Ed25519 peer ids begin alike.
 */
export function safetyTag(peer: string): string {
  const tail = peer.slice(-8)
  return `${tail.slice(0, 4)} ${tail.slice(4)}`.trim()
}

/** The first characters of a long hex id, enough to compare by eye. */
export function shortHex(hex: string): string {
  return hex.slice(0, 8)
}

/** The letter on a member's disc. */
export function initial(name: string): string {
  const first = graphemes.segment(harmlessName(name, '?'))[Symbol.iterator]().next()
  return first.done === true ? '?' : first.value.segment.toLocaleUpperCase()
}

/** One of `count` tints for a peer, the same on every screen. */
export function tintOf(peer: string, count: number): number {
  let sum = 0
  for (const letter of peer) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521
  return sum % count
}

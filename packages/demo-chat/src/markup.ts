/**
 * The little markup of messages: what they quote, code, and links. It makes a list of parts out of text, never markup; whoever
 * shows them makes elements whose content is text.
 */

export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; href: string }
  /** Inside a line, or lines of their own. */
  | { kind: 'code'; text: string; isBlock: boolean }
  /** Lines that begin with `>`. */
  | { kind: 'quote'; text: string }

const QUOTE_MAX = 140
const FENCE = /```(?:[\w+-]*\n)?([\s\S]+?)\n?```|`([^`\n]+)`|(https?:\/\/[^\s<>"'`]+)/gu
const QUOTED = /^(?:>[^\n]*(?:\n|$))+/u
/** Ends of sentences, and brackets around a link, are not of the link. */
const TRAILING = /[.,;:!?…]+$/u

export function partsOf(text: string): Part[] {
  const quoted = QUOTED.exec(text)?.[0]
  if (quoted === undefined) return inline(text)
  const quote = quoted.replace(/^> ?/gmu, '').trim()
  const rest = text.slice(quoted.length).trimStart()
  return [{ kind: 'quote', text: quote }, ...inline(rest)]
}

/** A message as it is quoted in a reply: who said it, and how it begins, on one line. */
export function quoteOf(name: string, text: string): string {
  const own = text.replace(QUOTED, '').replace(/\s+/gu, ' ').trim()
  const short = own.length > QUOTE_MAX ? `${own.slice(0, QUOTE_MAX).trimEnd()}…` : own
  return `${name}: ${short}`
}

/** A reply as it is sent. It is plain text, so every kind of peer can read it, also one that never saw the original. */
export function replyOf(quote: string, text: string): string {
  return `> ${quote}\n${text}`
}

/** Whether a message is nothing but a few emoji. */
export function isEmojiAlone(text: string): boolean {
  return text.length <= 24 && /^(?:\p{RGI_Emoji}\s?){1,3}$/v.test(text)
}

function inline(text: string): Part[] {
  const parts: Part[] = []
  let end = 0
  for (const match of text.matchAll(FENCE)) {
    const part = partOf(match)
    if (part === undefined) continue
    if (match.index > end) parts.push({ kind: 'text', text: text.slice(end, match.index) })
    parts.push(part)
    end = match.index + (part.kind === 'link' ? part.text.length : match[0].length)
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) })
  return parts
}

function partOf([, block, code, url]: RegExpExecArray): Part | undefined {
  if (block !== undefined) return { kind: 'code', text: block, isBlock: true }
  if (code !== undefined) return { kind: 'code', text: code, isBlock: false }
  return url === undefined ? undefined : linkOf(url)
}

function linkOf(found: string): Part | undefined {
  let text = found.replace(TRAILING, '')
  if (text.endsWith(')') && !text.includes('(')) text = text.slice(0, -1).replace(TRAILING, '')
  if (!URL.canParse(text)) return undefined
  const { protocol, href, username, password } = new URL(text)
  const isWeb = protocol === 'https:' || protocol === 'http:'
  // What stands before an @ is what a forger would have read as the site.
  return isWeb && username === '' && password === '' ? { kind: 'link', text, href } : undefined
}

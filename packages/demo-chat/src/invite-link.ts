/**
 * Invites come in the address's fragment, which browsers send to no server. It is taken out of the address bar at once, so that it is not
 * copied along with a screenshot or bookmark, and kept for this tab only so that a reload still knows it.
 */

const INVITE_KEY = 'conclave.invite'
const SEATED_KEY = 'conclave.seated'
const INVITE_TEXT = /^[A-Za-z0-9_-]{16,8192}$/u

/** The invite inside a link or a bare invite text; `undefined` when there is none. */
export function inviteOf(linkOrText: string): string | undefined {
  const text = linkOrText.trim()
  const invite = text.slice(text.lastIndexOf('#') + 1)
  return INVITE_TEXT.test(invite) ? invite : undefined
}

export function linkOf(invite: string): string {
  return `${location.origin}${location.pathname}#${invite}`
}

/** Takes the fragment out of the address bar. Returns it as an invite, or `'unreadable'` if it was something else. */
export function takeFragment(): { invite?: string; unreadable: boolean } {
  const fragment = location.hash.slice(1)
  if (fragment === '') return { unreadable: false }
  history.replaceState(history.state, '', `${location.pathname}${location.search}`)
  const invite = inviteOf(fragment)
  if (invite === undefined) return { unreadable: true }
  return { invite, unreadable: false }
}

/** What this tab was invited to, and whether it had already gone in (then a reload goes in again without asking). */
export interface Seat {
  invite: string
  seated: boolean
}

export function keepSeat({ invite, seated }: Seat): void {
  sessionStorage.setItem(INVITE_KEY, invite)
  if (seated) sessionStorage.setItem(SEATED_KEY, 'yes')
  else sessionStorage.removeItem(SEATED_KEY)
}

export function keptSeat(): Seat | undefined {
  const invite = inviteOf(sessionStorage.getItem(INVITE_KEY) ?? '')
  if (invite === undefined) return undefined
  return { invite, seated: sessionStorage.getItem(SEATED_KEY) === 'yes' }
}

export function giveUpSeat(): void {
  sessionStorage.removeItem(INVITE_KEY)
  sessionStorage.removeItem(SEATED_KEY)
}

/**
 * Invites come in the address's fragment, which browsers send to no server. It is taken out of the address bar at once, so that it is not
 * copied along with a screenshot or bookmark, and kept for this tab only so that a reload still knows it.
 */

const INVITE_KEY = 'conclave.invite'
const ROOM_KEY = 'conclave.room'
const NAME_KEY = 'conclave.room-name'
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

/** What this tab was invited to, and the id of the room that it was in; with that a reload goes in again without asking. */
export interface Seat {
  invite?: string
  /** An open room's name, instead of an invite. */
  name?: string
  room?: string
}

export function keepSeat({ invite, name, room }: Seat): void {
  keep(INVITE_KEY, invite)
  keep(NAME_KEY, name)
  keep(ROOM_KEY, room)
}

export function keptSeat(): Seat {
  const invite = inviteOf(sessionStorage.getItem(INVITE_KEY) ?? '')
  const room = sessionStorage.getItem(ROOM_KEY)
  const name = sessionStorage.getItem(NAME_KEY)
  return {
    ...(invite !== undefined && { invite }),
    ...(name !== null && { name }),
    ...(room !== null && { room }),
  }
}

function keep(key: string, value: string | undefined): void {
  if (value === undefined) sessionStorage.removeItem(key)
  else sessionStorage.setItem(key, value)
}

/**
 * Invites come in the address's fragment, which browsers send to no server. It is taken out of the address bar at once, so that it is not
 * copied along with a screenshot or bookmark, and kept for this tab only so that a reload still knows it.
 */

const INVITE_KEY = 'conclave.invite'
const ROOM_KEY = 'conclave.room'
const NAME_KEY = 'conclave.room-name'
const INVITE_TEXT = /^[A-Za-z0-9_-]{16,8192}$/u
/** The shortest there is, and longer than any anchor. */
const UNMISTAKABLE_INVITE = /^[A-Za-z0-9_-]{250,8192}$/u

/** The invite inside a link or a bare invite text; `undefined` when there is none. */
export function inviteOf(linkOrText: string): string | undefined {
  const text = linkOrText.trim()
  const invite = text.slice(text.lastIndexOf('#') + 1)
  return INVITE_TEXT.test(invite) ? invite : undefined
}

export function linkOf(invite: string): string {
  return `${location.origin}${location.pathname}${location.search}#${invite}`
}

export interface Fragment {
  invite?: string
  /** Whether something was there, but no invite. */
  unreadable: boolean
}

/** Takes the fragment out of the address bar, on a page where it can only be an invite. */
export function takeFragment(): Fragment {
  const fragment = location.hash.slice(1)
  if (fragment === '') return { unreadable: false }
  history.replaceState(history.state, '', `${location.pathname}${location.search}`)
  const invite = inviteOf(fragment)
  if (invite === undefined) return { unreadable: true }
  return { invite, unreadable: false }
}

/** Like {@link takeFragment} where the fragment may be the page's own: takes only what can be nothing but an invite. */
export function takeInviteFragment(): Fragment {
  return UNMISTAKABLE_INVITE.test(location.hash.slice(1)) ? takeFragment() : { unreadable: false }
}

/** What this tab was invited to, and the id of the room that it was in; with that a reload goes in again without asking. */
export interface Seat {
  invite?: string
  /** An open room's name, instead of an invite. */
  name?: string
  room?: string
}

/** `key` sets several chats of one page apart. */
export function keepSeat(key: string, { invite, name, room }: Seat): void {
  keep(INVITE_KEY + key, invite)
  keep(NAME_KEY + key, name)
  keep(ROOM_KEY + key, room)
}

export function keptSeat(key: string): Seat {
  const invite = inviteOf(sessionStorage.getItem(INVITE_KEY + key) ?? '')
  const room = sessionStorage.getItem(ROOM_KEY + key)
  const name = sessionStorage.getItem(NAME_KEY + key)
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

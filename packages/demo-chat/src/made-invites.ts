/** Invites that this tab made for a room. They open it, so they are kept for the tab alone, and only to be revoked. */

export interface MadeInvite {
  invite: string
  /** Milliseconds since 1970; 0: never. */
  expires: number
  uses: number
  isRevoked: boolean
}

const MADE_MAX = 50

export function madeInvites(room: string): MadeInvite[] {
  try {
    const list: unknown = JSON.parse(sessionStorage.getItem(keyOf(room)) ?? '[]')
    return Array.isArray(list) ? list.filter(isMade) : []
  } catch {
    return []
  }
}

export function keepInvites(room: string, invites: readonly MadeInvite[]): void {
  sessionStorage.setItem(keyOf(room), JSON.stringify(invites.slice(0, MADE_MAX)))
}

function keyOf(room: string): string {
  return `conclave.invites.${room}`
}

function isMade(one: unknown): one is MadeInvite {
  if (typeof one !== 'object' || one === null) return false
  const { invite, expires, uses, isRevoked } = one as Partial<MadeInvite>
  return (
    typeof invite === 'string' &&
    typeof expires === 'number' &&
    typeof uses === 'number' &&
    typeof isRevoked === 'boolean'
  )
}

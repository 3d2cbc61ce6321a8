/** Which members' safety numbers were compared, a note to oneself: kept in this browser, by identity and peer. */

const KEY = 'conclave.compared'
const COMPARED_MAX = 500

export function isCompared(self: string, peer: string): boolean {
  return kept().includes(pair(self, peer))
}

export function markCompared(self: string, peer: string, compared: boolean): void {
  const others = kept().filter((one) => one !== pair(self, peer))
  const next = compared ? [...others, pair(self, peer)].slice(-COMPARED_MAX) : others
  try {
    localStorage.setItem(KEY, JSON.stringify(next))
  } catch {
    // Full, or forbidden: the mark lasts as long as the page does not need it.
  }
}

function pair(self: string, peer: string): string {
  return `${self} ${peer}`
}

function kept(): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : []
  } catch {
    return []
  }
}

/** Which question or panel stands over the room. */
import type { Message } from './entries.ts'

export type Asking =
  | { for: 'invite' }
  | { for: 'leave' }
  | { for: 'settings' }
  | { for: 'connection' }
  | { for: 'refresh' }
  | { for: 'scheme' }
  | { for: 'split' }
  | { for: 'merge' }
  | { for: 'destroy' }
  | { for: 'group-safety' }
  | { for: 'safety'; peer: string; name: string }
  | { for: 'earlier' }
  | { for: 'hand-on'; peer: string; name: string }
  | { for: 'vote'; peer: string; name: string }
  /** Whom is ticked to begin with. */
  | { for: 'exclude'; peers: readonly string[] }
  | { for: 'details'; message: Message }

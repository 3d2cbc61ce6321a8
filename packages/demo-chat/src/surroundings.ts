/** What is around a chat: a page of its own, or somebody else's page that has it as an element. */
import { loadConfig, type Config } from './config.ts'
import { takeFragment, type Fragment, type Seat } from './invite-link.ts'
import type { Room } from './room.ts'

export interface Surroundings {
  /** Sets what the tab remembers of this chat apart from what it remembers of others on the same page. */
  readonly key: string
  /** What there is to go into, unless the address says otherwise. */
  readonly given: Seat
  /** What language and appearance are set on. */
  readonly root: HTMLElement
  /** Under this name it is gone into without asking. */
  readonly name?: string
  loadConfig: () => Promise<Config>
  takeFragment: () => Fragment
  /** Told of each room that was gone into. */
  onRoom?: (room: Room) => void
}

export function ownPage(): Surroundings {
  return { key: '', given: {}, root: document.documentElement, loadConfig, takeFragment }
}

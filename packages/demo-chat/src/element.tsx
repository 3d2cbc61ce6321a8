/**
 * `<conclave-chat>`: the whole chat as an element of somebody else's page, by one script tag. Attributes: `relay` (multiaddrs, with
 * spaces between), `room` (the name of an open room) or `invite` (a text or a link), and `name`, with which it goes into the room
 * without asking. Without `room` and `invite` it takes an invite out of the page's address, if one stands there, and else offers to
 * create a room. Another `room` or `invite` takes it there from wherever it is; another `relay` or `name` counts while it is in no
 * room. Every event of the room is one of the element, too.
 */
import type { RoomEventName } from '@conclave/node'
import { render } from 'preact'
import { App } from './app.tsx'
import { inviteOf, takeInviteFragment, type Seat } from './invite-link.ts'
import type { Room } from './room.ts'
import styles from './styles/main.css?inline'
import type { Surroundings } from './surroundings.ts'
import { Visit } from './visit.ts'

// Made by script, since a page's policy may forbid style elements.
const sheet = new CSSStyleSheet()
sheet.replaceSync(styles)

/** All that a room tells of: the type sees to it that none is forgotten. */
const EVENTS: Readonly<Record<RoomEventName, true>> = {
  status: true,
  joined: true,
  message: true,
  member: true,
  keys: true,
  knock: true,
  vote: true,
  transport: true,
  waiting: true,
  file: true,
  transfer: true,
  action: true,
  typing: true,
  excluded: true,
  destroyed: true,
  moved: true,
  error: true,
}

export class ConclaveChat extends HTMLElement {
  static readonly observedAttributes = ['relay', 'room', 'invite', 'name']
  /** The room it is in, or was in last; everything the page cannot do by attributes. */
  room: Room | undefined
  #visit: Visit | undefined
  /** When what was there before has let go of its identity. */
  #ended: Promise<void> = Promise.resolve()
  #isStale = false

  connectedCallback(): void {
    void this.#ended.then(() => this.#begin())
  }

  disconnectedCallback(): void {
    // An element that only moves within the page is there again by then.
    queueMicrotask(() => {
      if (!this.isConnected) this.#end()
    })
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    const isAim = name === 'room' || name === 'invite'
    // Whoever is in a room already is not taken out of it for its relays, or a name that it cannot change any more.
    const counts = isAim || this.#visit?.place.at === 'entrance'
    if (this.#visit === undefined || before === now || !counts || this.#isStale) return
    this.#isStale = true
    // Several may change at once.
    queueMicrotask(() => {
      this.#isStale = false
      this.#end()
      this.connectedCallback()
    })
  }

  #begin(): void {
    if (this.#visit !== undefined || !this.isConnected) return
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheet]
    this.#visit = new Visit(this.#surroundings())
    render(<App visit={this.#visit} />, root)
  }

  #end(): void {
    if (this.#visit === undefined || this.shadowRoot === null) return
    render(null, this.shadowRoot)
    this.#ended = this.#visit.stop()
    this.#visit = undefined
  }

  #surroundings(): Surroundings {
    const text = (attribute: string): string => this.getAttribute(attribute)?.trim() ?? ''
    const relays = text('relay')
      .split(/\s+/u)
      .filter((relay) => relay !== '')
    const invite = inviteOf(text('invite'))
    const room = text('room')
    const given: Seat = invite === undefined ? (room === '' ? {} : { name: room }) : { invite }
    const isGiven = Object.keys(given).length > 0
    const name = text('name')
    return {
      key: this.id === '' ? '.element' : `.element.${this.id}`,
      given,
      root: this,
      ...(name !== '' && { name }),
      loadConfig: async () => ({ relays, iceServers: [] }),
      takeFragment: isGiven ? () => ({ unreadable: false }) : takeInviteFragment,
      onRoom: (entered) => this.#tell(entered),
    }
  }

  #tell(room: Room): void {
    this.room = room
    for (const name of Object.keys(EVENTS) as RoomEventName[]) {
      room.addEventListener(name, (event) => {
        if (event instanceof CustomEvent)
          this.dispatchEvent(new CustomEvent(name, { detail: event.detail as unknown }))
      })
    }
  }
}

// A page may have the script twice.
if (customElements.get('conclave-chat') === undefined) customElements.define('conclave-chat', ConclaveChat)

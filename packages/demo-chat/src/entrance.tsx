/** Where a visit starts: a name, and a room to create or to join. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { clampField } from './clamp.ts'
import { Problem } from './dialog.tsx'
import { LockIcon, Mark } from './icons.tsx'
import type { Visit } from './visit.ts'

/** UTF-8 bytes, the protocol's limit. */
const NAME_MAX = 64

export function Entrance({ visit, busy }: { visit: Visit; busy: boolean }) {
  const invited = visit.seat.invite !== undefined
  return (
    <main class="entrance">
      <div class="card">
        <header class="brand">
          <Mark />
          <span>Conclave</span>
        </header>
        <h1>{invited ? 'You are invited to a room' : 'A room of your own'}</h1>
        <p class="lead">
          {invited
            ? 'Choose the name the others will see. A member has to be online to let you in.'
            : 'Talk among yourselves. No account, and no server that can read along.'}
        </p>
        <NameForm visit={visit} busy={busy} />
        <Problem text={visit.problem} />
        {invited ? <InviteAway visit={visit} busy={busy} /> : <PasteLink visit={visit} busy={busy} />}
      </div>
      <p class="promise">
        <LockIcon />
        <span>
          Messages are encrypted under a key that only the members hold and manage. The relay that connects
          you sees who is connected and when, never what is said.
        </span>
      </p>
    </main>
  )
}

interface Part {
  visit: Visit
  busy: boolean
}

function NameForm({ visit, busy }: Part) {
  const [typed, setTyped] = useState<string>()
  const field = useRef<HTMLInputElement>(null)
  const name = typed ?? visit.identity?.name ?? ''
  const { invite } = visit.seat
  useEffect(() => field.current?.focus(), [])

  const submit = (event: Event): void => {
    event.preventDefault()
    if (name.trim() === '') field.current?.focus()
    else void visit.enter(name.trim())
  }
  const action = invite === undefined ? 'Create a room' : 'Join the room'
  const doing = invite === undefined ? 'Creating the room…' : 'Joining…'
  return (
    <form class="stack" onSubmit={submit}>
      <label>
        Your name
        <input
          ref={field}
          value={name}
          required
          autocomplete="nickname"
          disabled={busy}
          onInput={(event) => setTyped(clampField(event.currentTarget, NAME_MAX))}
        />
      </label>
      <button class="primary" disabled={busy || visit.identity === undefined} aria-busy={busy}>
        {busy ? doing : action}
      </button>
    </form>
  )
}

function PasteLink({ visit, busy }: Part) {
  const [link, setLink] = useState('')
  const submit = (event: Event): void => {
    event.preventDefault()
    visit.useLink(link)
  }
  return (
    <form class="aside" onSubmit={submit}>
      <label>
        Or join by an invite link
        <span class="with-button">
          <input
            value={link}
            placeholder="Paste the link here"
            autocomplete="off"
            spellcheck={false}
            disabled={busy}
            onInput={(event) => setLink(event.currentTarget.value)}
          />
          <button disabled={busy || link.trim() === ''}>Continue</button>
        </span>
      </label>
    </form>
  )
}

function InviteAway({ visit, busy }: Part) {
  return (
    <div class="aside">
      <button type="button" class="quiet" disabled={busy} onClick={() => visit.startOver()}>
        Create a room of your own instead
      </button>
    </div>
  )
}

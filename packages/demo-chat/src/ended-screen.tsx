/** After a room: who ended it, and what can be done. */
import { useEffect, useRef } from 'preact/hooks'
import { Mark } from './icons.tsx'
import { PersonName } from './person.tsx'
import { harmlessText } from './text.ts'
import type { Ending } from './visit.ts'

export function EndedScreen({ ending, onStart }: { ending: Ending; onStart: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null)
  // The focus was in a room that is gone; the heading is what a screen reader should read next.
  useEffect(() => heading.current?.focus(), [])
  return (
    <main class="entrance">
      <div class="card">
        <header class="brand">
          <Mark />
          <span>Conclave</span>
        </header>
        <h1 tabIndex={-1} ref={heading}>
          {titles[ending.kind]}
        </h1>
        <Explanation ending={ending} />
        {ending.kind === 'closed' ? (
          <button class="primary" type="button" onClick={() => location.reload()}>
            Reload
          </button>
        ) : (
          <button class="primary" type="button" onClick={onStart}>
            Back to the start
          </button>
        )}
      </div>
    </main>
  )
}

const titles = {
  excluded: 'You were excluded from the room',
  destroyed: 'The room was destroyed',
  left: 'You left the room',
  closed: 'The room was closed on this page',
} as const

function Explanation({ ending }: { ending: Ending }) {
  if (ending.kind === 'left') {
    return (
      <p class="lead">
        You are no member any more, and the others have made new keys. To come back, ask one of them for a new
        invite link.
      </p>
    )
  }
  if (ending.kind === 'closed') {
    return <p class="lead">You are still a member, shown as offline. Reload the page to go back in.</p>
  }
  if (ending.kind === 'destroyed') {
    return (
      <>
        <dl class="verdict">
          <By ending={ending} />
        </dl>
        <p class="lead">
          It is over for everybody, and for good: all members erased its keys, and nobody can be let in any
          more. To go on, create a new room.
        </p>
      </>
    )
  }
  const reason = harmlessText(ending.reason).trim()
  return (
    <>
      <dl class="verdict">
        <By ending={ending} />
        <dt>Reason</dt>
        <dd>{reason === '' ? 'None was given.' : <bdi>{reason}</bdi>}</dd>
      </dl>
      <p class="lead">
        What is said from now on is encrypted under keys that you do not get. If this is a mistake, ask a
        member to invite you again.
      </p>
    </>
  )
}

function By({ ending }: { ending: { by: string; byName: string } }) {
  return (
    <>
      <dt>By</dt>
      <dd>{ending.by === '' ? 'a member' : <PersonName peer={ending.by} name={ending.byName} />}</dd>
    </>
  )
}

/** After a room: who ended it, and what can be done. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Mark } from './icons.tsx'
import { PersonName } from './person.tsx'
import { harmlessText } from './text.ts'
import type { Ending } from './visit.ts'
import { t } from './words/language.ts'

export function EndedScreen({ ending, onStart }: { ending: Ending; onStart: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null)
  // The focus was in a room that is gone; the heading is what a screen reader should read next.
  useLayoutEffect(() => heading.current?.focus(), [])
  return (
    <main class="entrance">
      <div class="card">
        <header class="brand">
          <Mark />
          <span>Conclave</span>
        </header>
        <h1 tabIndex={-1} ref={heading}>
          {t.ended[ending.kind]}
        </h1>
        <Explanation ending={ending} />
        {ending.kind === 'closed' ? (
          <button class="primary" type="button" onClick={() => location.reload()}>
            {t.ended.reload}
          </button>
        ) : (
          <button class="primary" type="button" onClick={onStart}>
            {t.ended.start}
          </button>
        )}
      </div>
    </main>
  )
}

function Explanation({ ending }: { ending: Ending }) {
  if (ending.kind === 'left') return <p class="lead">{t.ended.leftLead}</p>
  if (ending.kind === 'closed') return <p class="lead">{t.ended.closedLead}</p>
  if (ending.kind === 'destroyed') {
    return (
      <>
        <dl class="verdict">
          <By ending={ending} />
        </dl>
        <p class="lead">{t.ended.destroyedLead}</p>
      </>
    )
  }
  const reason = harmlessText(ending.reason).trim()
  return (
    <>
      <dl class="verdict">
        <By ending={ending} />
        <dt>{t.ended.reason}</dt>
        <dd>{reason === '' ? t.ended.noReason : <bdi>{reason}</bdi>}</dd>
      </dl>
      <p class="lead">{t.ended.excludedLead}</p>
    </>
  )
}

function By({ ending }: { ending: { by: string; byName: string } }) {
  return (
    <>
      <dt>{t.ended.by}</dt>
      <dd>{ending.by === '' ? t.name.member : <PersonName peer={ending.by} name={ending.byName} />}</dd>
    </>
  )
}

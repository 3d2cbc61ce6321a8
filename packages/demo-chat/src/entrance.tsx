/** Where a visit starts: a name, and a room to create or to join. */
import type { RoomPolicy } from '@conclave/node'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { clampField } from './clamp.ts'
import { Problem } from './dialog.tsx'
import { GearIcon, LockIcon, Mark } from './icons.tsx'
import { SettingsDialog } from './settings-dialog.tsx'
import { harmlessName } from './text.ts'
import type { Visit } from './visit.ts'
import { t } from './words/language.ts'

/** UTF-8 bytes, the protocol's limit. */
const NAME_MAX = 64

export function Entrance({ visit, busy }: { visit: Visit; busy: boolean }) {
  const [isSetting, setSetting] = useState(false)
  const { title, lead } = wordsFor(visit)
  const isAimed = visit.seat.invite !== undefined || visit.seat.name !== undefined
  return (
    <main class="entrance">
      <div class="card">
        <header class="brand">
          <Mark />
          <span>Conclave</span>
          <button
            type="button"
            class="quiet icon-button"
            aria-label={t.button.settings}
            title={t.button.settings}
            onClick={() => setSetting(true)}
          >
            <GearIcon />
          </button>
        </header>
        <h1>{title}</h1>
        <p class="lead">{lead}</p>
        <NameForm visit={visit} busy={busy} isAimed={isAimed} />
        <Problem text={visit.problem} />
        {isAimed ? (
          <div class="aside">
            <button type="button" class="quiet" disabled={busy} onClick={() => visit.startOver()}>
              {t.entrance.ownInstead}
            </button>
          </div>
        ) : (
          <OtherWay visit={visit} busy={busy} />
        )}
      </div>
      <p class="promise">
        <LockIcon />
        <span>{t.entrance.promise}</span>
      </p>
      {isSetting && <SettingsDialog visit={visit} onClose={() => setSetting(false)} />}
    </main>
  )
}

function wordsFor({ seat }: Visit): { title: string; lead: string } {
  if (seat.invite !== undefined) return { title: t.entrance.invitedTitle, lead: t.entrance.invitedLead }
  if (seat.name !== undefined)
    return { title: t.entrance.namedTitle(harmlessName(seat.name)), lead: t.entrance.namedLead }
  return { title: t.entrance.title, lead: t.entrance.lead }
}

interface Part {
  visit: Visit
  busy: boolean
}

function NameForm({ visit, busy, isAimed }: Part & { isAimed: boolean }) {
  const [typed, setTyped] = useState<string>()
  const [policy, setPolicy] = useState<Partial<RoomPolicy>>({})
  const field = useRef<HTMLInputElement>(null)
  const name = typed ?? visit.identity?.name ?? ''
  useLayoutEffect(() => field.current?.focus(), [])
  // The name of last time may come while somebody begins to type: what is typed takes its place.
  useLayoutEffect(() => {
    // What is selected takes what is typed, also from another field.
    if (field.current?.matches(':focus') === true) field.current.select()
  }, [visit.identity])

  const submit = (event: Event): void => {
    event.preventDefault()
    if (name.trim() === '') field.current?.focus()
    else void visit.enter(name.trim(), policy)
  }
  const action = isAimed ? t.entrance.join : t.entrance.create
  const doing = isAimed ? t.entrance.joining : t.entrance.creating
  return (
    <form class="stack" onSubmit={submit}>
      <label>
        {t.entrance.yourName}
        <input
          ref={field}
          value={name}
          required
          autocomplete="nickname"
          disabled={busy}
          onInput={(event) => setTyped(clampField(event.currentTarget, NAME_MAX))}
        />
      </label>
      {!isAimed && <PolicyOptions policy={policy} onPolicy={setPolicy} />}
      <button class="primary" disabled={busy || visit.identity === undefined} aria-busy={busy}>
        {busy ? doing : action}
      </button>
    </form>
  )
}

interface PolicyOptionsProps {
  policy: Partial<RoomPolicy>
  onPolicy: (policy: Partial<RoomPolicy>) => void
}

function PolicyOptions({ policy, onPolicy }: PolicyOptionsProps) {
  const { admit = 'invite', exclude = 'member' } = policy
  const setExclude = (wanted: RoomPolicy['exclude']): void =>
    onPolicy({ ...policy, exclude: wanted, quorum: wanted === 'quorum' ? 2 : 0 })
  return (
    <details class="more">
      <summary>{t.entrance.options}</summary>
      <div class="stack">
        <label>
          {t.entrance.admitLabel}
          <select
            value={admit}
            onChange={(event) =>
              onPolicy({ ...policy, admit: event.currentTarget.value as RoomPolicy['admit'] })
            }
          >
            {Object.entries(t.entrance.admit).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t.entrance.excludeLabel}
          <select
            value={exclude}
            onChange={(event) => setExclude(event.currentTarget.value as RoomPolicy['exclude'])}
          >
            {Object.entries(t.entrance.exclude).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
          <small>{t.entrance.fixed}</small>
        </label>
      </div>
    </details>
  )
}

/** A link that somebody sent, or the name of an open room. */
function OtherWay({ visit, busy }: Part) {
  const [typed, setTyped] = useState('')
  const submit = (event: Event): void => {
    event.preventDefault()
    visit.aim(typed)
  }
  return (
    <form class="aside" onSubmit={submit}>
      <label>
        {t.entrance.otherWay}
        <span class="with-button">
          <input
            value={typed}
            placeholder={t.entrance.otherHint}
            autocomplete="off"
            spellcheck={false}
            disabled={busy}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <button disabled={busy || typed.trim() === ''}>{t.entrance.goOn}</button>
        </span>
      </label>
    </form>
  )
}

/** Which group key is in use, and what caused each change of it. */
import type { KeyChange, RoomLog } from './room-log.ts'
import { shortHex } from './text.ts'
import { causeWord } from './words.ts'

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })

export function KeysPanel({ log }: { log: RoomLog }) {
  const { version, revision, heads, scheme, exclusionsLeft } = log.state
  return (
    <>
      <h2>Keys</h2>
      <dl class="facts">
        <dt>Room</dt>
        <dd>
          <code title={log.room.id}>{shortHex(log.room.id)}</code>
        </dd>
        <dt>Version</dt>
        <dd>{version === undefined ? 'none yet' : <code title={version}>{shortHex(version)}</code>}</dd>
        <dt>Revision</dt>
        <dd>{revision}</dd>
        <dt>Heads of the log</dt>
        <dd title={heads.join('\n')}>{heads.length}</dd>
        <dt>Scheme</dt>
        <dd>{scheme === 'distributed-flat' ? 'Distributed Flat' : scheme}</dd>
        <dt>Exclusions until a refresh</dt>
        <dd>{exclusionsLeft}</dd>
      </dl>
      <p class="muted hint">
        Members that show the same version and revision hold the same key. Several heads mean that changes
        were made at the same time and are about to be joined.
      </p>
      <h3>What changed them</h3>
      {log.keyChanges.length === 0 && <p class="muted">Nothing since you came in.</p>}
      <ol class="changes">
        {log.keyChanges.toReversed().map((change) => (
          <ChangeRow key={change.key} change={change} />
        ))}
      </ol>
    </>
  )
}

function ChangeRow({ change }: { change: KeyChange }) {
  return (
    <li>
      <span class="change-cause">{causeWord(change.cause)}</span>
      <span class="change-facts">
        <code title={change.version}>{shortHex(change.version)}</code> · revision {change.revision} ·{' '}
        <time dateTime={change.at.toISOString()}>{clock.format(change.at)}</time>
      </span>
    </li>
  )
}

/** Which group key is in use, what caused each change of it, whose slots are whose, and the signed log of members. */
import type { RoomDeed } from '@conclave/node'
import { bytesInWords, clock } from './format.ts'
import { KeyTablePicture } from './key-table.tsx'
import { nameShown, PersonName } from './person.tsx'
import type { KeyChange, RoomLog } from './room-log.ts'
import { harmlessText, shortHex } from './text.ts'
import { causeWord } from './words/errors.ts'
import { t } from './words/language.ts'

export function KeysPanel({ log }: { log: RoomLog }) {
  const deeds = log.deeds
  const { status, scheme } = log.state
  // A tree is its manager's alone: nobody else could draw it.
  const hasTable = status === 'joined' && scheme !== 'centralized-tree'
  return (
    <>
      <h2>{t.keys.title}</h2>
      <Facts log={log} deeds={deeds} />
      <p class="muted hint">{t.keys.hint}</p>
      {hasTable && (
        <>
          <h3>{t.keys.table}</h3>
          <KeyTablePicture log={log} />
        </>
      )}
      <h3>{t.keys.changes}</h3>
      {log.keyChanges.length === 0 && <p class="muted">{t.keys.noChanges}</p>}
      <ol class="changes">
        {log.keyChanges.toReversed().map((change) => (
          <ChangeRow key={change.key} change={change} />
        ))}
      </ol>
      <h3>{t.keys.log}</h3>
      <p class="muted hint">{t.keys.logHint}</p>
      {deeds.length === 0 && <p class="muted">{t.keys.noLog}</p>}
      <ol class="changes deeds">
        {deeds.map((deed) => (
          <DeedRow key={deed.id} deed={deed} />
        ))}
      </ol>
    </>
  )
}

function Facts({ log, deeds }: { log: RoomLog; deeds: readonly RoomDeed[] }) {
  const { version, revision, heads, scheme, manager, exclusionsLeft } = log.state
  const change = log.keyChanges.at(-1)
  const made = deeds.find(({ id }) => id === version)
  const { messages, bytes } = log.room.sent
  return (
    <dl class="facts">
      <dt>{t.keys.room}</dt>
      <dd>
        <code title={log.room.id}>{shortHex(log.room.id)}</code>
      </dd>
      <dt>{t.keys.version}</dt>
      <dd>{version === undefined ? t.keys.noneYet : <code title={version}>{shortHex(version)}</code>}</dd>
      <dt>{t.keys.revision}</dt>
      <dd>{revision}</dd>
      {change && (
        <>
          <dt>{t.keys.when}</dt>
          <dd>{clock(change.at, true)}</dd>
        </>
      )}
      {made && (
        <>
          <dt>{t.keys.cost}</dt>
          <dd>{bytesInWords(made.bytes)}</dd>
        </>
      )}
      <dt>{t.keys.heads}</dt>
      <dd title={heads.join('\n')}>{heads.length}</dd>
      <dt>{t.keys.scheme}</dt>
      <dd>{t.scheme.names[scheme]}</dd>
      {manager !== undefined && (
        <>
          <dt>{t.keys.manager}</dt>
          <dd>
            <bdi>{nameShown(log.nameOf(manager))}</bdi>
          </dd>
        </>
      )}
      <dt>{t.keys.left}</dt>
      <dd>{exclusionsLeft}</dd>
      <dt>{t.keys.sentSoFar}</dt>
      <dd>{t.keys.sentValue(messages, bytesInWords(bytes))}</dd>
    </dl>
  )
}

function ChangeRow({ change }: { change: KeyChange }) {
  return (
    <li>
      <span class="change-cause">{causeWord(change.cause)}</span>
      <span class="change-facts">
        <code title={change.version}>{shortHex(change.version)}</code>
        {` · ${t.keys.revisionWord(change.revision)} · `}
        <time dateTime={change.at.toISOString()}>{clock(change.at, true)}</time>
      </span>
    </li>
  )
}

function DeedRow({ deed }: { deed: RoomDeed }) {
  const { kind, by, byName, peers, reason, signature, bytes } = deed
  return (
    <li>
      <span class="change-cause">
        <PersonName peer={by} name={byName} /> {t.operations[kind]}{' '}
        {peers.map(({ peer, name }) => (
          <span key={peer} title={peer}>
            <bdi class="person-name">{nameShown(name)}</bdi>{' '}
          </span>
        ))}
      </span>
      {reason !== '' && <q class="change-reason">{harmlessText(reason)}</q>}
      <details class="change-facts">
        <summary>{`${bytesInWords(bytes)} · ${t.keys.signature} ${shortHex(signature)}…`}</summary>
        <code class="long">{signature}</code>
      </details>
    </li>
  )
}

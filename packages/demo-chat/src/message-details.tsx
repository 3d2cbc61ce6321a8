/** About one message: who signed it, the key it was said under, and who could read it. */
import { Dialog } from './dialog.tsx'
import type { Message } from './entries.ts'
import { dayAndClock } from './format.ts'
import { PersonName } from './person.tsx'
import type { RoomLog } from './room-log.ts'
import { shortHex } from './text.ts'
import { t } from './words/language.ts'

interface MessageDetailsProps {
  log: RoomLog
  message: Message
  onClose: () => void
}

export function MessageDetails({ log, message, onClose }: MessageDetailsProps) {
  const { from, name, at, verified, version, revision, delivery } = message
  const readers = log.room.records.readers(version) ?? []
  const arrivedAt = delivery?.kind === 'sent' ? delivery.arrivedAt : undefined
  return (
    <Dialog title={t.details.title} onClose={onClose}>
      <div class="stack">
        <dl class="verdict">
          <dt>{t.details.from}</dt>
          <dd>
            <PersonName peer={from} name={name} />
          </dd>
          <dt>{t.details.at}</dt>
          <dd>{dayAndClock(at)}</dd>
          <dt>{t.details.signature}</dt>
          <dd>{verified ? t.details.verified : t.details.unverified}</dd>
          <dt>{t.details.key}</dt>
          <dd>{t.details.underKey(shortHex(version), revision)}</dd>
          {arrivedAt && (
            <>
              <dt>{t.details.received}</dt>
              <dd>{arrivedAt.length === 0 ? t.details.nobodyYet : <People log={log} peers={arrivedAt} />}</dd>
            </>
          )}
        </dl>
        <section>
          <h3>{t.details.readers(readers.length)}</h3>
          {readers.length === 0 ? t.details.noReaders : <People log={log} peers={readers} />}
          <p class="muted hint">{t.details.readersHint}</p>
        </section>
        <span class="choices">
          <button type="button" autofocus onClick={onClose}>
            {t.button.close}
          </button>
        </span>
      </div>
    </Dialog>
  )
}

function People({ log, peers }: { log: RoomLog; peers: readonly string[] }) {
  return (
    <ul class="people">
      {peers.map((peer) => (
        <li key={peer}>
          <PersonName peer={peer} name={log.nameOf(peer)} />
        </li>
      ))}
    </ul>
  )
}

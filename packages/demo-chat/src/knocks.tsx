/** Who waits at the door, and the two answers. */
import { nameShown, PersonName } from './person.tsx'
import type { RoomLog } from './room-log.ts'
import { t } from './words/language.ts'

export function Knocks({ log }: { log: RoomLog }) {
  return (
    <div role="alert">
      {log.knocks.map(({ peer, name }) => (
        <div class="knock" key={peer}>
          <span>
            <PersonName peer={peer} name={name} /> {t.knock.asks}
          </span>
          <span class="knock-choices">
            <button
              type="button"
              class="primary"
              aria-label={t.knock.admitName(nameShown(name))}
              onClick={() => void log.answer(peer, true)}
            >
              {t.knock.admit}
            </button>
            <button
              type="button"
              aria-label={t.knock.denyName(nameShown(name))}
              title={t.knock.hint}
              onClick={() => void log.answer(peer, false)}
            >
              {t.knock.deny}
            </button>
          </span>
        </div>
      ))}
    </div>
  )
}

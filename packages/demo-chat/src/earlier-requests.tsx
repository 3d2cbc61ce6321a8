/** Who asks us for what was said before they came in, and the two answers. */
import { nameShown, PersonName } from './person.tsx'
import type { RoomLog } from './room-log.ts'
import { t } from './words/language.ts'

export function EarlierRequests({ log }: { log: RoomLog }) {
  return (
    <div role="alert">
      {log.earlier.requests.map(({ peer, name }) => (
        <div class="knock" key={peer}>
          <span>
            <PersonName peer={peer} name={name} /> {t.earlier.asks}
          </span>
          <span class="knock-choices">
            <button
              type="button"
              class="primary"
              aria-label={t.earlier.handOnTo(nameShown(name))}
              onClick={() => void log.answerEarlier(peer, true)}
            >
              {t.earlier.handOn}
            </button>
            <button
              type="button"
              aria-label={t.earlier.refuseName(nameShown(name))}
              onClick={() => void log.answerEarlier(peer, false)}
            >
              {t.earlier.refuse}
            </button>
          </span>
        </div>
      ))}
    </div>
  )
}

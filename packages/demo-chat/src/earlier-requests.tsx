/** Who asks us for what was said before they came in. */
import { Asker } from './asker.tsx'
import { nameShown } from './person.tsx'
import type { RoomLog } from './room-log.ts'
import { t } from './words/language.ts'

export function EarlierRequests({ log }: { log: RoomLog }) {
  return (
    <div role="alert">
      {log.earlier.requests.map(({ peer, name }) => (
        <Asker
          key={peer}
          peer={peer}
          name={name}
          asks={t.earlier.asks}
          yes={{ word: t.earlier.handOn, label: t.earlier.handOnTo(nameShown(name)) }}
          no={{ word: t.earlier.refuse, label: t.earlier.refuseName(nameShown(name)) }}
          onAnswer={(isWilling) => void log.answerEarlier(peer, isWilling)}
        />
      ))}
    </div>
  )
}

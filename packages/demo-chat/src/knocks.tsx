/** Who waits at the door. */
import { Asker } from './asker.tsx'
import { nameShown } from './person.tsx'
import type { RoomLog } from './room-log.ts'
import { t } from './words/language.ts'

export function Knocks({ log }: { log: RoomLog }) {
  return (
    <div role="alert">
      {log.knocks.map(({ peer, name }) => (
        <Asker
          key={peer}
          peer={peer}
          name={name}
          asks={t.knock.asks}
          yes={{ word: t.knock.admit, label: t.knock.admitName(nameShown(name)) }}
          no={{ word: t.knock.deny, label: t.knock.denyName(nameShown(name)), hint: t.knock.hint }}
          onAnswer={(isWelcome) => void log.answer(peer, isWelcome)}
        />
      ))}
    </div>
  )
}

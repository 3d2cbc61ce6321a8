/** Which screen is shown: the entrance, the room, or why it ended. */
import { useEffect, useState } from 'preact/hooks'
import { EndedScreen } from './ended-screen.tsx'
import { Entrance } from './entrance.tsx'
import { RoomScreen } from './room-screen.tsx'
import type { Visit } from './visit.ts'

export function App({ visit }: { visit: Visit }) {
  const [, repaint] = useState(0)
  useEffect(() => {
    visit.onChange = () => repaint((count) => count + 1)
    void visit.start()
  }, [visit])

  const { place } = visit
  if (place.at === 'room') return <RoomScreen key={place.room.self} visit={visit} room={place.room} />
  if (place.at === 'ended') return <EndedScreen ending={place.ending} onStart={() => visit.startOver()} />
  return <Entrance visit={visit} busy={place.busy} />
}

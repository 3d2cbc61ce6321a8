/** A file in the conversation. */
import { PersonName } from './person.tsx'
import type { FileEntry } from './transfers.ts'

export function FileLine({ entry }: { entry: FileEntry }) {
  return (
    <p class="notice">
      <PersonName peer={entry.from} name={entry.name} />
    </p>
  )
}

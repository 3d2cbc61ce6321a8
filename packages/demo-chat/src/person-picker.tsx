/** Chooses one of several people. */
import type { MemberInfo } from '@conclave/node'
import { nameShown } from './person.tsx'

interface PersonPickerProps {
  people: readonly Pick<MemberInfo, 'peer' | 'name'>[]
  picked: string
  onPick: (peer: string) => void
}

export function PersonPicker({ people, picked, onPick }: PersonPickerProps) {
  return (
    <select value={picked} onChange={(event) => onPick(event.currentTarget.value)}>
      {people.map(({ peer, name }) => (
        <option key={peer} value={peer}>
          {nameShown(name)}
        </option>
      ))}
    </select>
  )
}

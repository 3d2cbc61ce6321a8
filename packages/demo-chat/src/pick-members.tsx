/** A list of members to tick. */
import type { MemberInfo } from '@conclave/node'
import { Disc, PersonName } from './person.tsx'

interface PickMembersProps {
  legend: string
  members: readonly MemberInfo[]
  picked: ReadonlySet<string>
  onPick: (picked: ReadonlySet<string>) => void
}

export function PickMembers({ legend, members, picked, onPick }: PickMembersProps) {
  const toggle = (peer: string): void => {
    const next = new Set(picked)
    if (!next.delete(peer)) next.add(peer)
    onPick(next)
  }
  return (
    <fieldset class="picks">
      <legend>{legend}</legend>
      {members.map(({ peer, name }) => (
        <label key={peer} class="check pick">
          <input type="checkbox" checked={picked.has(peer)} onChange={() => toggle(peer)} />
          <Disc peer={peer} name={name} />
          <PersonName peer={peer} name={name} />
        </label>
      ))}
    </fieldset>
  )
}

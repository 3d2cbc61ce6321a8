/** Who is on the roster, who is online, and how each is reached. */
import type { MemberInfo } from '@conclave/node'
import { Disc, Tag } from './person.tsx'
import type { RoomLog } from './room-log.ts'
import { harmlessName } from './text.ts'

interface MembersPanelProps {
  log: RoomLog
  onExclude: (peer: string, name: string) => void
}

export function MembersPanel({ log, onExclude }: MembersPanelProps) {
  const self = log.room.self
  const members = log.members.toSorted(
    (a, b) => rank(a, self) - rank(b, self) || a.name.localeCompare(b.name),
  )
  return (
    <>
      <h2>Members</h2>
      {members.length === 0 && <p class="muted">You will see the members once you are in.</p>}
      <ul class="members">
        {members.map((member) => (
          <MemberRow key={member.peer} member={member} own={member.peer === self} onExclude={onExclude} />
        ))}
      </ul>
      {members.length > 1 && (
        <p class="muted hint">
          Names are chosen freely. The letters beside them are the end of the peer id: compare them with the
          member by another way to be sure who it is.
        </p>
      )}
    </>
  )
}

/** Ourselves first, then who is online, then the rest. */
function rank(member: MemberInfo, self: string): number {
  if (member.peer === self) return 0
  return member.online ? 1 : 2
}

interface MemberRowProps {
  member: MemberInfo
  own: boolean
  onExclude: (peer: string, name: string) => void
}

function MemberRow({ member, own, onExclude }: MemberRowProps) {
  const { peer, name, online } = member
  return (
    <li class="member" data-peer={peer}>
      <Disc peer={peer} name={name} {...(online !== null && { online })} />
      <span class="member-who">
        <bdi class="person-name">{harmlessName(name)}</bdi>
        <span class="member-facts">
          <Tag peer={peer} />
          {own ? <span class="badge">you</span> : <PathBadge member={member} />}
        </span>
      </span>
      {!own && (
        <button
          type="button"
          class="quiet"
          aria-label={`Exclude ${harmlessName(name)}…`}
          onClick={() => onExclude(peer, name)}
        >
          Exclude…
        </button>
      )}
    </li>
  )
}

function PathBadge({ member }: { member: MemberInfo }) {
  // In a large room not everybody tells that it is there.
  if (member.online === null) return null
  if (!member.online) return <span class="badge badge-offline">offline</span>
  if (member.via === 'webrtc') {
    return (
      <span class="badge badge-direct" title="Connected browser to browser">
        direct
      </span>
    )
  }
  if (member.via === 'bridge') {
    return (
      <span class="badge badge-bridge" title="No direct connection: the relay forwards what it cannot read">
        via bridge
      </span>
    )
  }
  return <span class="badge">online</span>
}

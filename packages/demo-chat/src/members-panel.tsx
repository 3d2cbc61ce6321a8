/** Who is on the roster, who is online, and how each is reached. */
import type { MemberInfo } from '@conclave/node'
import type { Asking } from './asking.ts'
import { isCompared } from './compared.ts'
import { CheckIcon, MoreIcon } from './icons.tsx'
import { Menu, type MenuItem } from './menu.tsx'
import { Disc, nameShown, Tag } from './person.tsx'
import type { RoomLog } from './room-log.ts'
import { t } from './words/language.ts'

interface MembersPanelProps {
  log: RoomLog
  onAsk: (asking: Asking) => void
}

export function MembersPanel({ log, onAsk }: MembersPanelProps) {
  const self = log.room.self
  const members = log.members.toSorted(
    (a, b) => rank(a, self) - rank(b, self) || a.name.localeCompare(b.name),
  )
  const mayExclude = log.room.records.rights.exclude
  return (
    <>
      <h2>{t.members.title}</h2>
      {members.length === 0 && <p class="muted">{t.members.none}</p>}
      <ul class="members">
        {members.map((member) => (
          <MemberRow key={member.peer} member={member} log={log} onAsk={onAsk} />
        ))}
      </ul>
      {members.length > 1 && (
        <div class="panel-foot">
          <button type="button" class="quiet" onClick={() => onAsk({ for: 'group-safety' })}>
            {t.members.group}
          </button>
          {members.length > 2 && mayExclude && (
            <button type="button" class="quiet" onClick={() => onAsk({ for: 'exclude', peers: [] })}>
              {t.members.several}
            </button>
          )}
          <p class="muted hint">{t.members.hint}</p>
        </div>
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
  log: RoomLog
  onAsk: (asking: Asking) => void
}

function MemberRow({ member, log, onAsk }: MemberRowProps) {
  const { peer, name, online, votes = 0 } = member
  const { self } = log.room
  const { policy } = log.state
  const own = peer === self
  const isTyping = log.typing.some((one) => one.peer === peer)
  return (
    <li class="member" data-peer={peer}>
      <Disc peer={peer} name={name} {...(online !== null && { online })} />
      <span class="member-who">
        <bdi class="person-name">{nameShown(name)}</bdi>
        <span class="member-facts">
          <Tag peer={peer} />
          {own && <span class="badge">{t.name.you}</span>}
          {!own && (isTyping ? <span class="badge">{t.members.typing}</span> : <PathBadge member={member} />)}
          {!own && isCompared(self, peer) && (
            <span class="badge badge-compared" title={t.members.comparedHint}>
              <CheckIcon />
              {t.members.compared}
            </span>
          )}
          {policy.moderators.includes(peer) && <span class="badge">{t.members.moderator}</span>}
          {log.state.manager === peer && <span class="badge">{t.members.manager}</span>}
          {votes > 0 && <span class="badge badge-votes">{t.members.votes(votes, policy.quorum)}</span>}
        </span>
      </span>
      {!own && (
        <Menu label={t.members.actions(nameShown(name))} items={actionsOn(member, log, onAsk)}>
          <MoreIcon />
        </Menu>
      )}
    </li>
  )
}

function actionsOn({ peer, name }: MemberInfo, log: RoomLog, onAsk: (asking: Asking) => void): MenuItem[] {
  const { rights } = log.room.records
  const items: MenuItem[] = [
    { label: t.members.compare, onChoose: () => onAsk({ for: 'safety', peer, name }) },
  ]
  if (log.entries.some(({ kind }) => kind === 'message'))
    items.push({ label: t.members.handOn, onChoose: () => onAsk({ for: 'hand-on', peer, name }) })
  if (rights.exclude) {
    const onChoose = (): void => onAsk({ for: 'exclude', peers: [peer] })
    items.push({ label: t.members.exclude, isDangerous: true, onChoose })
  } else if (log.state.policy.exclude === 'quorum') {
    items.push({
      label: t.members.vote,
      isDangerous: true,
      onChoose: () => onAsk({ for: 'vote', peer, name }),
    })
  }
  return items
}

function PathBadge({ member }: { member: MemberInfo }) {
  // In a large room not everybody tells that it is there.
  if (member.online === null) return null
  if (!member.online) return <span class="badge badge-offline">{t.members.offline}</span>
  if (member.via === 'webrtc') {
    return (
      <span class="badge badge-direct" title={t.members.directHint}>
        {t.members.direct}
      </span>
    )
  }
  if (member.via === 'bridge') {
    return (
      <span class="badge badge-bridge" title={t.members.bridgeHint}>
        {t.members.bridge}
      </span>
    )
  }
  return <span class="badge">{t.members.online}</span>
}

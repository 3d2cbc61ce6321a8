/** The room: a bar on top, the conversation, and beside it the members or the keys (on a phone one of the three at a time). */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Conversation } from './conversation.tsx'
import { Problem } from './dialog.tsx'
import { ExcludeDialog } from './exclude-dialog.tsx'
import { DoorIcon, LinkIcon, Mark } from './icons.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { KeysPanel } from './keys-panel.tsx'
import { LeaveDialog } from './leave-dialog.tsx'
import { MembersPanel } from './members-panel.tsx'
import { RoomLog } from './room-log.ts'
import type { Room } from './room.ts'
import type { Visit } from './visit.ts'
import { statusExplained, statusWord } from './words.ts'

type Panel = 'chat' | 'members' | 'keys'
type Asking = { for: 'invite' } | { for: 'leave' } | { for: 'exclude'; peer: string; name: string }

export function RoomScreen({ visit, room }: { visit: Visit; room: Room }) {
  const log = useRoomLog(room)
  const [panel, setPanel] = useState<Panel>('chat')
  const [asking, setAsking] = useState<Asking>()
  useEnding(visit, log)
  const { state, members } = log
  const dismiss = (): void => {
    visit.dismissProblem()
    log.dismissTrouble()
  }
  return (
    <div class="room" data-panel={panel}>
      <TopBar
        log={log}
        onInvite={() => setAsking({ for: 'invite' })}
        onLeave={() => setAsking({ for: 'leave' })}
        onGiveUp={() => visit.startOver()}
      />
      <div class="notices">
        <p role="status" class={`explained explained-${state.status}`}>
          {statusExplained[state.status]}
        </p>
        <Problem text={visit.problem ?? log.trouble} onDismiss={dismiss} />
      </div>
      <PanelSwitch panel={panel} members={members.length} onSwitch={setPanel} />
      <Conversation log={log} />
      <aside class="side" aria-label={panel === 'keys' ? 'Keys' : 'Members'}>
        {panel === 'keys' ? (
          <KeysPanel log={log} />
        ) : (
          <MembersPanel log={log} onExclude={(peer, name) => setAsking({ for: 'exclude', peer, name })} />
        )}
      </aside>
      <Question asking={asking} visit={visit} room={room} onClose={() => setAsking(undefined)} />
    </div>
  )
}

/** A log of the room that repaints this screen when it changes. */
function useRoomLog(room: Room): RoomLog {
  const [, repaint] = useState(0)
  const log = useMemo(() => new RoomLog(room, () => repaint((count) => count + 1)), [room])
  useEffect(() => () => log.dispose(), [log])
  return log
}

/** Moves on when the room is over for us. */
function useEnding(visit: Visit, log: RoomLog): void {
  const { status } = log.state
  useEffect(() => {
    if (status === 'left' || status === 'closed') visit.end({ kind: status })
    if (status === 'excluded') {
      const { by, reason } = log.excluded ?? { by: '', reason: '' }
      visit.end({ kind: 'excluded', by, byName: log.nameOf(by), reason })
    } else if (status === 'destroyed') {
      const { by } = log.destroyed ?? { by: '' }
      visit.end({ kind: 'destroyed', by, byName: log.nameOf(by) })
    }
  }, [status])
}

interface TopBarProps {
  log: RoomLog
  onInvite: () => void
  onLeave: () => void
  onGiveUp: () => void
}

function TopBar({ log, onInvite, onLeave, onGiveUp }: TopBarProps) {
  const { status } = log.state
  // Who is still outside has no membership to give up, and nothing to invite to.
  const member = log.members.some(({ peer }) => peer === log.room.self)
  return (
    <header class="topbar">
      <Mark />
      <h1 class="room-title">Conclave</h1>
      <span role="status" class={`pill pill-${status}`}>
        {statusWord[status]}
      </span>
      <span class="topbar-actions">
        <button type="button" class="primary" disabled={!member} onClick={onInvite}>
          <LinkIcon />
          Invite
        </button>
        <button type="button" onClick={member ? onLeave : onGiveUp}>
          <DoorIcon />
          {member ? 'Leave' : 'Cancel'}
        </button>
      </span>
    </header>
  )
}

interface PanelSwitchProps {
  panel: Panel
  members: number
  onSwitch: (panel: Panel) => void
}

function PanelSwitch({ panel, members, onSwitch }: PanelSwitchProps) {
  const button = (to: Panel, label: string) => (
    <button type="button" data-to={to} aria-pressed={panel === to} onClick={() => onSwitch(to)}>
      {label}
    </button>
  )
  return (
    <nav class="switch" aria-label="Parts of the room">
      {button('chat', 'Chat')}
      {button('members', `Members (${members})`)}
      {button('keys', 'Keys')}
    </nav>
  )
}

interface QuestionProps {
  asking: Asking | undefined
  visit: Visit
  room: Room
  onClose: () => void
}

function Question({ asking, visit, room, onClose }: QuestionProps) {
  if (asking === undefined) return null
  if (asking.for === 'invite') return <InviteDialog room={room} onClose={onClose} />
  if (asking.for === 'leave') return <LeaveDialog visit={visit} onClose={onClose} />
  return <ExcludeDialog room={room} peer={asking.peer} name={asking.name} onClose={onClose} />
}

/** The room: a bar on top, the conversation, and beside it the members or the keys (on a phone one of the three at a time). */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Asking } from './asking.ts'
import { Conversation } from './conversation.tsx'
import { Problem } from './dialog.tsx'
import { LinkIcon, Mark, MoreIcon } from './icons.tsx'
import { KeysPanel } from './keys-panel.tsx'
import { EarlierRequests } from './earlier-requests.tsx'
import { Knocks } from './knocks.tsx'
import { MembersPanel } from './members-panel.tsx'
import { Menu, type MenuItem } from './menu.tsx'
import { notifyOf } from './notifications.ts'
import { Question } from './question.tsx'
import { RoomLog } from './room-log.ts'
import type { Room } from './room.ts'
import { harmlessName, shortHex } from './text.ts'
import type { Visit } from './visit.ts'
import { t } from './words/language.ts'

type Panel = 'chat' | 'members' | 'keys'

export function RoomScreen({ visit, room }: { visit: Visit; room: Room }) {
  const log = useRoomLog(room)
  const [panel, setPanel] = useState<Panel>('chat')
  const [asking, setAsking] = useState<Asking>()
  useEnding(visit, log)
  useUnloadQuestion(log.isAtRisk)
  const { state } = log
  const dismiss = (): void => {
    visit.dismissProblem()
    log.dismissTrouble()
  }
  return (
    <div class="room" data-panel={panel}>
      <TopBar visit={visit} log={log} onAsk={setAsking} />
      <div class="notices">
        <p role="status" class={`explained explained-${state.status}`}>
          {explanation(log)}
        </p>
        <Knocks log={log} />
        <EarlierRequests log={log} />
        <Problem text={visit.problem ?? log.trouble} onDismiss={dismiss} />
      </div>
      <PanelSwitch panel={panel} members={log.members.length} onSwitch={setPanel} />
      <main class="room-main">
        <Conversation log={log} onAsk={setAsking} />
      </main>
      <aside class="side" aria-label={panel === 'keys' ? t.keys.title : t.members.title}>
        {panel === 'keys' ? <KeysPanel log={log} /> : <MembersPanel log={log} onAsk={setAsking} />}
      </aside>
      <Question asking={asking} visit={visit} log={log} onClose={() => setAsking(undefined)} />
    </div>
  )
}

function explanation({ state, hasMoved, trouble }: RoomLog): string | undefined {
  if (state.status === 'offline') return t.statusExplained.offline
  // Whoever was told why nobody lets them in is not to wait.
  if (state.status === 'joining' && trouble === undefined)
    return hasMoved ? t.room.moved : t.statusExplained.joining
  return undefined
}

/** A log of the room that repaints this screen when it changes. */
function useRoomLog(room: Room): RoomLog {
  const [, repaint] = useState(0)
  const log = useMemo(() => new RoomLog(room, () => repaint((count) => count + 1)), [room])
  useEffect(() => {
    log.onMessage = notifyOf
    return () => log.dispose()
  }, [log])
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

/** Has the browser ask before the page goes, in words of its own, while something would be lost with it. */
function useUnloadQuestion(isAtRisk: boolean): void {
  useEffect(() => {
    if (!isAtRisk) return undefined
    const ask = (event: Event): void => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [isAtRisk])
}

interface TopBarProps {
  visit: Visit
  log: RoomLog
  onAsk: (asking: Asking) => void
}

function TopBar({ visit, log, onAsk }: TopBarProps) {
  const { room } = log
  const { status } = log.state
  // Who is still outside has no membership to give up, and nothing to invite to.
  const isMember = log.members.some(({ peer }) => peer === room.self)
  return (
    <header class="topbar">
      <Mark />
      <h1 class="room-title">
        {room.name === '' ? t.room.nameless(shortHex(room.id)) : <bdi>{harmlessName(room.name)}</bdi>}
      </h1>
      <span role="status" class={`pill pill-${status}`}>
        {status === 'joining' && log.hasMoved ? t.room.moving : t.status[status]}
      </span>
      <span class="topbar-actions">
        {isMember ? (
          <button
            type="button"
            class="primary"
            disabled={!room.records.rights.admit}
            onClick={() => onAsk({ for: 'invite' })}
          >
            <LinkIcon />
            {t.room.invite}
          </button>
        ) : (
          <button type="button" onClick={() => visit.startOver()}>
            {t.room.cancel}
          </button>
        )}
        <Menu label={t.room.menu} items={menuOf(log, isMember, onAsk)}>
          <MoreIcon />
        </Menu>
      </span>
    </header>
  )
}

function menuOf(log: RoomLog, isMember: boolean, onAsk: (asking: Asking) => void): MenuItem[] {
  const always: MenuItem[] = [
    { label: t.menu.connection, onChoose: () => onAsk({ for: 'connection' }) },
    { label: t.menu.settings, onChoose: () => onAsk({ for: 'settings' }) },
  ]
  if (!isMember) return always
  const { govern } = log.room.records.rights
  const reshaping: MenuItem[] = [
    ...(log.members.length > 1 ? [{ label: t.menu.split, onChoose: () => onAsk({ for: 'split' }) }] : []),
    { label: t.menu.merge, onChoose: () => onAsk({ for: 'merge' }) },
  ]
  const ending: MenuItem[] = [
    ...(govern
      ? [{ label: t.menu.destroy, isDangerous: true, onChoose: () => onAsk({ for: 'destroy' }) }]
      : []),
    { label: t.menu.leave, isDangerous: true, onChoose: () => onAsk({ for: 'leave' }) },
  ]
  const keeping: MenuItem[] = [
    { label: t.menu.safety, onChoose: () => onAsk({ for: 'group-safety' }) },
    { label: t.menu.refresh, onChoose: () => onAsk({ for: 'refresh' }) },
    ...(govern || log.state.manager === log.room.self
      ? [{ label: t.menu.scheme, onChoose: () => onAsk({ for: 'scheme' }) }]
      : []),
    ...(log.othersOnline.length > 0
      ? [{ label: t.menu.earlier, onChoose: () => onAsk({ for: 'earlier' }) }]
      : []),
  ]
  return [...keeping, ...apart(always), ...(govern ? apart(reshaping) : []), ...apart(ending)]
}

function apart([first, ...rest]: MenuItem[]): MenuItem[] {
  return first === undefined ? [] : [{ ...first, startsGroup: true }, ...rest]
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
    <nav class="switch" aria-label={t.room.parts}>
      {button('chat', t.room.chat)}
      {button('members', t.room.members(members))}
      {button('keys', t.room.keys)}
    </nav>
  )
}

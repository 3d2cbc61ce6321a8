/** What stands over the room: one dialog at a time. */
import type { Asking } from './asking.ts'
import { AskEarlierDialog, HandOnDialog } from './earlier-dialogs.tsx'
import { ConnectionDialog } from './connection-dialog.tsx'
import { ExcludeDialog } from './exclude-dialog.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { MessageDetails } from './message-details.tsx'
import {
  DestroyDialog,
  LeaveDialog,
  MergeDialog,
  RefreshDialog,
  SplitDialog,
  VoteDialog,
} from './room-dialogs.tsx'
import type { RoomLog } from './room-log.ts'
import { SafetyDialog } from './safety-dialog.tsx'
import { SchemeDialog } from './scheme-dialog.tsx'
import { SettingsDialog } from './settings-dialog.tsx'
import type { Visit } from './visit.ts'

interface QuestionProps {
  asking: Asking | undefined
  visit: Visit
  log: RoomLog
  onClose: () => void
}

export function Question({ asking, visit, log, onClose }: QuestionProps) {
  switch (asking?.for) {
    case undefined:
      return null
    case 'invite':
      return <InviteDialog room={log.room} onClose={onClose} />
    case 'leave':
      return <LeaveDialog leave={() => visit.leave()} onClose={onClose} />
    case 'settings':
      return <SettingsDialog visit={visit} onClose={onClose} />
    case 'connection':
      return <ConnectionDialog visit={visit} log={log} onClose={onClose} />
    case 'refresh':
      return <RefreshDialog log={log} onClose={onClose} />
    case 'scheme':
      return <SchemeDialog log={log} onClose={onClose} />
    case 'split':
      return <SplitDialog log={log} onClose={onClose} />
    case 'merge':
      return <MergeDialog log={log} onClose={onClose} />
    case 'destroy':
      return <DestroyDialog log={log} onClose={onClose} />
    case 'vote':
      return <VoteDialog log={log} peer={asking.peer} name={asking.name} onClose={onClose} />
    case 'earlier':
      return <AskEarlierDialog log={log} onClose={onClose} />
    case 'hand-on':
      return <HandOnDialog log={log} peer={asking.peer} name={asking.name} onClose={onClose} />
    case 'exclude':
      return <ExcludeDialog log={log} peers={asking.peers} onClose={onClose} />
    case 'details':
      return <MessageDetails log={log} message={asking.message} onClose={onClose} />
    case 'group-safety':
      return <SafetyDialog log={log} onClose={onClose} />
    case 'safety':
      return <SafetyDialog log={log} peer={asking.peer} onClose={onClose} />
  }
}

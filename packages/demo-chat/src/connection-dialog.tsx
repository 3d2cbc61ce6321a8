/** A connection test, with what to do about what does not work. */
import type { MemberHealth } from '@conclave/node'
import { useEffect, useState } from 'preact/hooks'
import { type ConnectionFindings, type Finding, testConnection } from './connection-test.ts'
import { Dialog } from './dialog.tsx'
import { nameShown } from './person.tsx'
import type { RoomLog } from './room-log.ts'
import { iceServersInUse } from './session.ts'
import type { Visit } from './visit.ts'
import { t } from './words/language.ts'

interface ConnectionDialogProps {
  visit: Visit
  log: RoomLog
  onClose: () => void
}

export function ConnectionDialog({ visit, log, onClose }: ConnectionDialogProps) {
  const [findings, setFindings] = useState<ConnectionFindings>()
  const run = async (): Promise<void> => {
    setFindings(undefined)
    setFindings(await testConnection(iceServersInUse(await visit.surroundings.loadConfig())))
  }
  useEffect(() => void run(), [])
  const { relays, members } = log.room.health
  return (
    <Dialog title={t.test.title} onClose={onClose}>
      <div class="stack">
        <p>{t.test.lead}</p>
        <ul class="rows findings" aria-busy={findings === undefined}>
          {relays.map(({ address, status }) => (
            <RelayRow
              key={address}
              address={address}
              isUp={status === 'connected' || status === 'reserved'}
            />
          ))}
          {members.map((member) => (
            <MemberRow key={member.peer} member={member} />
          ))}
          <Row name={t.test.local} finding={findings?.local}>
            {wordsFor(findings?.local, [t.test.localOk, t.test.localBad, ''])}
          </Row>
          <Row name={t.test.stun} finding={findings?.stun}>
            {wordsFor(findings?.stun, [t.test.stunOk, t.test.stunBad, t.test.stunNone])}
          </Row>
          <Row name={t.test.turn} finding={findings?.turn}>
            {wordsFor(findings?.turn, [t.test.turnOk, t.test.turnBad, t.test.turnNone])}
          </Row>
        </ul>
        <span class="choices">
          <button type="button" disabled={findings === undefined} onClick={() => void run()}>
            {findings === undefined ? t.test.running : t.test.run}
          </button>
          <button type="button" class="primary" onClick={onClose}>
            {t.button.close}
          </button>
        </span>
      </div>
    </Dialog>
  )
}

function RelayRow({ address, isUp }: { address: string; isUp: boolean }) {
  return (
    <Row name={`${t.test.relay} ${hostOf(address)}`} finding={isUp ? 'ok' : 'bad'}>
      {isUp ? t.test.relayOk : t.test.relayBad}
    </Row>
  )
}

/** The host out of a multiaddr: what stands between its first two protocols. */
function hostOf(address: string): string {
  return address.split('/')[2] ?? ''
}

function MemberRow({ member: { name, via, rttMs } }: { member: MemberHealth }) {
  const how = { webrtc: t.members.directHint, bridge: t.members.bridgeHint, none: t.test.memberAway }[via]
  return (
    <Row
      name={nameShown(name)}
      finding={via === 'webrtc' ? 'ok' : 'none'}
      word={{ webrtc: t.members.direct, bridge: t.members.bridge, none: t.members.offline }[via]}
    >
      {rttMs === undefined ? `${how}.` : `${how}, ${t.test.roundTrip(Math.round(rttMs))}.`}
    </Row>
  )
}

function wordsFor(finding: Finding | undefined, [ok, bad, none]: readonly [string, string, string]): string {
  if (finding === undefined) return t.test.running
  return { ok, bad, none }[finding]
}

interface RowProps {
  name: string
  finding: Finding | undefined
  /** Instead of the finding's own word. */
  word?: string
  children: string
}

function Row({ name, finding, word, children }: RowProps) {
  const words = { ok: t.test.ok, bad: t.test.bad, none: t.test.info }
  return (
    <li class="row">
      <span class="row-what">
        <strong>{name}</strong>
        <small>{children}</small>
      </span>
      {finding && <span class={`badge finding-${finding}`}>{word ?? words[finding]}</span>}
    </li>
  )
}

/** A link for others to come in by, to copy, to share or to photograph; and those that were made before, to revoke. */
import { useEffect, useState } from 'preact/hooks'
import { CopyField } from './copy-field.tsx'
import { Dialog, Problem } from './dialog.tsx'
import { dayAndClock } from './format.ts'
import { linkOf } from './invite-link.ts'
import { keepInvites, madeInvites, type MadeInvite } from './made-invites.ts'
import { QrCode } from './qr-code.tsx'
import type { Room } from './room.ts'
import { describeError } from './words/errors.ts'
import { t } from './words/language.ts'

const HOUR = 3_600
const LIFETIMES = [HOUR, 24 * HOUR, 7 * 24 * HOUR, 0] as const
const PEOPLE = [0, 1, 2, 5, 10] as const

interface Wanted {
  ttl: number
  uses: number
  ask: boolean
}

export function InviteDialog({ room, onClose }: { room: Room; onClose: () => void }) {
  const { admit } = room.state.policy
  const [wanted, setWanted] = useState<Wanted>({ ttl: 7 * 24 * HOUR, uses: 0, ask: admit === 'ask' })
  const { made, problem, make, revoke } = useInvites(room)
  // One at once, as most want it; what is set below makes another one.
  useEffect(() => make(wanted), [wanted])
  const [current] = made
  return (
    <Dialog title={t.invite.title} onClose={onClose} isWide>
      <div class="stack">
        <p>{admit === 'anyone' ? t.invite.leadOpen : wanted.ask ? t.invite.leadAsk : t.invite.lead}</p>
        {current && (
          <div class="invite-current">
            <QrCode text={linkOf(current.invite)} label={t.invite.qr} />
            <div class="stack">
              <CopyField value={linkOf(current.invite)} label={t.invite.link} />
              <InviteOptions wanted={wanted} isAskFixed={admit === 'ask'} onWant={setWanted} />
            </div>
          </div>
        )}
        <Problem text={problem} />
        {made.length > 1 && <MadeInvites room={room} made={made.slice(1)} onRevoke={revoke} />}
        <span class="choices">
          <button type="button" onClick={onClose}>
            {t.button.done}
          </button>
        </span>
      </div>
    </Dialog>
  )
}

function useInvites(room: Room) {
  const [made, setMade] = useState<readonly MadeInvite[]>(() => madeInvites(room.id))
  const [problem, setProblem] = useState<string>()
  const keep = (next: readonly MadeInvite[]): void => {
    keepInvites(room.id, next)
    setMade(next)
  }
  const make = ({ ttl, uses, ask }: Wanted): void => {
    try {
      const invite = room.invite({ ttl, uses, admit: ask ? 'ask' : 'now' })
      const expires = ttl === 0 ? 0 : Date.now() + ttl * 1_000
      keep([
        { invite, expires, uses, isRevoked: false },
        ...madeInvites(room.id).filter((one) => isWorthKeeping(room, one)),
      ])
    } catch (error) {
      setProblem(describeError(error))
    }
  }
  const revoke = async (invite: string): Promise<void> => {
    try {
      await room.revoke(invite)
      keep(madeInvites(room.id).map((one) => (one.invite === invite ? { ...one, isRevoked: true } : one)))
    } catch (error) {
      setProblem(describeError(error))
    }
  }
  return { made, problem, make, revoke }
}

/** One that is over and was never used is nothing to show. */
function isWorthKeeping(room: Room, { invite, expires }: MadeInvite): boolean {
  return expires === 0 || expires > Date.now() || usesOf(room, invite) > 0
}

function usesOf(room: Room, invite: string): number {
  try {
    return room.records.usesOf(invite)
  } catch {
    return 0
  }
}

interface InviteOptionsProps {
  wanted: Wanted
  isAskFixed: boolean
  onWant: (wanted: Wanted) => void
}

function InviteOptions({ wanted, isAskFixed, onWant }: InviteOptionsProps) {
  const lifetimes = [t.invite.hour, t.invite.day, t.invite.week, t.invite.forever]
  return (
    <div class="options">
      <label>
        {t.invite.validFor}
        <select
          value={wanted.ttl}
          onChange={(event) => onWant({ ...wanted, ttl: Number(event.currentTarget.value) })}
        >
          {LIFETIMES.map((seconds, index) => (
            <option key={seconds} value={seconds}>
              {lifetimes[index]}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t.invite.people}
        <select
          value={wanted.uses}
          onChange={(event) => onWant({ ...wanted, uses: Number(event.currentTarget.value) })}
        >
          {PEOPLE.map((count) => (
            <option key={count} value={count}>
              {count === 0 ? t.invite.anyNumber : t.invite.persons(count)}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={wanted.ask}
          disabled={isAskFixed}
          onChange={(event) => onWant({ ...wanted, ask: event.currentTarget.checked })}
        />
        {t.invite.ask}
      </label>
    </div>
  )
}

interface MadeInvitesProps {
  room: Room
  made: readonly MadeInvite[]
  onRevoke: (invite: string) => Promise<void>
}

function MadeInvites({ room, made, onRevoke }: MadeInvitesProps) {
  return (
    <details class="more">
      <summary>{`${t.invite.made} (${made.length})`}</summary>
      <ul class="rows">
        {made.map(({ invite, expires, uses, isRevoked }) => (
          <li key={invite} class="row">
            <span class="row-what">
              <code>…{invite.slice(-8)}</code>
              <small>
                {expires === 0 ? t.invite.noEnd : t.invite.until(dayAndClock(new Date(expires)))}
                {' · '}
                {t.invite.used(usesOf(room, invite), uses)}
              </small>
            </span>
            {isRevoked ? (
              <span class="badge">{t.invite.revoked}</span>
            ) : (
              <button type="button" class="quiet" onClick={() => void onRevoke(invite)}>
                {t.invite.revoke}
              </button>
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}

/** A link for others to come in by, to copy or to share. */
import type { InviteOptions } from '@conclave/node'
import { useMemo, useRef, useState } from 'preact/hooks'
import { Dialog, Problem } from './dialog.tsx'
import { linkOf } from './invite-link.ts'
import type { Room } from './room.ts'
import { describeError } from './words.ts'

const HOUR = 3_600
const lifetimes = [
  { seconds: HOUR, label: 'One hour' },
  { seconds: 24 * HOUR, label: 'One day' },
  { seconds: 7 * 24 * HOUR, label: 'One week' },
]

export function InviteDialog({ room, onClose }: { room: Room; onClose: () => void }) {
  const [ttl, setTtl] = useState(7 * 24 * HOUR)
  const [single, setSingle] = useState(false)
  const { link, problem } = useMemo(() => newLink(room, { ttl, uses: single ? 1 : 0 }), [room, ttl, single])
  return (
    <Dialog title="Invite somebody" onClose={onClose}>
      <div class="stack">
        <p>Whoever has this link can join while it is valid. Send it only to people you want in the room.</p>
        {link !== undefined && <LinkRow link={link} />}
        <Problem text={problem} />
        <div class="options">
          <label>
            Valid for
            <select value={ttl} onChange={(event) => setTtl(Number(event.currentTarget.value))}>
              {lifetimes.map(({ seconds, label }) => (
                <option key={seconds} value={seconds}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={single}
              onChange={(event) => setSingle(event.currentTarget.checked)}
            />
            For one person only
          </label>
        </div>
        <span class="choices">
          <button type="button" onClick={onClose}>
            Done
          </button>
        </span>
      </div>
    </Dialog>
  )
}

function newLink(room: Room, options: InviteOptions): { link?: string; problem?: string } {
  try {
    return { link: linkOf(room.invite(options)) }
  } catch (error) {
    return { problem: describeError(error) }
  }
}

function LinkRow({ link }: { link: string }) {
  const field = useRef<HTMLInputElement>(null)
  const [said, say] = useState('')
  const copy = async (): Promise<void> => {
    field.current?.select()
    await navigator.clipboard.writeText(link).then(
      () => say('Copied.'),
      () => say('The browser did not allow copying. The link is selected: copy it by hand.'),
    )
  }
  const share = (): void => {
    // Rejects when the visitor closes the sheet, which is no error.
    navigator.share({ title: 'Conclave', url: link }).catch(() => {})
  }
  return (
    <div class="stack-tight">
      <span class="with-button">
        <input
          ref={field}
          readOnly
          value={link}
          aria-label="Invite link"
          onFocus={() => field.current?.select()}
        />
        <button type="button" class="primary" autofocus onClick={() => void copy()}>
          Copy
        </button>
        {'share' in navigator && (
          <button type="button" onClick={share}>
            Share…
          </button>
        )}
      </span>
      <small role="status">{said}</small>
    </div>
  )
}

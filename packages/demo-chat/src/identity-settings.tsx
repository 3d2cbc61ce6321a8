/** Taking one's identity along in a file, and taking one from a file. */
import { useRef, useState } from 'preact/hooks'
import { openIdentity, PASSPHRASE_MIN, sealIdentity } from './identity-file.ts'
import { type Identity, takeOver } from './identity.ts'
import type { Visit } from './visit.ts'
import { describeError } from './words/errors.ts'
import { t } from './words/language.ts'

/** An identity file has some hundred bytes. */
const FILE_MAX = 10_000

export function IdentitySettings({ visit }: { visit: Visit }) {
  const [passphrase, setPassphrase] = useState('')
  const [said, say] = useState<{ text: string; isWrong: boolean }>()
  const input = useRef<HTMLInputElement>(null)
  const { identity } = visit
  const isLong = passphrase.length >= PASSPHRASE_MIN
  const attempt = async (action: () => Promise<string>): Promise<void> => {
    try {
      say({ text: await action(), isWrong: false })
    } catch (error) {
      say({ text: describeError(error), isWrong: true })
    }
  }
  const take = async (): Promise<string> => {
    const file = input.current?.files?.[0]
    if (file === undefined) return ''
    return await takeFrom(file, passphrase, visit)
  }
  const isInRoom = visit.place.at === 'room'
  return (
    <details class="more">
      <summary>{t.settings.identity}</summary>
      <div class="stack">
        <p>{t.settings.identityLead}</p>
        <label>
          {t.settings.passphrase}
          <input
            type="password"
            autocomplete="new-password"
            value={passphrase}
            onInput={(event) => setPassphrase(event.currentTarget.value)}
          />
          <small>{t.settings.passphraseHint}</small>
        </label>
        <span class="choices">
          <button
            type="button"
            disabled={!isLong || identity === undefined}
            onClick={() => void attempt(() => save(identity, passphrase))}
          >
            {t.settings.export}
          </button>
          <button type="button" disabled={!isLong || isInRoom} onClick={() => input.current?.click()}>
            {t.settings.import}
          </button>
        </span>
        <input
          ref={input}
          type="file"
          accept="application/json,.json"
          hidden
          aria-label={t.settings.import}
          onChange={() => void attempt(take)}
        />
        {isInRoom && <small>{t.settings.importInRoom}</small>}
        <small role="status" class={said?.isWrong ? 'warning' : ''}>
          {said?.text}
        </small>
      </div>
    </details>
  )
}

async function save(identity: Identity | undefined, passphrase: string): Promise<string> {
  if (identity === undefined) return ''
  const seed = new Uint8Array(identity.seed)
  download('conclave-identity.json', await sealIdentity({ seed, name: identity.name }, passphrase))
  return t.settings.exported
}

async function takeFrom(file: File, passphrase: string, visit: Visit): Promise<string> {
  if (file.size > FILE_MAX) throw Object.assign(new Error('too long'), { code: 'bad-identity-file' })
  await takeOver(visit.surroundings.key, await openIdentity(await file.text(), passphrase))
  visit.startOver()
  location.reload()
  return t.settings.imported
}

function download(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: fileName })
  link.click()
  // The browser has taken it over by the next turn.
  setTimeout(() => URL.revokeObjectURL(url))
}

/** What a visitor can set, and take along: language, looks, notices, servers, and the identity. */
import { useState } from 'preact/hooks'
import { Dialog } from './dialog.tsx'
import { IdentitySettings } from './identity-settings.tsx'
import { askForNotifications } from './notifications.ts'
import {
  type Appearance,
  keepPreferences,
  parseIceServers,
  parseRelays,
  readPreferences,
  textOfIceServers,
} from './preferences.ts'
import type { Visit } from './visit.ts'
import { type Language, language, languages, t } from './words/language.ts'

export function SettingsDialog({ visit, onClose }: { visit: Visit; onClose: () => void }) {
  return (
    <Dialog title={t.settings.title} onClose={onClose} isWide>
      <div class="stack">
        <Looks visit={visit} />
        <Notices />
        <Servers />
        <IdentitySettings visit={visit} />
        <span class="choices">
          <button type="button" class="primary" onClick={onClose}>
            {t.button.done}
          </button>
        </span>
      </div>
    </Dialog>
  )
}

function Looks({ visit }: { visit: Visit }) {
  const appearances: Record<Appearance, string> = {
    auto: t.settings.auto,
    light: t.settings.light,
    dark: t.settings.dark,
  }
  return (
    <div class="options">
      <label>
        {t.settings.language}
        <select
          value={language}
          onChange={(event) => visit.prefer({ language: event.currentTarget.value as Language })}
        >
          {Object.entries(languages).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t.settings.appearance}
        <select
          value={readPreferences().appearance}
          onChange={(event) => visit.prefer({ appearance: event.currentTarget.value as Appearance })}
        >
          {Object.entries(appearances).map(([appearance, name]) => (
            <option key={appearance} value={appearance}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

function Notices() {
  const [isOn, setOn] = useState(readPreferences().notify)
  const [isDenied, setDenied] = useState(false)
  const change = async (wanted: boolean): Promise<void> => {
    const notify = wanted && (await askForNotifications())
    setDenied(wanted && !notify)
    setOn(notify)
    keepPreferences({ notify })
  }
  return (
    <div class="stack-tight">
      <label class="check">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => void change(event.currentTarget.checked)}
        />
        {t.settings.notify}
      </label>
      {isDenied && (
        <small class="warning" role="alert">
          {t.settings.notifyDenied}
        </small>
      )}
    </div>
  )
}

function Servers() {
  const [kept] = useState(readPreferences)
  const [relays, setRelays] = useState(kept.relays.join('\n'))
  const [ice, setIce] = useState(textOfIceServers(kept.iceServers))
  const [relayOnly, setRelayOnly] = useState(kept.relayOnly)
  const [said, say] = useState<{ text: string; isWrong: boolean }>()
  const save = (event: Event): void => {
    event.preventDefault()
    const parsedRelays = parseRelays(relays)
    const parsedIce = parseIceServers(ice)
    if (parsedRelays.wrong !== undefined)
      say({ text: t.settings.badRelay(parsedRelays.wrong), isWrong: true })
    else if (parsedIce.wrong !== undefined) say({ text: t.settings.badIce(parsedIce.wrong), isWrong: true })
    else {
      keepPreferences({ relays: parsedRelays.relays, iceServers: parsedIce.iceServers, relayOnly })
      say({ text: `${t.settings.saved} ${t.settings.nextRoom}`, isWrong: false })
    }
  }
  return (
    <details class="more">
      <summary>{t.settings.connection}</summary>
      <form class="stack" onSubmit={save}>
        <label>
          {t.settings.relays}
          <textarea
            rows={2}
            class="mono"
            value={relays}
            spellcheck={false}
            onInput={(event) => setRelays(event.currentTarget.value)}
          />
          <small>{t.settings.relaysHint}</small>
        </label>
        <label>
          {t.settings.ice}
          <textarea
            rows={2}
            class="mono"
            value={ice}
            spellcheck={false}
            onInput={(event) => setIce(event.currentTarget.value)}
          />
          <small>{t.settings.iceHint}</small>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={relayOnly}
            onChange={(event) => setRelayOnly(event.currentTarget.checked)}
          />
          {t.settings.relayOnly}
        </label>
        <small role="status" class={said?.isWrong ? 'warning' : ''}>
          {said?.text}
        </small>
        <span class="choices">
          <button>{t.settings.save}</button>
        </span>
      </form>
    </details>
  )
}

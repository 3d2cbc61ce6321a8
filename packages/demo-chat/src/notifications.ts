/** Notices of messages while the tab is hidden, for those who asked for them. */
import { nameShown } from './person.tsx'
import { readPreferences } from './preferences.ts'
import { harmlessText } from './text.ts'

const TEXT_MAX = 200

/** Asks the browser; resolves to whether it allows notices. */
export async function askForNotifications(): Promise<boolean> {
  if (!('Notification' in globalThis)) return false
  return (await Notification.requestPermission()) === 'granted'
}

/** Shows a notice of a message, if it is wanted and nobody looks. */
export function notifyOf({ from, name, text }: { from: string; name: string; text: string }): void {
  if (!document.hidden || !readPreferences().notify) return
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return
  try {
    // One a sender at a time: a later one takes the place of the former.
    const notice = new Notification(nameShown(name), {
      body: harmlessText(text).slice(0, TEXT_MAX),
      tag: from,
    })
    notice.addEventListener('click', () => {
      window.focus()
      notice.close()
    })
  } catch {
    // Phones have notices only where a service worker shows them.
  }
}

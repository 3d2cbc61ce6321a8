/** A tab that nobody looks at: browsers say so, let its timers run once a second, and show notices instead. */
import type { Page } from 'playwright-core'

/** To run in a page before its own code, since a browser without a window hides nothing and shows no notices. */
export function pretend(): void {
  const pretended = { isHidden: false, notices: [] as unknown[] }
  Object.defineProperty(document, 'hidden', { get: () => pretended.isHidden })
  const throttled = (milliseconds = 0): number =>
    pretended.isHidden ? Math.max(1, Math.ceil(milliseconds / 1_000)) * 1_000 : milliseconds
  const [timeout, interval] = [window.setTimeout.bind(window), window.setInterval.bind(window)]
  class Notice extends EventTarget {
    static permission = 'default'
    static async requestPermission(): Promise<string> {
      Notice.permission = 'granted'
      return 'granted'
    }
    constructor(title: string, { body }: { body: string }) {
      super()
      pretended.notices.push([title, body])
    }
  }
  Object.assign(window, {
    Notification: Notice,
    notices: pretended.notices,
    setTimeout: (run: () => void, milliseconds?: number, ...rest: unknown[]) =>
      timeout(run, throttled(milliseconds), ...rest),
    setInterval: (run: () => void, milliseconds?: number, ...rest: unknown[]) =>
      interval(run, throttled(milliseconds), ...rest),
    hide: (isHidden: boolean) => {
      pretended.isHidden = isHidden
      document.dispatchEvent(new Event('visibilitychange'))
    },
  })
}

/** Hides a page for which we pretend, or shows it again. */
export async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((wanted) => {
    const { hide: hideOrShow } = window as unknown as { hide: (isHidden: boolean) => void }
    hideOrShow(wanted)
  }, isHidden)
}

/**
 * A computer that sleeps. A page that is frozen over the DevTools protocol goes on running, so the processes that run pages are
 * stopped instead, as a computer stops all of them.
 */
import type { Browser } from 'playwright-core'

/** Puts all pages of a browser to sleep for a while. */
export async function sleepWell(browser: Browser, milliseconds: number): Promise<void> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  const pids = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
  if (pids.length === 0) throw new Error('The browser has no process to stop.')
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  try {
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
}

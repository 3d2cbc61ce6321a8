/**
 * A page that is hidden for minutes, with timers that run once a second, and then one whose process is stopped for as long, as a
 * computer's are that sleeps: both hear what is said after. Argument: seconds, 150 by default, more than a room forgives.
 */
import { createRoom } from '@conclave/node'
import { hide, pretend } from '../test/browser/hidden.ts'
import { sleepWell } from '../test/browser/sleep.ts'
import { Visitor } from '../test/browser/visitor.ts'
import { launchChromium } from '../test/support/browser.ts'
import { until } from '../test/support/until.ts'
import { startPage } from './local-page.ts'

const seconds = Number(process.argv[2] ?? 150)
const { relay, relays, server } = await startPage()
const browser = await launchChromium()
const ben = await createRoom({ relays, name: 'Ben', rtcConfiguration: { iceServers: [] } })
try {
  await until(() => ben.state.version !== undefined, { what: 'Ben is in' })
  const context = await browser.newContext({ locale: 'en-GB' })
  await context.addInitScript(pretend)
  const ada = await Visitor.open(context, `${server.origin}/#${ben.invite()}`)
  await ada.joinRoom('Ada')
  await ada.isIn()
  await ada.seesMember('Ben', 'direct')

  await hide(ada.page, true)
  await timed('Hidden', async () => await new Promise((resolve) => setTimeout(resolve, seconds * 1_000)))
  await timed('Heard', async () => await heard(ada, 'After being hidden'))
  console.log(
    `Ada is ${ben.members.find(({ name }) => name === 'Ada')?.online === true ? 'online' : 'offline'}.`,
  )
  await hide(ada.page, false)

  await timed('Stopped', async () => await sleepWell(browser, seconds * 1_000))
  await timed('Heard', async () => await heard(ada, 'After a sleep'))
} finally {
  await ben.close()
  await browser.close()
  await server.close()
  await relay.stop()
}
process.exit()

/** Ben says it until Ada has heard it: what is said before she is back is not repeated to her. */
async function heard(ada: Visitor, text: string): Promise<void> {
  let count = 0
  const repeating = setInterval(() => void ben.send(`${text} (${count++})`), 2_000)
  try {
    await ada.page.getByRole('log').getByText(text).first().waitFor({ timeout: 120_000 })
  } finally {
    clearInterval(repeating)
  }
}

async function timed(what: string, act: () => Promise<void>): Promise<void> {
  const start = performance.now()
  await act()
  console.log(`${what}: ${((performance.now() - start) / 1_000).toFixed(1)} s`)
}

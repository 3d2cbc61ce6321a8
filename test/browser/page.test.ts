/** The page as people use it: real browsers, a real relay, and a peer without a window. One story, told in order. */
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import type { CliProcess } from '../../scripts/cli-process.ts'
import { startPeer, startRelay } from '../../scripts/local-network.ts'
import { buildPage } from '../../scripts/page-build.ts'
import { servePage, type PageServer } from '../../scripts/page-server.ts'
import { launchChromium } from '../support/browser.ts'
import { Visitor } from './visitor.ts'

describe('the page', () => {
  let relay: CliProcess
  let relays: string[]
  let server: PageServer
  let browser: Browser
  let context: BrowserContext
  let ada: Visitor
  let ben: Visitor
  let link: string
  let headless: CliProcess | undefined

  beforeAll(async () => {
    await buildPage({ quiet: true })
    const started = await startRelay()
    relay = started.relay
    relays = started.multiaddrs
    server = await servePage({ relays, port: 0, search: false })
    browser = await launchChromium()
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  })

  afterAll(async () => {
    await headless?.stop()
    await browser?.close()
    await server?.close()
    await relay?.stop()
  })

  /** Shows what every tab looked like when a step failed. */
  const showFailure = (): void => {
    onTestFailed(async ({ task }) => {
      const step = task.name.replaceAll(/\W+/gu, '-')
      await ada?.screenshot(`failed-${step}-ada`)
      await ben?.screenshot(`failed-${step}-ben`)
    })
  }

  it('founds a room with one click', async () => {
    showFailure()
    ada = await Visitor.open(context, server.origin)
    await ada.screenshot('entrance')
    await ada.createRoom('Ada')
    await ada.isIn()
    link = await ada.inviteLink()
    expect(link).toMatch(new RegExp(`^${server.origin}/#[\\w-]+$`, 'u'))
  })

  it('lets a second tab of the same browser in by the link, as a member of its own', async () => {
    showFailure()
    ben = await Visitor.open(context, link)
    expect(ben.page.url()).toBe(`${server.origin}/`)
    await ben.joinRoom('Ben')
    await ben.isIn()
    await ada.seesMember('Ben')
    await ben.seesMember('Ada')
    expect(await ben.ownPeer()).not.toBe(await ada.ownPeer())
  })

  it('carries what is said both ways, as text', async () => {
    showFailure()
    const markup = 'Hello, Ben <img src=x onerror=alert(1)>'
    await ada.say(markup)
    await ben.hears(markup)
    await ben.say('Hello, Ada')
    await ada.hears('Hello, Ada')
    await ada.screenshot('chat')
  })

  it('connects two tabs directly', async () => {
    showFailure()
    await ada.seesMember('Ben', 'direct')
    await ben.seesMember('Ada', 'direct')
  })

  it('goes back in after a reload, as the same member', async () => {
    showFailure()
    const before = await ben.ownPeer()
    await ben.page.reload()
    await ben.isIn()
    expect(await ben.ownPeer()).toBe(before)
    await ada.say('Welcome back')
    await ben.hears('Welcome back')
  })

  it('meets a peer that runs on the command line', async () => {
    showFailure()
    headless = await startPeer({ relays, name: 'Node', invite: link })
    await ada.seesMember('Node')
    await ada.say('Who is there?')
    await headless.expect('message', { text: 'Who is there?', name: 'Ada', verified: true })
    await headless.command('send', { text: 'A peer without a window' })
    await ada.hears('A peer without a window')
    await ben.hears('A peer without a window')
  })

  it('tells an excluded member by whom and why, while the others go on under new keys', async () => {
    showFailure()
    const { version } = await ada.keys()
    await ada.exclude('Ben', 'The meeting is over')
    await ben.page.getByRole('heading', { name: 'You were excluded' }).waitFor()
    await ben.screenshot('excluded')
    const verdict = await ben.page.locator('.verdict').innerText()
    expect(verdict).toContain('Ada')
    expect(verdict).toContain('The meeting is over')
    await ada.seesNoMember('Ben')
    await ada.say('Among ourselves')
    await headless?.expect('message', { text: 'Among ourselves' })
    const after = await ada.keys()
    expect(after.version).not.toBe(version)
    expect(after.causes[0]).toBe('A member was excluded')
  })

  it('did nothing that its policy forbids, and asked nobody else for anything', () => {
    expect([...ada.offences, ...ben.offences]).toEqual([])
  })
})

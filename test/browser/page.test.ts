/** A whole conference, as people have it: real browsers, a real relay, and a peer without a window. One story, told in order. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import type { CliProcess } from '../../scripts/cli-process.ts'
import { startPeer, startRelay } from '../../scripts/local-network.ts'
import { startPage } from '../../scripts/local-page.ts'
import type { PageServer } from '../../scripts/page-server.ts'
import { launchChromium } from '../support/browser.ts'
import { sleepWell } from './sleep.ts'
import { Visitor } from './visitor.ts'

/** Long enough that a connection over which nothing comes is doubted. */
const NAP_MS = 4_000

describe('the page', () => {
  let folder: string
  let identity: string
  let relay: CliProcess
  let relays: string[]
  let server: PageServer
  let browser: Browser
  let context: BrowserContext
  /** Another computer: it sleeps while the others do not. */
  let laptop: Browser
  let ada: Visitor
  let ben: Visitor
  let cleo: Visitor
  let link: string
  let headless: CliProcess | undefined

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conclave-page-'))
    identity = join(folder, 'relay.identity')
    ;({ relay, relays, server } = await startPage({ identity }))
    ;[browser, laptop] = await Promise.all([launchChromium(), launchChromium()])
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })
  })

  afterAll(async () => {
    await headless?.stop()
    await Promise.all([browser?.close(), laptop?.close()])
    await server?.close()
    await relay?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** Shows what every tab looked like when a step failed. */
  const showFailure = (): void => {
    onTestFailed(async ({ task }) => {
      const step = task.name.replaceAll(/\W+/gu, '-')
      for (const [name, visitor] of Object.entries({ ada, ben, cleo }))
        await visitor?.screenshot(`failed-${step}-${name}`)
      console.error([ada, ben, cleo].flatMap((visitor) => visitor?.offences ?? []))
    })
  }

  it('founds a room with one click', async () => {
    showFailure()
    ada = await Visitor.open(context, server.origin)
    await ada.screenshot('entrance')
    await ada.createRoomThatAsks('Ada')
    await ada.isIn()
    link = await ada.inviteLink()
    expect(link).toMatch(new RegExp(`^${server.origin}/#[\\w-]+$`, 'u'))
  })

  it('lets in by the link who knocks, once somebody says yes, each tab as a member of its own', async () => {
    showFailure()
    ben = await Visitor.open(context, link)
    expect(ben.page.url()).toBe(`${server.origin}/`)
    await ben.joinRoom('Ben')
    await ben.page.getByText('Waiting outside').waitFor()
    await ada.page.getByText('asks to come in').waitFor()
    await ada.admits('Ben')
    await ben.isIn()
    const elsewhere = await laptop.newContext({ locale: 'en-GB' })
    cleo = await Visitor.open(elsewhere, link)
    await cleo.joinRoom('Cleo')
    await ben.admits('Cleo')
    await cleo.isIn()
    await ada.seesMember('Ben')
    await ada.seesMember('Cleo')
    await ben.seesMember('Ada')
    expect(await ben.ownPeer()).not.toBe(await ada.ownPeer())
  })

  it('carries what is said both ways, tells whom it reached, and who types', async () => {
    showFailure()
    await ada.say('Hello, all. See `README.md` at https://example.org/readme.')
    await ben.hears('Hello, all')
    await cleo.hears('Hello, all')
    await ada.reachedAll()
    await ben.page.getByRole('textbox', { name: 'Message' }).pressSequentially('Hel')
    await ada.page.getByText('Ben is typing…').waitFor()
    const bens = (await ben.front()).locator('.message').first()
    await bens.hover()
    await bens.getByRole('button', { name: 'Reply' }).click()
    await ben.say('Hello, Ada')
    await ada.hears('Hello, Ada')
    expect(await ada.page.locator('blockquote').innerText()).toContain('Ada: Hello, all')
    await ada.screenshot('chat')
  })

  it('shows each who could read a message, and the same numbers to compare', async () => {
    showFailure()
    const said = (await ada.front()).locator('.message').first()
    await said.hover()
    await said.getByRole('button', { name: 'Details' }).click()
    const readers = await ada.page.locator('dialog section .person-name').allTextContents()
    expect(readers.toSorted()).toEqual(['Ada', 'Ben', 'Cleo'])
    await ada.page.keyboard.press('Escape')
    expect(await ada.safetyNumber('Ben')).toBe(await ben.safetyNumber('Ada'))
  })

  it('connects tabs directly', async () => {
    showFailure()
    await ada.seesMember('Ben', 'direct')
    await ben.seesMember('Cleo', 'direct')
  })

  it('sends a file of 20 MB, which arrives whole', async () => {
    showFailure()
    const minutes = join(folder, 'minutes.bin')
    const content = randomBytes(20_000_000)
    await writeFile(minutes, content)
    await ada.page.locator('.composer input[type=file]').setInputFiles(minutes)
    await (await ben.front()).getByRole('button', { name: 'Receive' }).click()
    const downloading = ben.page.waitForEvent('download')
    await ben.page.getByRole('link', { name: 'Save' }).click()
    const saved = await (await downloading).path()
    expect((await readFile(saved)).equals(content)).toBe(true)
    await ada.screenshot('file')
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

  it('meets a peer that runs on the command line, also after the relay was started again', async () => {
    showFailure()
    await relay.stop()
    const [address = ''] = relays
    const again = await startRelay({ identity, listen: address.replace(/\/p2p\/.*/u, '') })
    relay = again.relay
    expect(again.multiaddrs).toEqual(relays)
    const starting = startPeer({ relays, name: 'Node', invite: link })
    await ada.admits('Node')
    headless = await starting
    await ada.seesMember('Node')
    await ada.say('Who is there?')
    await headless.expect('message', { text: 'Who is there?', name: 'Ada', verified: true })
    await headless.command('send', { text: 'A peer without a window' })
    await ada.hears('A peer without a window')
    await ben.hears('A peer without a window')
  })

  it('hears after a sleep what is said then', async () => {
    showFailure()
    await sleepWell(laptop, NAP_MS)
    await ada.say('Good morning')
    await cleo.hears('Good morning')
  })

  it('tells an excluded member by whom and why, while the others go on under new keys', async () => {
    showFailure()
    const { version } = await ada.keys()
    await ada.exclude('Ben', 'The meeting is over')
    await ben.page.getByRole('heading', { name: 'You were excluded' }).waitFor()
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

  it('lets the excluded back in on a member’s word, to hear what is said from then on', async () => {
    showFailure()
    await ben.page.goto(await cleo.inviteLink())
    await ben.page.reload()
    await ben.joinRoom('Ben')
    await cleo.admits('Ben')
    await ben.isIn()
    await cleo.say('Welcome again')
    await ben.hears('Welcome again')
    expect(await ben.heard()).not.toContain('Among ourselves')
  })

  it('leaves for good, which the others see', async () => {
    showFailure()
    await cleo.choose('Leave the room')
    await cleo.page.getByRole('button', { name: 'Leave the room' }).click()
    await cleo.page.getByRole('heading', { name: 'You left the room' }).waitFor()
    await ada.page.getByRole('log').getByText('left', { exact: false }).waitFor()
    await ada.seesNoMember('Cleo')
  })

  it('did nothing that its policy forbids, and asked nobody else for anything', () => {
    expect([...ada.offences, ...ben.offences, ...cleo.offences]).toEqual([])
  })
})

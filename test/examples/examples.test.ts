/**
 * The examples as they are, in one room, each hearing another and being heard: two programs in processes of their own, and pages
 * in one Chromium, built and served as somebody would. Ada is the command line.
 */
import type { Room } from '@conclave/node'
import type { Browser, JSHandle, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CliProcess } from '../../scripts/cli-process.ts'
import { serveExamples } from '../../scripts/example-pages.ts'
import { inviteFrom, startPeer, startRelay } from '../../scripts/local-network.ts'
import type { PageServer } from '../../scripts/page-server.ts'
import { barriersOn } from '../browser/accessibility.ts'
import { launchChromium } from '../support/browser.ts'
import { Program } from './program.ts'

let relay: CliProcess
let relays: string[]
let ada: CliProcess
let invite: string
let bot: Program
let node: Program
let browser: Browser
let server: PageServer

beforeAll(async () => {
  const started = await startRelay()
  relay = started.relay
  relays = started.multiaddrs
  const pages = serveExamples()
  ada = await startPeer({ relays, name: 'Ada' })
  invite = await inviteFrom(ada)
  bot = new Program('node-bot/bot.ts', invite)
  node = new Program('libp2p-node/node.ts', relays[0] ?? '', invite)
  browser = await launchChromium()
  server = await pages
})

afterAll(async () => {
  await Promise.all([bot?.stop(), node?.stop(), browser?.close(), server?.close()])
  await ada?.stop()
  await relay?.stop()
})

test('a bot in Node answers, and when it is told to end it leaves and does', async () => {
  await bot.says('In a room of')
  await ada.command('send', { text: '!count' })
  const { from, text } = await ada.expect('message', { name: 'Counting bot' })
  expect(text).toMatch(/^Ada, there are [23] of us\.$/)
  await endsByItself(bot, from)
  await ada.expect('member', { name: 'Counting bot', change: 'left' })
})

test('a libp2p node with rooms added to it hears and answers', async () => {
  await node.says('In the room')
  await ada.command('send', { text: '!node' })
  await node.says('Ada: !node')
  const { from, text } = await ada.expect('message', { name: 'libp2p node' })
  expect(text).toBe(`I am ${String(from)}`)
  await endsByItself(node, from)
  await ada.expect('member', { name: 'libp2p node', change: 'left' })
})

/** Nothing in it calls `process.exit`, and WebRTC was used. */
async function endsByItself(program: Program, peer: unknown): Promise<void> {
  await ada.expect('transport', { peer, via: 'webrtc' })
  expect(await program.stop()).toBe(0)
}

/** What pages did that they never should: errors, requests to anybody else, things that their policy forbids. */
const offences: string[] = []

async function open(path: string): Promise<Page> {
  // Nobody outside of a shadow tree can wait for what moves in it.
  const page = await browser.newPage({ reducedMotion: 'reduce' })
  page.setDefaultTimeout(30_000)
  page.on('pageerror', (error) => offences.push(`${path}: ${error.message}`))
  page.on('console', (message) => {
    // No page has an icon.
    const isIcon = message.location().url.endsWith('/favicon.ico')
    if (message.type() === 'error' && !isIcon) offences.push(`${path}: ${message.text()}`)
  })
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== server.origin) offences.push(`${path} asked ${request.url()}`)
  })
  await page.goto(`${server.origin}/${path}`)
  return page
}

async function hearsAndIsHeard(page: Page, name: string): Promise<void> {
  await page.getByText('joined').waitFor()
  await ada.command('send', { text: `Hello, ${name} <b>` })
  await page.getByRole('log').getByText(`Ada: Hello, ${name} <b>`).waitFor()
  await page.getByRole('textbox', { name: 'Message' }).fill(`Hello from ${name}`)
  await page.keyboard.press('Enter')
  await ada.expect('message', { name, text: `Hello from ${name}`, verified: true })
  expect(page.url()).not.toContain('#')
}

test('a plain page, and one in React that was invited by it, hear and are heard', async () => {
  const plain = await open(`plain-page/#${invite}`)
  await hearsAndIsHeard(plain, 'Plain page')
  const link = await plain.getByText('Invite somebody').getAttribute('href')
  const react = await open(`react/${link}`)
  await hearsAndIsHeard(react, 'React')
  await react.getByText('Ada, Plain page, React').waitFor()
  await react.getByRole('log').getByText('React: Hello from React').waitFor()
  await plain.getByRole('log').getByText('React: Hello from React').waitFor()

  await ada.command('act', { action: 'wave', data: { hand: 'left' } })
  await react.getByText('Ada waves with the left hand.').waitFor()
  await react.getByRole('button', { name: 'Wave' }).click()
  const { action, data } = await ada.expect('action', { name: 'React' })
  expect({ action, data }).toEqual({ action: 'wave', data: { hand: 'right' } })
  await react.getByText('You wave.').waitFor()
})

test('the chat as an element of a page that is strict hears and is heard, and leaves the page itself alone', async () => {
  const page = await open(`web-component/#${invite}`)
  await page.locator('conclave-chat').getByText('In the room', { exact: true }).waitFor()
  await ada.command('send', { text: 'Hello, element' })
  await page.getByRole('log').getByText('Hello, element').waitFor()
  await page.getByRole('textbox', { name: 'Message' }).fill('Hello from the element')
  await page.keyboard.press('Enter')
  await ada.expect('message', { name: 'Web component', text: 'Hello from the element' })
  expect(page.url()).toBe(`${server.origin}/web-component/`)
  expect(await page.title()).toBe('A page with a chat in it')
  expect(await barriersOn(page)).toEqual([])
  // Put somewhere else on the page later, it is the same member.
  await page.evaluate(() => {
    const chat = document.querySelector('conclave-chat')
    chat?.remove()
    if (chat) setTimeout(() => document.body.append(chat), 100)
  })
  await page.locator('conclave-chat').getByText('In the room', { exact: true }).waitFor()
  await ada.command('send', { text: 'Welcome back' })
  await page.getByRole('log').getByText('Welcome back').waitFor()
  const changes = ada.seen('member').filter(({ name }) => name === 'Web component')
  expect(changes.filter(({ change }) => change === 'admitted')).toHaveLength(1)
})

interface Placed {
  element: HTMLElement & { room?: Room }
  /** What its events carried so far, those of the kinds that are asked about. */
  joined: unknown[]
  actions: unknown[]
}

/** Puts an element on a page by attributes alone, and hears what it tells. */
async function place(page: Page, attributes: Record<string, string>): Promise<JSHandle<Placed>> {
  return await page.evaluateHandle((all) => {
    const element = document.createElement('conclave-chat')
    const [joined, actions]: unknown[][] = [[], []]
    element.addEventListener('joined', (event) => joined?.push((event as CustomEvent).detail))
    element.addEventListener('action', (event) => actions?.push((event as CustomEvent).detail))
    for (const [name, value] of Object.entries(all)) element.setAttribute(name, value)
    document.body.append(element)
    return { element, joined: joined ?? [], actions: actions ?? [] }
  }, attributes)
}

/** Waits for as many events. */
async function heard(
  page: Page,
  placed: JSHandle<Placed>,
  what: 'joined' | 'actions',
  count: number,
): Promise<unknown[]> {
  await page.waitForFunction(([all, kind, wanted]) => all[kind].length === wanted, [
    placed,
    what,
    count,
  ] as const)
  return await placed.evaluate((all, kind) => all[kind], what)
}

test('an element goes where its attributes say, also when they change', async () => {
  const page = await open('web-component/')
  const placed = await place(page, { id: 'other', name: 'Element' })
  await page.locator('#other').getByRole('textbox').first().waitFor()
  await placed.evaluate(({ element }, value) => element.setAttribute('invite', value), invite)
  await heard(page, placed, 'joined', 1)
  await ada.expect('member', { name: 'Element', change: 'admitted' })

  // A name that it cannot change any more takes it out of nothing: it hears at once.
  await placed.evaluate(({ element }) => element.setAttribute('name', 'Renamed'))
  await ada.command('act', { action: 'wave', data: { hand: 'left' } })
  const [action] = await heard(page, placed, 'actions', 1)
  expect(action).toMatchObject({ name: 'Ada', action: 'wave', data: { hand: 'left' } })

  const former = await placed.evaluateHandle(({ element }) => element.room)
  await placed.evaluate(({ element }, address) => {
    element.removeAttribute('invite')
    for (const [name, value] of [
      ['room', 'attic'],
      ['relay', address],
    ] as const)
      element.setAttribute(name, value)
  }, relays[0] ?? '')
  await page.waitForFunction((room) => room?.state.status === 'closed', former)
  await page.waitForFunction(([{ element }, room]) => element.room !== room, [placed, former] as const)
  expect(await placed.evaluate(({ element }) => element.room?.name)).toBe('attic')
  expect(await placed.evaluate(({ joined }) => joined.length)).toBe(1)
  await page.close()
})

/** What a page is made to tell, by {@link overhear}. */
declare const dialled: WebSocket[]
declare const moments: Record<Moment, () => void>

/** A chat has got its identity; or dials its relay. */
type Moment = 'identity' | 'dial'

/** Counts a page's connections to relays, and calls whoever waits for a moment in it. */
async function overhear(page: Page): Promise<void> {
  await page.evaluate(() => {
    const called = { identity: () => {}, dial: () => {} }
    const counted: WebSocket[] = []
    class Counted extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args)
        counted.push(this)
        called.dial()
      }
    }
    const request = navigator.locks.request.bind(navigator.locks)
    Object.assign(navigator.locks, {
      request: (name: string, options: LockOptions, hold: LockGrantedCallback<unknown>) =>
        request(name, options, (lock) => {
          if (lock !== null) called.identity()
          return hold(lock)
        }),
      unheard: request,
    })
    Object.assign(globalThis, { WebSocket: Counted, dialled: counted, moments: called })
  })
}

/** Puts an element on the page, takes it away at that moment, and tells how much it has open when it has given its identity back. */
async function openAfter(page: Page, moment: Moment, attributes: Record<string, string>): Promise<number> {
  return await page.evaluate(
    async ([when, all]) => {
      const element = document.createElement('conclave-chat')
      for (const [name, value] of Object.entries(all)) element.setAttribute(name, value)
      const { unheard } = navigator.locks as unknown as { unheard: LockManager['request'] }
      return await new Promise<number>((resolve) => {
        moments[when] = () => {
          moments[when] = () => {}
          element.remove()
          // The page has an element already, which holds the first.
          resolve(
            unheard(
              'conclave-identity-1',
              () => dialled.filter(({ readyState }) => readyState <= WebSocket.OPEN).length,
            ),
          )
        }
        document.body.append(element)
      })
    },
    [moment, attributes] as const,
  )
}

test('an element that is taken away while it goes in ends that, and then gives its identity back', async () => {
  const page = await open('web-component/')
  await page.locator('conclave-chat').getByRole('textbox').first().waitFor()
  await overhear(page)
  const attributes = { id: 'brief', invite, name: 'Brief' }
  expect(await openAfter(page, 'identity', attributes)).toBe(0)
  expect(await openAfter(page, 'dial', attributes)).toBe(0)
  // Nor does either open anything after: by the time that a third is in, they would have.
  const before = await page.evaluate(() => dialled.length)
  await heard(page, await place(page, attributes), 'joined', 1)
  expect(await page.evaluate(() => dialled.length)).toBe(before + 1)
  await page.close()
})

test('a page makes a room at a relay that it is told', async () => {
  const page = await open(`plain-page/?relay=${relays[0]}`)
  await page.getByText('joined').waitFor()
})

test('no page did what it should not', () => expect(offences).toEqual([]))

/** One tab of the page, used as a person would: by what its controls are called. */
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'

const screenshots = join(import.meta.dirname, 'screenshots')
/** Joining takes a reservation on the relay, a key agreement and, now and then, a WebRTC dial of a second. */
const PATIENCE_MS = 30_000

export class Visitor {
  readonly page: Page
  /** What the page did that it never should: errors, policy violations, requests to anybody else. */
  readonly offences: string[] = []

  private constructor(page: Page) {
    this.page = page
  }

  static async open(context: BrowserContext, url: string): Promise<Visitor> {
    const page = await context.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    const visitor = new Visitor(page)
    visitor.#watch()
    await page.goto(url)
    return visitor
  }

  /** The page, before the other tabs of its window: browsers paint those behind once a second, and so long a click waits. */
  async front(): Promise<Page> {
    await this.page.bringToFront()
    return this.page
  }

  async createRoom(name: string): Promise<void> {
    await this.#enter(name, 'Create a room')
  }

  async joinRoom(name: string): Promise<void> {
    await this.#enter(name, 'Join the room')
  }

  /** Creates a room in which a member has to say yes to everybody. */
  async createRoomThatAsks(name: string): Promise<void> {
    const page = await this.front()
    await page.getByText('Who may come in').click()
    await page.getByLabel('Who comes in').selectOption('ask')
    await this.createRoom(name)
  }

  async admits(name: string): Promise<void> {
    const page = await this.front()
    await page.getByRole('button', { name: `Let in ${name}` }).click()
  }

  async isIn(): Promise<void> {
    await this.page.locator('.pill', { hasText: 'In the room' }).waitFor()
  }

  async inviteLink(): Promise<string> {
    const page = await this.front()
    await page.getByRole('button', { name: 'Invite' }).click()
    const link = await page.getByLabel('Invite link').inputValue()
    await page.getByRole('button', { name: 'Done' }).click()
    return link
  }

  async say(text: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Message' }).fill(text)
    await this.page.keyboard.press('Enter')
  }

  /** Waits until the last thing that was said here has reached everybody. */
  async reachedAll(): Promise<void> {
    await this.page.locator('.message.own').last().getByText('reached everybody online').waitFor()
  }

  /** The number to compare with a member. */
  async safetyNumber(name: string): Promise<string | null> {
    await this.act(name, 'Compare safety number')
    const number = await this.page.locator('.number').getAttribute('data-number')
    await this.page.getByRole('button', { name: 'Done' }).click()
    return number
  }

  async hears(text: string): Promise<void> {
    await this.page.getByRole('log').getByText(text).waitFor()
  }

  /** The texts of the conversation, in order. */
  heard(): Promise<string[]> {
    return this.page.locator('.bubble').allTextContents()
  }

  async seesMember(name: string, badge = ''): Promise<void> {
    await this.#member(name).filter({ hasText: badge }).waitFor()
  }

  async seesNoMember(name: string): Promise<void> {
    await this.#member(name).waitFor({ state: 'detached' })
  }

  async exclude(name: string, reason: string): Promise<void> {
    await this.act(name, 'Exclude…')
    await this.page.getByLabel('Reason').fill(reason)
    await this.page.getByRole('button', { name: 'Exclude from the room' }).click()
    await this.page.getByRole('dialog').waitFor({ state: 'detached' })
  }

  /** Chooses from the menu of a member. */
  async act(name: string, action: string): Promise<void> {
    const page = await this.front()
    await page.getByRole('button', { name: `Actions for ${name}` }).click()
    await page.getByRole('menuitem', { name: action }).click()
  }

  /** Chooses from the menu of the room. */
  async choose(action: string): Promise<void> {
    const page = await this.front()
    await page.getByRole('button', { name: 'Room menu' }).click()
    await page.getByRole('menuitem', { name: action }).click()
  }

  /** The whole peer id of this tab's member. */
  async ownPeer(): Promise<string> {
    const own = this.page.locator('.member', { has: this.page.getByText('you', { exact: true }) })
    return (await own.getAttribute('data-peer')) ?? ''
  }

  /** What the keys panel says, line by line of its list of changes, after the current version. */
  async keys(): Promise<{ version: string; causes: string[] }> {
    const page = await this.front()
    await page.getByRole('button', { name: 'Keys', exact: true }).click()
    const version = await page.locator('.facts dt', { hasText: 'Version' }).locator('+ dd').innerText()
    const causes = await page.locator('.changes:not(.deeds) .change-cause').allTextContents()
    await page.getByRole('button', { name: /^Members/u }).click()
    return { version, causes }
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(screenshots, `${name}.png`) })
  }

  #member(name: string) {
    return this.page.locator('.member', { has: this.page.getByText(name, { exact: true }) })
  }

  async #enter(name: string, action: string): Promise<void> {
    const page = await this.front()
    await page.getByLabel('Your name').fill(name)
    await page.getByRole('button', { name: action }).click()
  }

  #watch(): void {
    this.page.on('pageerror', (error) => this.offences.push(`error: ${error.message}`))
    this.page.on('console', (message) => {
      if (/Content Security Policy|TrustedScript|TrustedHTML/u.test(message.text()))
        this.offences.push(message.text())
    })
    const check = (url: string): void => {
      const { hostname, protocol } = new URL(url)
      // What the page holds itself, such as a picture that was sent.
      if (protocol === 'blob:') return
      if (hostname !== 'localhost' && hostname !== '127.0.0.1') this.offences.push(`request to ${url}`)
    }
    this.page.on('request', (request) => check(request.url()))
    this.page.on('websocket', (socket) => check(socket.url()))
  }
}

/** The page by keyboard alone, with an imitated room: what can be clicked can be reached, and the focus is never lost. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../support/browser.ts'
import { openGallery, type Gallery } from './gallery.ts'
import { heading } from './staging.ts'

/** More than there is to reach. */
const TABS_MAX = 120

/** A page without a mouse. */
class Keyboard {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  /** Moves the focus to what is called that. */
  async to(name: string): Promise<void> {
    const passed: string[] = []
    for (let i = 0; i < TABS_MAX; i++) {
      const focused = await this.focused()
      if (focused === name) return
      passed.push(focused)
      await this.page.keyboard.press('Tab')
    }
    throw new Error(`“${name}” was not reached, but ${[...new Set(passed)].join(' | ')}`)
  }

  async press(name: string): Promise<void> {
    await this.to(name)
    await this.page.keyboard.press('Enter')
  }

  /** Chooses from a menu by arrows. */
  async choose(menu: string, item: string): Promise<void> {
    await this.press(menu)
    await this.page.getByRole('menu').waitFor()
    for (let i = 0; i < TABS_MAX && (await this.focused()) !== item; i++)
      await this.page.keyboard.press('ArrowDown')
    await this.page.keyboard.press('Enter')
  }

  /** Closes what is open; the focus is then on what opened it. */
  async escape(opener: string): Promise<void> {
    await this.page.keyboard.press('Escape')
    await expect.poll(() => this.focused()).toBe(opener)
  }

  /** What the focus is on, by its label, its words, or the label around it. */
  async focused(): Promise<string> {
    return await this.page.evaluate(() => {
      const { activeElement } = document
      const around = activeElement instanceof HTMLInputElement ? activeElement.labels?.[0] : undefined
      const label = activeElement?.getAttribute('aria-label') ?? around?.firstChild?.textContent
      return (label ?? activeElement?.textContent ?? '').trim()
    })
  }
}

describe('by keyboard alone', () => {
  let browser: Browser
  let gallery: Gallery
  let keyboard: Keyboard
  let page: Page

  beforeAll(async () => {
    ;[browser, gallery] = await Promise.all([launchChromium(), openGallery()])
    const stage = await gallery.stage(browser, { locale: 'en-GB', viewport: { width: 1280, height: 800 } })
    await stage.page.addInitScript(tellLate)
    await gallery.show(stage, {
      name: 'keyboard',
      show: async () => await heading(stage.page, 'You are invited'),
    })
    page = stage.page
    keyboard = new Keyboard(page)
  })

  afterAll(async () => {
    await browser?.close()
    await gallery?.close()
  })

  it('one goes in, and says something', async () => {
    expect(await keyboard.focused()).toBe('Your name')
    await page.keyboard.type('Zoë')
    await keyboard.press('Join the room')
    await expect.poll(() => keyboard.focused()).toBe('Message')
    await page.keyboard.type('Hello')
    await page.keyboard.press('Enter')
    await page.locator('.message.own', { hasText: 'Hello' }).waitFor()
    expect(await keyboard.focused()).toBe('Message')
  })

  it('the page does not go without asking while nobody has what was said', async () => {
    await page.keyboard.type('unheard')
    await page.keyboard.press('Enter')
    await page.getByText('nobody has it yet').waitFor()
    const asking = page.waitForEvent('dialog')
    await page.evaluate(() => void setTimeout(() => location.reload()))
    const question = await asking
    expect(question.type()).toBe('beforeunload')
    await question.dismiss()
    await page.getByText('nobody has it yet').waitFor()
  })

  it('one lets somebody in, takes a file, replies, and picks an emoji', async () => {
    await keyboard.press('Let in Frida')
    await page.locator('.member', { hasText: 'Frida' }).waitFor()
    await keyboard.press('Receive')
    await page.getByText('Received').waitFor()
    await keyboard.press('Reply')
    await expect.poll(() => keyboard.focused()).toBe('Message')
    await page.locator('.reply-bar').waitFor()
    await keyboard.escape('Message')
    await page.locator('.reply-bar').waitFor({ state: 'detached' })
    await keyboard.press('Emoji')
    await expect.poll(() => keyboard.focused()).toBe('😀')
    await keyboard.escape('Emoji')
    await keyboard.press('Emoji')
    await keyboard.press('😂')
    await expect.poll(() => keyboard.focused()).toBe('Message')
    expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('😂')
  })

  it('every menu and dialog closes by Escape, and gives the focus back', async () => {
    await keyboard.press('Room menu')
    await expect.poll(() => keyboard.focused()).toBe('Safety number of the room…')
    await keyboard.escape('Room menu')
    for (const item of await menuItems(page)) {
      await keyboard.choose('Room menu', item)
      await page.getByRole('dialog').waitFor()
      expect(await page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBe(true)
      await keyboard.escape('Room menu')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    await keyboard.press('Invite')
    await page.getByRole('dialog').waitFor()
    await keyboard.escape('Invite')
    await keyboard.press('Details')
    await page.getByRole('dialog').waitFor()
    await keyboard.escape('Details')
    await keyboard.choose('Actions for Ana Sousa', 'Compare safety number…')
    await page.getByRole('dialog').waitFor()
    await keyboard.escape('Actions for Ana Sousa')
  })

  it('one looks at the keys, excludes somebody, and leaves', async () => {
    await keyboard.press('Keys')
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor()
    await keyboard.press('Members (5)')
    await keyboard.choose('Actions for Ana Sousa', 'Exclude…')
    await expect.poll(() => keyboard.focused()).toBe('Reason')
    await page.keyboard.type('Sold the minutes')
    await page.keyboard.press('Enter')
    await page.locator('.member', { hasText: 'Ana Sousa' }).waitFor({ state: 'detached' })
    await keyboard.choose('Room menu', 'Leave the room…')
    await keyboard.press('Leave the room')
    await heading(page, 'You left the room')
    await keyboard.press('Back to the start')
    await expect.poll(() => keyboard.focused()).toBe('Your name')
  })
})

/** As on a busy computer: that a dialog was closed is told to the page only a while later. */
function tellLate(): void {
  window.addEventListener(
    'close',
    (event) => {
      if (!event.isTrusted) return
      event.stopImmediatePropagation()
      setTimeout(() => event.target?.dispatchEvent(new Event('close')), 200)
    },
    { capture: true },
  )
}

/** What the room's menu offers, without opening it for long. */
async function menuItems(page: Page): Promise<string[]> {
  await page.keyboard.press('Enter')
  const items = await page.getByRole('menuitem').allTextContents()
  await page.keyboard.press('Escape')
  return items
}

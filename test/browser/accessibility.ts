/** Looks for what keeps people out who use a keyboard, a screen reader or much contrast, with axe-core. */
import axe, { type Result, type RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'

/** What is serious or critical on the screen as it stands; empty when all is well. */
export async function barriersOn(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const results = await page.evaluate(
    async (given) => {
      // Colours on their way to others have the contrast of neither.
      await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))
      return (await (window as unknown as { axe: typeof axe }).axe.run(document, given)).violations
    },
    { resultTypes: ['violations'], preload: false } satisfies RunOptions,
  )
  return results.filter(isSerious).flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

function isSerious({ impact }: Result): boolean {
  return impact === 'serious' || impact === 'critical'
}

/** What sticks out to the side of the dialog, the card or the menu that it is in, or of the page. */
export async function overflowingOn(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const all = [...document.body.querySelectorAll('*')]
    // What is in something that scrolls by itself, or cuts off on purpose, may be wider.
    const clipping = all.filter(
      (element) =>
        !element.matches('dialog') &&
        getComputedStyle(element).overflowX !== 'visible' &&
        element.scrollWidth > element.clientWidth,
    )
    const outside = all.filter((element) => {
      const frame = (
        element.parentElement?.closest('dialog, .card, .menu-list') ?? document.documentElement
      ).getBoundingClientRect()
      const { left, right, width } = element.getBoundingClientRect()
      const isTooWide = element.matches('button') && element.scrollWidth > element.clientWidth + 1
      return width > 0 && (isTooWide || right > frame.right + 1 || left < frame.left - 1)
    })
    return outside
      .filter((element) => !clipping.some((frame) => frame !== element && frame.contains(element)))
      .map((element) => element.outerHTML.slice(0, 120))
  })
}

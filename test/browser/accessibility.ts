/** Looks for what keeps people out who use a keyboard, a screen reader or much contrast, with axe-core. */
import axe, { type Result, type RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'

/** What is serious or critical on the screen as it stands, light and dark; empty when all is well. */
export async function barriersOn(page: Page): Promise<string[]> {
  const found = await violationsOn(page)
  // The other scheme has other colours, and nothing else.
  await page.emulateMedia({ colorScheme: 'dark' })
  const inTheDark = await violationsOn(page, { runOnly: ['color-contrast'] })
  await page.emulateMedia({ colorScheme: 'light' })
  return [...found, ...inTheDark.map((one) => `dark: ${one}`)]
}

/** What is serious or critical on the screen as it stands, in the scheme it has. */
export async function violationsOn(page: Page, options: RunOptions = {}): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const results = await page.evaluate(
    async (given) => {
      // Colours on their way to others have the contrast of neither.
      await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))
      return (await (window as unknown as { axe: typeof axe }).axe.run(document, given)).violations
    },
    { resultTypes: ['violations'], preload: false, ...options } satisfies RunOptions,
  )
  return results.filter(isSerious).flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

function isSerious({ impact }: Result): boolean {
  return impact === 'serious' || impact === 'critical'
}

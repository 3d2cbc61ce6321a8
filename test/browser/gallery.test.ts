/** Every state of the page, with imitated rooms: open to everybody in light and dark and in both languages, and by keyboard alone. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from '../support/browser.ts'
import { barriersOn, overflowingOn } from './accessibility.ts'
import { openGallery, type Gallery, type Looks, type Scene, type Stage } from './gallery.ts'
import { SCENES } from './scenes.ts'

/** Both languages and both schemes, and each with a screen: a wide one, and the narrowest there is. */
const ROUNDS: readonly (Looks & { colorScheme: 'light' | 'dark' })[] = [
  { locale: 'en-GB', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { locale: 'de-AT', colorScheme: 'dark', viewport: { width: 320, height: 640 } },
]

/** A third of a second for each state on an idle computer. */
const TEST_MS = 240_000

describe('every state of the page', () => {
  let browser: Browser
  let gallery: Gallery

  beforeAll(async () => {
    ;[browser, gallery] = await Promise.all([launchChromium(), openGallery()])
  })

  afterAll(async () => {
    await browser?.close()
    await gallery?.close()
  })

  /** What is wrong with a scene as it looks on this stage. */
  async function faultsOf(stage: Stage, scene: Scene): Promise<string[]> {
    try {
      await gallery.show(stage, scene)
      const sticking = await overflowingOn(stage.page)
      return [...sticking.map((element) => `sticks out: ${element}`), ...(await barriersOn(stage.page))]
    } catch (error) {
      return [String(error)]
    }
  }

  it.concurrent.each(ROUNDS)(
    'is open to everybody: $locale, $colorScheme',
    async (looks) => {
      const stage = await gallery.stage(browser, looks)
      const faults: Record<string, string[]> = {}
      for (const scene of SCENES) {
        const found = await faultsOf(stage, scene)
        if (found.length > 0) faults[scene.name] = found
      }
      await stage.page.context().close()
      expect(faults).toEqual({})
    },
    TEST_MS,
  )
})

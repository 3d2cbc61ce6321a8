/**
 * Takes a picture of every state of the page: wide and narrow, light and dark. Arguments: the folder, and names of scenes,
 * or all; `LANGUAGE=de` for German.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openGallery, type Looks, type Scene, type Stage } from '../test/browser/gallery.ts'
import { SCENES } from '../test/browser/scenes.ts'
import { launchChromium } from '../test/support/browser.ts'

const LOOKS: Record<string, Omit<Looks, 'locale'>> = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
}
const SCHEMES = ['light', 'dark'] as const

const [folder = 'screenshots', ...wanted] = process.argv.slice(2)
const locale = process.env['LANGUAGE']?.startsWith('de') ? 'de-AT' : 'en-GB'
await mkdir(folder, { recursive: true })
const gallery = await openGallery()
const browser = await launchChromium()
try {
  for (const [size, looks] of Object.entries(LOOKS)) {
    for (const colorScheme of SCHEMES) {
      const stage = await gallery.stage(browser, { ...looks, locale, colorScheme })
      for (const scene of SCENES.filter(({ name }) => wanted.length === 0 || wanted.includes(name)))
        await take(stage, scene, `${scene.name}-${size}-${colorScheme}.png`)
    }
  }
} finally {
  await browser.close()
  await gallery.close()
}

async function take(stage: Stage, scene: Scene, file: string): Promise<void> {
  try {
    await gallery.show(stage, scene)
    await stage.page.screenshot({ path: join(folder, file) })
  } catch (error) {
    console.error(`${file}: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}

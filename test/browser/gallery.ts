/** The page with imitated rooms instead of a network, so that each of its states can be looked at within a moment. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import sirv from 'sirv'
import { build } from 'vite'
import { de } from '../../packages/demo-chat/src/words/de.ts'
import { en, type Words } from '../../packages/demo-chat/src/words/en.ts'
import { serveFiles } from '../../scripts/page-server.ts'

const demo = join(import.meta.dirname, '../../packages/demo-chat')
const PATIENCE_MS = 10_000

/** A state of the page, and how one comes there from a fresh one. */
export interface Scene {
  name: string
  /** What is special about the room; see the imitation. */
  fake?: string
  /** Absent: the visitor comes with an invite. */
  comesAlone?: boolean
  show(stage: Stage): Promise<unknown>
}

/** A page in some language, and the words on it. */
export interface Stage {
  page: Page
  t: Words
}

export interface Gallery {
  /** Opens an empty page, in the language and looks of its context. */
  stage(browser: Browser, looks: Looks): Promise<Stage>
  /** Shows a scene on it, whatever was there before. */
  show(stage: Stage, scene: Scene): Promise<void>
  close(): Promise<void>
}

export type Looks = BrowserContextOptions & { locale: 'en-GB' | 'de-AT' }

/** Builds the page for the gallery and serves it to this computer. */
export async function openGallery(): Promise<Gallery> {
  const folder = await mkdtemp(join(tmpdir(), 'conclave-gallery-'))
  await build({
    root: demo,
    configFile: join(demo, 'vite.config.ts'),
    logLevel: 'warn',
    resolve: { alias: { '@conclave/node': join(demo, 'src/dev/fake-rooms.ts') } },
    build: { outDir: folder, emptyOutDir: true },
  })
  const config = JSON.stringify({ relays: ['/dns4/relay.example/tcp/443/wss/p2p/12D3KooW'] })
  const server = await serveFiles(
    [
      (request, response, next) => {
        if (request.url?.startsWith('/config.json')) response.end(config)
        else next()
      },
      sirv(folder),
    ],
    { port: 0, search: false },
  )
  return {
    stage: async (browser, looks) => {
      const context = await browser.newContext({ ...looks, reducedMotion: 'reduce' })
      const page = await context.newPage()
      page.setDefaultTimeout(PATIENCE_MS)
      return { page, t: looks.locale === 'de-AT' ? de : en }
    },
    show: async (stage, { name, fake = '', comesAlone = false, show }) => {
      // The address of each differs before the hash, else the page would not be loaded anew.
      const address = `${server.origin}/?fake=${fake}&scene=${name}`
      if (stage.page.url().startsWith(server.origin)) {
        await stage.page.evaluate(() => {
          sessionStorage.clear()
          localStorage.clear()
        })
      }
      // Each scene waits for what it needs.
      await stage.page.goto(comesAlone ? address : `${address}#${'A'.repeat(200)}`, { waitUntil: 'commit' })
      await show(stage)
    },
    close: async () => {
      await server.close()
      await rm(folder, { recursive: true })
    },
  }
}

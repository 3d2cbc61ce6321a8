/** Finds, installs and starts the Chromium that the browser tests drive. */
import { spawn } from 'node:child_process'
import { access, constants, readFile } from 'node:fs/promises'
import { chromium, type Browser } from 'playwright-core'

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** The path of a Chromium; `CHROMIUM` in the environment comes first. `undefined` when there is none. */
export async function findChromium(): Promise<string | undefined> {
  const wanted = process.env['CHROMIUM']
  for (const path of wanted === undefined || wanted === '' ? places : [wanted]) {
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  return undefined
}

/** Like {@link findChromium}, but installs it where that needs nobody's leave, and else says what to install. */
export async function ensureChromium(): Promise<string> {
  const found = await findChromium()
  if (found !== undefined) return found
  if (process.env['CHROMIUM'])
    throw new Error(`CHROMIUM names no program that can be run: ${process.env['CHROMIUM']}`)
  if (process.getuid?.() === 0 && (await isDebian())) {
    await run('apt-get', ['update'])
    await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'])
  }
  const installed = await findChromium()
  if (installed !== undefined) return installed
  throw new Error(
    'The browser tests need Chromium: install it, or set CHROMIUM to the path of Chrome or Chromium.',
  )
}

/** Starts a headless browser that talks to nobody but the pages it is given. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: await ensureChromium(),
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

async function isDebian(): Promise<boolean> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return /^ID(_LIKE)?=.*debian/mu.test(release)
}

function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(' ')} ended with code ${code}`)),
    )
  })
}

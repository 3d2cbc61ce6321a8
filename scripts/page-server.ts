/** Serves the built page and its config.json to this computer only. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import sirv from 'sirv'
import { securityHeaders } from '../packages/demo-chat/content-security.ts'
import { pageFiles } from './page-build.ts'

/** How many ports above the wanted one are tried. */
const PORTS_TRIED = 50

export interface PageServer {
  /** Without a trailing slash. */
  origin: string
  close: () => Promise<void>
}

export interface PortChoice {
  port: number
  /** Whether another port will do when that one is taken. */
  search: boolean
}

export interface PageServerInit extends PortChoice {
  /** Multiaddrs of the relays for rooms that visitors create. */
  relays: string[]
}

/** Answers a request, or leaves it to the next. */
type Answer = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

/** Rejects with the system's error if no port can be had. */
export async function servePage({ relays, ...choice }: PageServerInit): Promise<PageServer> {
  const config = JSON.stringify({ relays })
  const answerConfig: Answer = (request, response, next) => {
    if (request.url?.split('?', 1)[0] !== '/config.json') {
      next()
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(config)
  }
  return await serveFiles([answerConfig, sirv(pageFiles, { etag: true, extensions: ['html'] })], choice)
}

/** Serves what the first that knows it answers, with the page's security headers. Rejects like {@link servePage}. */
export async function serveFiles(answers: Answer[], { port, search }: PortChoice): Promise<PageServer> {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
    // A rebuilt page, or another relay behind it, must show at the next reload.
    response.setHeader('cache-control', 'no-cache')
    const absent = (): void => {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such page.\n')
    }
    answers.reduceRight<() => void>((next, answer) => () => answer(request, response, next), absent)()
  })
  const taken = await listen(server, port, search ? PORTS_TRIED : 1)
  return { origin: `http://localhost:${taken}`, close: () => close(server) }
}

async function listen(server: Server, first: number, count: number): Promise<number> {
  for (let port = first; ; port++) {
    try {
      return await listenOn(server, port)
    } catch (error) {
      const busy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!busy || port + 1 === first + count) throw error
    }
  }
}

/** Listens on the loopback address: the page is for trying things out, not for the network around. */
function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    // Browsers keep connections open.
    server.closeAllConnections()
  })
}

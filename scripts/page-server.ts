/** Serves the built page and its config.json to this computer only. */
import { createServer, type Server } from 'node:http'
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

export interface PageServerInit {
  /** Multiaddrs of the relays for rooms that visitors create. */
  relays: string[]
  port: number
  /** Whether another port will do when that one is taken. */
  search: boolean
}

/** Rejects with the system's error if no port can be had. */
export async function servePage({ relays, port, search }: PageServerInit): Promise<PageServer> {
  const config = JSON.stringify({ relays })
  const files = sirv(pageFiles, { etag: true, extensions: ['html'] })
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
    // A rebuilt page, or another relay behind it, must show at the next reload.
    response.setHeader('cache-control', 'no-cache')
    if (request.url?.split('?', 1)[0] === '/config.json') {
      response.setHeader('content-type', 'application/json')
      response.end(config)
      return
    }
    files(request, response, () => {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such page.\n')
    })
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

/** `GET /health` as JSON, for load balancers and people. Nothing else is served. */
import { createServer } from 'node:http'
import { UsageError, codeOf, messageOf } from '../errors.ts'
import type { RelayHealth } from './relay.ts'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/** A server that tells how a relay is. */
export interface HealthServer {
  /** Where it answers, e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  close(): Promise<void>
}

/** Serves health at `HOST:PORT`, an IPv6 host in brackets. Throws `UsageError` for a bad or taken address. */
export async function serveHealth(address: string, health: () => RelayHealth): Promise<HealthServer> {
  const { host, port } = parseAddress(address)
  const server = createServer((request, response) => answer(request, response, health))
  // A health check is one line; slow senders must not collect.
  server.requestTimeout = 5_000
  server.headersTimeout = 5_000
  server.maxConnections = 64
  await listen(server, { host, port, address })
  const bound = server.address()
  const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function answer(request: IncomingMessage, response: ServerResponse, health: () => RelayHealth): void {
  const isHealth = (request.url ?? '').split('?')[0] === '/health'
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const status = isHealth ? (isRead ? 200 : 405) : 404
  const body = status === 200 ? { ok: true, ...health() } : { ok: false }
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // Pages ask for the relay's addresses here, from whatever origin they are served.
    'access-control-allow-origin': '*',
  })
  response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`)
}

async function listen(
  server: Server,
  { host, port, address }: { host: string; port: number; address: string },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const reason =
        codeOf(error) === 'EADDRINUSE'
          ? 'another program listens there; choose another port or stop that program'
          : messageOf(error)
      reject(new UsageError('listen-failed', `Cannot listen on ${address}: ${reason}.`, { cause: error }))
    })
    server.listen({ host, port }, resolve)
  })
}

function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || !(port <= 65_535)) {
    throw new UsageError(
      'http-address',
      `${address} is not HOST:PORT; write for example 127.0.0.1:8080 or [::1]:8080.`,
    )
  }
  return { host, port }
}

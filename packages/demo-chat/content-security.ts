/**
 * The page's security headers, in one place for the build (a `<meta>` for whoever hosts the files elsewhere) and the server.
 * `connect-src` allows every WebSocket because relays are named by the invite, so their hosts are unknown when the page is
 * served; `'self'` is for config.json. WebRTC itself is not governed by any directive that browsers implement.
 */
const directives = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  "base-uri 'none'",
  "form-action 'none'",
]

/** For a `<meta>` element, where browsers ignore `frame-ancestors`. */
export const metaPolicy = directives.join('; ')

/** What the server sends with every response. Only a header can forbid framing. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [...directives, "frame-ancestors 'none'"].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
}

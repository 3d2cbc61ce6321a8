import { defineConfig, type Plugin } from 'vite'
import { metaPolicy } from './content-security.ts'

/** The built page carries its policy with it; in development it would forbid Vite's own inline styles. */
function contentSecurityMeta(): Plugin {
  return {
    name: 'content-security-meta',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: metaPolicy },
        injectTo: 'head-prepend',
      },
    ],
  }
}

export default defineConfig({
  root: import.meta.dirname,
  // Relative addresses, so that the built files work from any folder of any host.
  base: './',
  plugins: [contentSecurityMeta()],
  build: {
    target: 'es2024',
    // An inlined asset is a data: address, which the policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The networking code is loaded after the first paint, so its size is known and accepted.
    chunkSizeWarningLimit: 1_000,
  },
})

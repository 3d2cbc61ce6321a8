import { join } from 'node:path'
import { defineConfig } from 'vite'

const page = (name: string): string => join(import.meta.dirname, name, 'index.html')

export default defineConfig({
  root: import.meta.dirname,
  // Relative addresses, so that the built files work from any folder of any host.
  base: './',
  build: {
    target: 'es2024',
    rolldownOptions: { input: ['plain-page', 'react'].map(page) },
    modulePreload: { polyfill: false },
    // The networking code.
    chunkSizeWarningLimit: 1_000,
  },
})

import { defineConfig } from 'vite'

/** The element for other pages, as one file beside the page's own. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    target: 'es2024',
    emptyOutDir: false,
    rolldownOptions: {
      input: 'src/element.tsx',
      output: { entryFileNames: 'conclave-chat.js', codeSplitting: false },
    },
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_500,
  },
})

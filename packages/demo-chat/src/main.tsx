/** Starts the page. The invite is taken out of the address before anything else; then it paints. */
import { render } from 'preact'
import { App } from './app.tsx'
import { loadNetworking } from './session.ts'
import { Visit } from './visit.ts'

const visit = new Visit()
const root = document.querySelector('#app')
if (root !== null) render(<App visit={visit} />, root)

// After the first paint, while the visitor reads or types a name; a failure shows when the code is needed.
requestAnimationFrame(() => setTimeout(() => void loadNetworking().catch(() => {})))

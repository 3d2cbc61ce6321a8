/** A page without a framework. It joins by an invite in `#…`; without one it makes a room at the relay of `?relay=…`. */
import { createRoom, joinRoom } from '@conclave/node'

const invite = location.hash.slice(1)
// The secret is not to stay in the address bar.
history.replaceState(null, '', location.pathname + location.search)
const relay = new URLSearchParams(location.search).get('relay') ?? ''
const name = 'Plain page'
const room = invite === '' ? await createRoom({ name, relays: [relay] }) : await joinRoom({ name }, invite)

const element = (id: string): HTMLElement => document.querySelector(`#${id}`) ?? document.body

showStatus()
room.addEventListener('status', showStatus)
room.addEventListener('error', ({ detail }) => say('!', detail.message))
room.addEventListener('message', ({ detail }) => say(detail.name, detail.text))

element('form').addEventListener('submit', (event) => {
  event.preventDefault()
  const field = document.querySelector<HTMLInputElement>('#text')
  if (field === null) return
  const text = field.value
  field.value = ''
  room.send(text).then(
    () => say('You', text),
    (error: Error) => say('!', error.message),
  )
})

// Connections end in order. We stay a member; `leave()` would end that.
addEventListener('pagehide', () => void room.close())

function showStatus(): void {
  const { status } = room.state
  element('status').textContent = status
  if (status !== 'joined') return
  element('invite').hidden = false
  element('invite').setAttribute('href', `#${room.invite({ ttl: 3_600 })}`)
}

/** What others wrote is text, never markup. */
function say(who: string, what: string): void {
  const line = document.createElement('li')
  line.textContent = `${who}: ${what}`
  element('messages').append(line)
}

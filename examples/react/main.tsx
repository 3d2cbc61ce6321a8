/** A room in React. It joins by an invite in `#…`; without one it makes a room at the relay of `?relay=…`. */
import { useMembers, useMessages, useRoom } from '@conclave/node/react'
import type { Room } from '@conclave/node'
import { type FormEvent, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'

const name = 'React'
const invite = location.hash.slice(1)
// The secret is not to stay in the address bar.
history.replaceState(null, '', location.pathname + location.search)
const relay = new URLSearchParams(location.search).get('relay') ?? ''

/** The networking code comes after the first paint. */
async function enter(): Promise<Room> {
  const { createRoom, joinRoom } = await import('@conclave/node')
  return invite === '' ? await createRoom({ name, relays: [relay] }) : await joinRoom({ name }, invite)
}

function Chat() {
  const { room, status, error } = useRoom(enter)
  const members = useMembers(room)
  const { messages, send } = useMessages(room)
  if (error) return <p role="alert">{error.message}</p>
  return (
    <main>
      <h1>A room in React</h1>
      <p>
        You are <output>{status}</output>
        {status === 'joined' && <>, {members.length} in all: </>}
        {members.map((member) => member.name).join(', ')}
      </p>
      <ol role="log">
        {messages.map(({ id, name: who, text }) => (
          <li key={id}>
            {who}: {text}
          </li>
        ))}
      </ol>
      <Composer onSend={send} />
    </main>
  )
}

function Composer({ onSend }: { onSend: (text: string) => Promise<unknown> }) {
  const [text, setText] = useState('')
  const [trouble, setTrouble] = useState('')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setText('')
    onSend(text).catch((error: Error) => setTrouble(error.message))
  }
  return (
    <form onSubmit={submit}>
      <label>
        Message <input value={text} onChange={(event) => setText(event.target.value)} required />
      </label>
      <button>Send</button>
      <p role="alert">{trouble}</p>
    </form>
  )
}

const place = document.querySelector('#app')
if (place !== null)
  createRoot(place).render(
    <StrictMode>
      <Chat />
    </StrictMode>,
  )

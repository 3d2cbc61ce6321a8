/** A room in React. It joins by an invite in `#…`; without one it makes a room at the relay of `?relay=…`. */
import { useAction, useMembers, useMessages, useRoom } from '@conclave/node/react'
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
      <Waving room={room} />
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

/** What this application says besides chat. Others may send anything, so what is no wave is dropped. */
interface Wave {
  hand: 'left' | 'right'
}

function isWave(data: unknown): data is Wave {
  return (
    typeof data === 'object' && data !== null && 'hand' in data && /^(left|right)$/.test(String(data.hand))
  )
}

function Waving({ room }: { room: Room | undefined }) {
  const [news, setNews] = useState('')
  const wave = useAction<Wave>(
    room,
    'wave',
    ({ name: who, data }) => setNews(`${who} waves with the ${data.hand} hand.`),
    { check: isWave },
  )
  const onClick = (): void => {
    wave({ hand: 'right' }).then(
      () => setNews('You wave.'),
      (error: Error) => setNews(error.message),
    )
  }
  return (
    <p>
      <button onClick={onClick}>Wave</button> <output>{news}</output>
    </p>
  )
}

const place = document.querySelector('#app')
if (place !== null)
  createRoot(place).render(
    <StrictMode>
      <Chat />
    </StrictMode>,
  )

/** A bot in Node: counts who is there when asked. `node bot.ts 'https://chat.example/#AQD…'`, with an invite in quotes. */
import { cleanUpWebRtc, joinRoom } from '@conclave/node'

const [invite = ''] = process.argv.slice(2)
const room = await joinRoom({ name: 'Counting bot' }, invite)

room.addEventListener('joined', ({ detail }) => console.log(`In a room of ${detail.members}.`))
room.addEventListener('error', ({ detail }) => console.error(detail.message))
room.addEventListener('excluded', ({ detail }) => console.error(`Excluded: ${detail.reason}`))
room.addEventListener('message', ({ detail }) => {
  if (detail.text === '!count') answer(`${detail.name}, there are ${room.members.length} of us.`)
})

function answer(text: string): void {
  room.send(text).catch((error: unknown) => console.error(error))
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end())

/**
 * `leave` gives up the membership; `close` would keep it for a next time, with an `identity` and a `store`. Then nothing but
 * WebRTC's threads keeps the process.
 */
async function end(): Promise<void> {
  await room.leave()
  await cleanUpWebRtc()
}

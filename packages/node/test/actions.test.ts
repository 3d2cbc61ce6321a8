import { afterEach, expect, test } from 'vitest'
import { createRoom, joinRoom, type Room } from '../src/index.ts'
import { cleanUpWebRtc } from '../src/webrtc-cleanup.ts'
import { Cleanup, until } from './support.ts'

const cleanup = new Cleanup()
const rtcConfiguration = { iceServers: [] }

afterEach(async () => {
  await cleanup.run()
  await cleanUpWebRtc()
})

/** Two who hear each other. */
async function two(): Promise<[Room, Room]> {
  const relay = await cleanup.relay()
  const ada = await createRoom({ relays: relay.multiaddrs(), name: 'Ada', rtcConfiguration })
  cleanup.add(async () => await ada.close())
  await until('Ada is in', () => ada.state.version !== undefined)
  const ben = await joinRoom({ name: 'Ben', rtcConfiguration }, ada.invite())
  cleanup.add(async () => await ben.close())
  for (const room of [ada, ben]) {
    await until('the other one', () => room.health.members.some(({ via }) => via === 'webrtc'))
  }
  return [ada, ben]
}

function heard(room: Room, name: string, options = {}): unknown[] {
  const all: unknown[] = []
  room
    .makeAction<unknown>(name, options)
    .addEventListener('receive', ({ detail }) => all.push([detail.name, detail.data]))
  return all
}

test('typed actions, typing, safety numbers and health between two rooms', async () => {
  const [ada, ben] = await two()

  const cursors = heard(ben, 'cursor')
  const checked = heard(ben, 'checked', { check: (data: unknown) => typeof data === 'number' })
  const files = heard(ben, 'bytes')
  const cursor = ada.makeAction<{ x: number }>('cursor')
  expect(ada.makeAction('cursor')).toBe(cursor)
  expect(await cursor.send({ x: 1 }, { to: ben.self })).toEqual({ reached: 1 })
  await ada.makeAction<unknown>('checked').send('no number')
  await ada.makeAction<unknown>('checked').send(7)
  await ada.makeAction<Uint8Array>('bytes').send(Uint8Array.of(1, 2))
  await until('all', () => cursors.length === 1 && checked.length === 1 && files.length === 1)
  expect([cursors, checked, files]).toEqual([
    [['Ada', { x: 1 }]],
    [['Ada', 7]],
    [['Ada', Uint8Array.of(1, 2)]],
  ])
  await expect(ada.makeAction<unknown>('cursor').send(() => 1)).rejects.toThrow('no JSON')
  expect(() => ada.makeAction(':file')).toThrow('begins with a letter')

  const typing: unknown[] = []
  ben.addEventListener('typing', ({ detail }) => typing.push([detail.name, detail.typing]))
  ada.setTyping(true)
  await until('typing', () => typing.length === 1)
  await ada.send('Hello')
  await until('the message ended it', () => typing.length === 2)
  ada.setTyping(true)
  await until('typing again', () => typing.length === 3)
  await until('it is over by itself', () => typing.length === 4)
  expect(typing).toEqual([
    ['Ada', true],
    ['Ada', false],
    ['Ada', true],
    ['Ada', false],
  ])

  expect(ada.safetyNumber(ben.self)).toBe(ben.safetyNumber(ada.self))
  expect(ada.safetyNumber()).toBe(ben.safetyNumber())
  expect(ada.safetyCode(ben.self)).toBe(ben.safetyCode(ben.self))
  expect(() => ada.safetyNumber(ada.self)).toThrow('another member')

  const [path] = ada.health.members
  expect(path).toMatchObject({ peer: ben.self, name: 'Ben', via: 'webrtc' })
  expect(ada.health.relays).toMatchObject([{ status: 'reserved' }])
  await ben.close()
  await until('Ben is not reached directly', () => ada.health.members[0]?.via !== 'webrtc')
  expect(ada.health.members[0]?.since).toBeGreaterThan(path?.since ?? 0)
})

test('what is ephemeral is not kept for a key, all else is', async () => {
  const relay = await cleanup.relay()
  const ada = await createRoom({ relays: relay.multiaddrs(), rtcConfiguration })
  cleanup.add(async () => await ada.close())
  await until('Ada is in', () => ada.state.version !== undefined)
  const kept = heard(ada, 'kept')
  const cursors = heard(ada, 'cursor')
  const ben = await joinRoom({ name: 'Ben', rtcConfiguration }, ada.invite())
  cleanup.add(async () => await ben.close())
  expect(await ben.makeAction('cursor', { ephemeral: true }).send(1)).toEqual({ reached: 0 })
  await ben.makeAction('kept').send(1)
  await until('what was kept', () => kept.length === 1)
  expect(cursors).toEqual([])
  await until('it is sent now', () => {
    void ben.makeAction('cursor').send(2)
    return cursors.length > 0
  })
  expect(cursors[0]).toEqual(['Ben', 2])
})

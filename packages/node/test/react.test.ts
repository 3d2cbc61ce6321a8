// @vitest-environment happy-dom
/** The hooks in React itself, over an imitated room: what strict mode and a changing application do to them. */
import { act, createElement, StrictMode, useEffect } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useAction, useMembers, useMessages, useRoom } from '../src/react/index.ts'
import { Action, type ActionReceipt } from '../src/action.ts'
import type { MemberInfo, RoomEventDetails, RoomEventName } from '../src/room-api.ts'
import type { Room } from '../src/room.ts'

class FakeRoom extends EventTarget {
  readonly self = 'me'
  state = { status: 'joining' }
  members: MemberInfo[] = [{ peer: 'me', name: 'Ada', online: true }]
  closed = 0
  listeners = 0

  async send(): Promise<{ reached: number }> {
    return { reached: 1 }
  }

  async close(): Promise<void> {
    this.closed++
  }

  readonly said: unknown[] = []
  readonly action = new Action<number>('cursor', async (data) => {
    this.said.push(data)
    return { reached: 1 }
  })

  makeAction(): Action<number> {
    return this.action
  }

  tell<K extends RoomEventName>(name: K, detail: RoomEventDetails[K]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }

  hear(text: string): void {
    this.tell('message', { from: 'ben', name: 'Ben', text, version: '', revision: 0, verified: true })
  }

  override addEventListener(name: string, listener: EventListener): void {
    this.listeners++
    super.addEventListener(name, listener)
  }

  override removeEventListener(name: string, listener: EventListener): void {
    this.listeners--
    super.removeEventListener(name, listener)
  }

  get asRoom(): Room {
    return this as unknown as Room
  }
}

let root: Root
let place: HTMLElement

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  place = document.createElement('div')
  root = createRoot(place)
})

afterEach(async () => await act(async () => root.unmount()))

/** Renders it, and waits until everything that can happen at once has. */
async function show(component: () => string, isStrict = true): Promise<void> {
  await act(async () => {
    const element = createElement(component)
    root.render(isStrict ? createElement(StrictMode, null, element) : element)
  })
  await settle()
}

async function settle(): Promise<void> {
  await act(async () => await new Promise((resolve) => setTimeout(resolve)))
}

test('a room is entered once, also in strict mode, and closed once when the component goes', async () => {
  const room = new FakeRoom()
  let entered = 0
  const mounts: string[] = []
  const enter = async (): Promise<Room> => {
    entered++
    return room.asRoom
  }
  await show(() => {
    useEffect(() => void mounts.push('mounted'), [])
    return useRoom(enter).status
  })
  expect(mounts).toHaveLength(2)
  expect({ entered, closed: room.closed, text: place.textContent }).toEqual({
    entered: 1,
    closed: 0,
    text: 'joining',
  })
  room.state = { status: 'joined' }
  await act(async () => room.tell('status', { status: 'joined' }))
  expect(place.textContent).toBe('joined')
  await show(() => 'gone')
  expect(room.closed).toBe(1)
})

test('another room is entered when the one before is closed', async () => {
  const course: string[] = []
  const enter = (invite: string) => async (): Promise<Room> => {
    course.push(`enter ${invite}`)
    const room = new FakeRoom()
    room.close = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      course.push(`closed ${invite}`)
    }
    return room.asRoom
  }
  let invite = 'a'
  const component = (): string => useRoom(enter(invite), [invite]).status
  await show(component)
  invite = 'b'
  await show(component)
  const whole = ['enter a', 'closed a', 'enter b']
  await act(async () => await expect.poll(() => course).toEqual(whole))
})

test('a component that goes while the room is being entered leaves none open', async () => {
  const room = new FakeRoom()
  const entering = Promise.withResolvers<Room>()
  await show(() => useRoom(async () => await entering.promise).status)
  await show(() => 'gone')
  entering.resolve(room.asRoom)
  await settle()
  expect(room.closed).toBe(1)
})

test('why a room could not be entered is a value', async () => {
  await show(() => {
    const { error, status } = useRoom(async () => await Promise.reject(new Error('This invite has expired.')))
    return `${status}: ${error?.message}`
  })
  expect(place.textContent).toBe('closed: This invite has expired.')
})

test('members are those of now, and the same array while they are the same', async () => {
  const room = new FakeRoom()
  const seen = new Set<readonly MemberInfo[]>()
  await show(() => {
    const members = useMembers(room.asRoom)
    seen.add(members)
    return members.map(({ name }) => name).join()
  })
  expect(place.textContent).toBe('Ada')
  room.members = [{ peer: 'me', name: 'Ada', online: true }]
  await act(async () => room.tell('transport', { peer: 'me', via: 'webrtc' }))
  expect(seen.size).toBe(1)
  room.members.push({ peer: 'ben', name: 'Ben', online: true })
  await act(async () => room.tell('member', { peer: 'ben', name: 'Ben', change: 'admitted' }))
  expect(place.textContent).toBe('Ada,Ben')
  await show(() => 'gone')
  expect(room.listeners).toBe(0)
})

test('no message is lost while no component looks, and ours stand among them once they were sent', async () => {
  const room = new FakeRoom()
  let isShown = false
  const part = (): string => {
    const { messages } = useMessages(room.asRoom)
    return messages.map(({ name, text, isOwn }) => `${name}${isOwn ? '*' : ''}: ${text}`).join(' | ')
  }
  let say: ((text: string) => Promise<unknown>) | undefined
  await show(() => {
    const { room: mine } = useRoom(async () => room.asRoom)
    say = useMessages(mine).send
    return isShown ? (createElement(part) as unknown as string) : ''
  })
  await act(async () => room.hear('one'))
  await act(async () => void (await say?.('two')))
  isShown = true
  await act(async () => room.hear('three'))
  expect(place.textContent).toBe('Ben: one | Ada*: two | Ben: three')
})

test('an action is heard once, by the latest handler, and sent by a function that stays the same', async () => {
  const room = new FakeRoom()
  const heard: string[] = []
  const sends = new Set<unknown>()
  let render = 0
  let send: ((data: number) => Promise<unknown>) | undefined
  const component = (): string => {
    const turn = ++render
    send = useAction<number>(room.asRoom, 'cursor', ({ data }) => heard.push(`${turn}: ${data}`))
    sends.add(send)
    return ''
  }
  const receive = (data: number): void => {
    const detail: ActionReceipt<number> = { data, from: 'ben', name: 'Ben' }
    room.action.dispatchEvent(new CustomEvent('receive', { detail }))
  }
  await show(component, false)
  receive(7)
  await show(component, false)
  receive(8)
  await send?.(9)
  expect({ heard, said: room.said, sends: sends.size }).toEqual({
    heard: ['1: 7', '2: 8'],
    said: [9],
    sends: 1,
  })
  await show(() => 'gone')
  receive(10)
  expect(heard).toHaveLength(2)
})

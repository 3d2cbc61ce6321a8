import { expect, test } from 'vitest'
import { UNSENT_MAX } from '../src/limits.ts'
import { Outbox } from '../src/outbox.ts'
import type { Output } from '@conclave/protocol'

function broadcast(about: 'bulk' | 'chat' | 'operations', size = 1): Output {
  return { kind: 'broadcast', channel: 'room', about, bytes: new Uint8Array(size) }
}

const store: Output = { kind: 'store', operations: [] }

/** A queue whose line is congested or not, and what was carried out by now. */
function outbox(): { queue: Outbox; done: string[]; line: { isCongested: boolean }; troubles: string[] } {
  const line = { isCongested: false }
  const done: string[] = []
  const troubles: string[] = []
  const queue = new Outbox({
    carryOut: async (output) => {
      done.push(output.kind === 'broadcast' ? output.about : output.kind)
      if (output.kind === 'forget') throw new Error('the disk is full')
    },
    isCongested: () => line.isCongested,
    onTrouble: (message) => troubles.push(message),
  })
  return { queue, done, line, troubles }
}

test('on a free line all goes out, and what was to be stored before it is stored before it', async () => {
  const { queue, done } = outbox()
  for (const output of [store, broadcast('chat'), store, broadcast('operations')]) queue.push(output)
  expect(done).toEqual([])
  await queue.emptied()
  expect(done).toEqual(['store', 'store', 'operations', 'chat'])
})

test('on a congested line chat waits, control overtakes it, and no more than so much is said', async () => {
  const { queue, done, line } = outbox()
  line.isCongested = true
  while (!queue.isFull('chat')) queue.push(broadcast('chat', 16 * 1024))
  queue.push(store)
  queue.push(broadcast('operations'))
  await queue.settled()
  expect(done).toEqual(['store', 'operations'])
  line.isCongested = false
  await queue.emptied()
  expect(queue.isFull('chat')).toBe(false)
  expect(done).toHaveLength(2 + UNSENT_MAX.bytes / (16 * 1024))
})

test('pieces of files that wait keep nobody from saying something', () => {
  const { queue, line } = outbox()
  line.isCongested = true
  while (!queue.isFull('bulk')) queue.push(broadcast('bulk', 64 * 1024))
  expect(queue.isFull('chat')).toBe(false)
})

test('a line that stays congested stops nobody for good', async () => {
  const { queue, done, line } = outbox()
  line.isCongested = true
  queue.push(broadcast('chat'))
  await queue.emptied()
  expect(done).toEqual(['chat'])
})

test('what fails is told, and what follows is done; what finds no room to be sent is lost, never what is to be stored', async () => {
  const { queue, done, troubles } = outbox()
  queue.push({ kind: 'forget' })
  for (let i = 0; i < UNSENT_MAX.outputs + 10; i++) queue.push(broadcast('operations'))
  queue.push(store)
  await queue.settled()
  expect(troubles).toEqual(['the disk is full'])
  expect(done).toHaveLength(UNSENT_MAX.outputs + 1)
  expect(done.at(-1)).toBe('store')
  queue.push(broadcast('operations'))
  await queue.emptied()
  expect(done.at(-1)).toBe('operations')
})

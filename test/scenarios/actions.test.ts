/** What applications say by names of their own (SPEC A1, A2). */
import { expect, test } from 'vitest'
import { UsageError } from '@conclave/protocol'
import type { SimPeer } from '../simulation/world.ts'
import { Room } from './room.ts'

function heardBy(peer: SimPeer): string[] {
  return peer.seen.flatMap((seen) =>
    seen.event === 'action'
      ? [`${seen.from === peer.id ? '!' : ''}${seen.action.name} ${seen.action.data.join()}`]
      : [],
  )
}

test('an action reaches those it is for, and nobody outside reads it', () => {
  const room = new Room(4)
  const [ada, ben, cem, gone] = room.peers as [SimPeer, SimPeer, SimPeer, SimPeer]
  ada.act('cursor', [1, 2])
  ada.act('whisper', [3], [ben])
  ada.act('both', [4], [cem, ben, cem])
  room.world.run(1_000)
  // In any order: the network keeps none.
  expect(heardBy(ben).sort()).toEqual(['both 4', 'cursor 1,2', 'whisper 3'])
  expect(heardBy(cem).sort()).toEqual(['both 4', 'cursor 1,2'])
  expect(heardBy(gone)).toEqual(['cursor 1,2'])
  ada.exclude([gone])
  const start = room.world.now
  ada.act('cursor', [5])
  room.agree([ada, ben, cem])
  expect(heardBy(ben)).toContain('cursor 5')
  expect(heardBy(gone)).not.toContain('cursor 5')
  expect(room.readBy([gone], ada, start)).toBe(0)
  room.expectSecrecy()
})

test('while no version covers, actions wait with what else is said', () => {
  const room = new Room(3)
  const [ada, ben] = room.peers as [SimPeer, SimPeer]
  const newcomer = room.world.peer('newcomer')
  newcomer.start({ kind: 'join' })
  expect(newcomer.member.isReady).toBe(false)
  newcomer.act('first', [1])
  newcomer.say('second')
  newcomer.act('third', [3])
  expect(newcomer.state.waiting).toBe(3)
  room.world.run(20_000)
  expect(newcomer.state.waiting).toBe(0)
  for (const peer of [ada, ben]) {
    expect(heardBy(peer).sort()).toEqual(['first 1', 'third 3'])
    expect(peer.texts).toEqual(['second'])
  }
  room.expectSecrecy()
})

test('an action without a name, too long, or for somebody outside is the caller’s mistake', () => {
  const room = new Room(2)
  const [ada, ben] = room.peers as [SimPeer, SimPeer]
  const stranger = room.world.peer('stranger')
  expect(() => ada.act('', [])).toThrow(UsageError)
  expect(() => ada.act('n'.repeat(33), [])).toThrow(UsageError)
  expect(() => ada.act('data', new Uint8Array(40 * 1024 + 1))).toThrow(UsageError)
  expect(() => ada.act('data', [], [stranger])).toThrow('Name members of this room')
  room.world.run(1_000)
  expect(heardBy(ben)).toEqual([])
})

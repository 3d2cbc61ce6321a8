import { TypedEventEmitter } from 'main-event'
import { expect, test } from 'vitest'
import { keepGossipStreams } from '../src/gossip-streams.ts'
import type { Connection, Libp2pEvents } from '@libp2p/interface'

function connection(id: string, limits?: Connection['limits']): Connection {
  // Only what is read: the rest of a connection is libp2p's business.
  return { id, status: 'open', remotePeer: {}, limits } as Connection
}

test.each([
  ['the other connection is looked at anew', connection('a'), connection('b'), ['b']],
  ['a circuit is not looked at', connection('a'), connection('b', { bytes: 1n }), []],
  ['nor is anything when a circuit closes', connection('a', { bytes: 1n }), connection('b'), []],
])('when one of two connections closes, %s', (_name, closed, left, expected) => {
  const events = new TypedEventEmitter<Libp2pEvents>()
  const identified: string[] = []
  const identify = async ({ id }: Connection): Promise<void> => void identified.push(id)
  const stop = keepGossipStreams({ events, getConnections: () => [closed, left], identify })
  events.safeDispatchEvent('connection:close', { detail: closed })
  expect(identified).toEqual(expected)
  stop()
  events.safeDispatchEvent('connection:close', { detail: closed })
  expect(identified).toEqual(expected)
})

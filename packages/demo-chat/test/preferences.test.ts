import { describe, expect, it } from 'vitest'
import { parseIceServers, parseRelays, textOfIceServers } from '../src/preferences.ts'

describe('servers as somebody types them', () => {
  it('are read line by line, and written back alike', () => {
    const text = 'stun:stun.example:3478\nturns:turn.example:5349?transport=tcp ada secret'
    const { iceServers } = parseIceServers(` ${text}\n\n`)
    expect(iceServers).toEqual([
      { urls: 'stun:stun.example:3478' },
      { urls: 'turns:turn.example:5349?transport=tcp', username: 'ada', credential: 'secret' },
    ])
    expect(textOfIceServers(iceServers)).toBe(text)
  })

  it.each(['turn:turn.example', 'stun:a user', 'https://stun.example', 'turn:a b c d'])(
    'are refused with the line that is wrong: %s',
    (line) => {
      expect(parseIceServers(`stun:a\n${line}`).wrong).toBe(line)
    },
  )

  it('of relays end with a peer id', () => {
    const relay = '/dns4/relay.example/tcp/443/wss/p2p/12D3KooWBhPRm2S3FUuzqKeGRoFJKh3ES5LwDwERYTrREp6xaRGg'
    expect(parseRelays(`${relay}\n`)).toEqual({ relays: [relay] })
    expect(parseRelays('relay.example').wrong).toBe('relay.example')
  })
})

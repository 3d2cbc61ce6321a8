import { describe, expect, it } from 'vitest'
import { clampBytes } from '../src/clamp.ts'
import { harmlessName, harmlessText, initial, safetyTag, tintOf } from '../src/text.ts'

describe('a name that somebody chose', () => {
  it('cannot reorder what stands around it', () => {
    const reordering = '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'
    expect(harmlessName(`Ben${reordering}gnp.exe`)).toBe('Bengnp.exe')
  })

  it('cannot hold control characters, line breaks or invisible ones', () => {
    expect(harmlessName('A\u0000na\u0007\u001b[31m\n\u2028 S\u00ad\u200bo\ufeff\u{e0041}usa\u3164')).toBe(
      'Ana[31m Sousa',
    )
  })

  it.each(['', ' \n ', '\u200d\u200d', '\u3164', '\u202e', '\u0301\u0301'])(
    'is never empty to the eye: %j',
    (name) => {
      expect(harmlessName(name)).toBe('Unnamed')
    },
  )

  it('is of bounded length and height', () => {
    expect(harmlessName('x'.repeat(10_000))).toHaveLength(32)
    expect(harmlessName(`a${'\u0301'.repeat(500)}`).length).toBeLessThan(8)
  })

  it.each(['Zoë', 'نگار\u200cخانم', '👩\u200d🚀 Ada', 'O’Brien', '李小龍'])(
    'stays as it is when it does no harm: %s',
    (name) => {
      expect(harmlessName(name)).toBe(name.normalize('NFC'))
    },
  )
})

describe('a message', () => {
  it('keeps its lines and markup, which is only text', () => {
    expect(harmlessText('a\r\nb\tc\u0000 <img src=x onerror=alert(1)>')).toBe(
      'a\nb\tc <img src=x onerror=alert(1)>',
    )
  })
})

describe('what tells namesakes apart', () => {
  it('is the end of the peer id, since all begin alike', () => {
    expect(safetyTag('12D3KooWGRUoyKZFZQZUGc2Yw9Hc1H5FoUWqfVp7pa6cjfUgnbrV')).toBe('jfUg nbrV')
  })

  it('is the same on every screen', () => {
    expect(tintOf('12D3KooWabc', 8)).toBe(tintOf('12D3KooWabc', 8))
    expect(initial('\u202eéva')).toBe('É')
  })
})

describe('a limit in bytes', () => {
  it('cuts between characters', () => {
    expect(clampBytes('héllo', 3)).toBe('hé')
    expect(clampBytes('👍👍', 7)).toBe('👍')
    expect(clampBytes('x'.repeat(1_000_000), 64)).toHaveLength(64)
  })
})

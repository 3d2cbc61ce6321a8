import { describe, expect, it } from 'vitest'
import { isEmojiAlone, partsOf, quoteOf, replyOf } from '../src/markup.ts'

describe('the markup of messages', () => {
  it('finds links, without the end of the sentence', () => {
    expect(partsOf('See https://example.org/a?b=c, or (http://localhost:80/x).')).toEqual([
      { kind: 'text', text: 'See ' },
      { kind: 'link', text: 'https://example.org/a?b=c', href: 'https://example.org/a?b=c' },
      { kind: 'text', text: ', or (' },
      { kind: 'link', text: 'http://localhost:80/x', href: 'http://localhost/x' },
      { kind: 'text', text: ').' },
    ])
  })

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)//https',
    'data:text/html,<script>alert(1)</script>',
    'https://bank.example@evil.example/',
    'https://',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
  ])('makes no link of %s', (text) => {
    expect(partsOf(text).filter(({ kind }) => kind === 'link')).toEqual([])
  })

  it('shows where a look-alike really leads', () => {
    const [link] = partsOf('https://аpple.example/')
    expect(link).toMatchObject({ kind: 'link', href: 'https://xn--pple-43d.example/' })
  })

  it('takes code as it is, links and all', () => {
    expect(partsOf('`<b>` and\n```js\nhttps://x.example\n```')).toEqual([
      { kind: 'code', text: '<b>', isBlock: false },
      { kind: 'text', text: ' and\n' },
      { kind: 'code', text: 'https://x.example', isBlock: true },
    ])
  })

  it('reads a reply as it was written', () => {
    const quote = quoteOf('Ana', '> Ben: hi\nhello\n  there')
    expect(quote).toBe('Ana: hello there')
    expect(partsOf(replyOf(quote, 'Yes'))).toEqual([
      { kind: 'quote', text: quote },
      { kind: 'text', text: 'Yes' },
    ])
  })

  it('loses nothing of any text', () => {
    for (const text of ['a `b', '``````', '> ', '>', 'https://a.b`c`', '<https://x.example>', '```\n```']) {
      const shown = partsOf(text).map((part) => part.text)
      expect(text.replaceAll(/[`>\n ]/gu, '')).toBe(shown.join('').replaceAll(/[`>\n ]/gu, ''))
    }
  })

  it('is quick with hostile text', () => {
    const start = performance.now()
    for (const piece of ['`', '```', '> ', 'https://', 'https://a(', '.,;', '`a`https://x.y'])
      partsOf(piece.repeat(16_384 / piece.length))
    expect(performance.now() - start).toBeLessThan(3_000)
  })

  it.each([
    ['👍', true],
    ['👩‍🚀 ❤️', true],
    ['42', false],
    ['👍 yes', false],
  ])('knows whether %s is emoji alone', (text, isAlone) => {
    expect(isEmojiAlone(text)).toBe(isAlone)
  })
})

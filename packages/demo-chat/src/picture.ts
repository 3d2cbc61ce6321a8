/** Which files are shown as pictures: kinds that browsers draw and that hold nothing that runs. SVG is not among them. */

const KINDS: Readonly<Record<string, (begin: string) => boolean>> = {
  'image/png': (begin) => begin.startsWith('\u0089PNG\r\n\u001A\n'),
  'image/jpeg': (begin) => begin.startsWith('\u00FF\u00D8\u00FF'),
  'image/gif': (begin) => begin.startsWith('GIF8'),
  'image/webp': (begin) => begin.startsWith('RIFF') && begin.slice(8, 12) === 'WEBP',
  'image/avif': (begin) => begin.slice(4, 12) === 'ftypavif',
}

/** The media type of a picture, given its own or how its content begins; undefined for all else. */
export function pictureTypeOf(typeOrBegin: string | Uint8Array): string | undefined {
  if (typeof typeOrBegin === 'string') return Object.hasOwn(KINDS, typeOrBegin) ? typeOrBegin : undefined
  const begin = String.fromCodePoint(...typeOrBegin)
  return Object.keys(KINDS).find((type) => KINDS[type]?.(begin))
}

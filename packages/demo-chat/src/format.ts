/** Times and sizes in the visitor's language. */
import { locale } from './words/language.ts'

export function clock(at: Date, withSeconds = false): string {
  const options = {
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds && { second: '2-digit' as const }),
  } as const
  return new Intl.DateTimeFormat(locale, options).format(at)
}

export function day(at: Date): string {
  return new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' }).format(at)
}

export function dayAndClock(at: Date): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(at)
}

export function bytesInWords(bytes: number): string {
  const [value, unit] =
    bytes < 1_000
      ? [bytes, 'byte']
      : bytes < 1_000_000
        ? [bytes / 1_000, 'kilobyte']
        : [bytes / 1_000_000, 'megabyte']
  const maximumFractionDigits = value < 10 && unit !== 'byte' ? 1 : 0
  // "312 bytes", but "9.1 kB": English has no plural for the short form.
  const unitDisplay = unit === 'byte' ? 'long' : 'short'
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay, maximumFractionDigits })
  // A unit alone on the next line says nothing.
  return format.format(value).replace(' ', '\u00A0')
}

export function listInWords(items: readonly string[]): string {
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(items)
}

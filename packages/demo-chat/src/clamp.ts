/** Limits of the protocol are in bytes of UTF-8, which no attribute of a field can express. */
const utf8 = new TextEncoder()

/** The longest beginning of a text that fits into `max` bytes, cut between characters. */
export function clampBytes(text: string, max: number): string {
  // A character has at least one byte, so this bounds the loop also for a huge paste.
  const characters = Array.from(text.slice(0, max))
  while (utf8.encode(characters.join('')).length > max) characters.pop()
  return characters.join('')
}

/** Cuts what a field holds, there as well, and returns it. */
export function clampField(field: HTMLInputElement, max: number): string {
  const clamped = clampBytes(field.value, max)
  if (clamped !== field.value) field.value = clamped
  return clamped
}

/** What a component does too early. */

/** `code` as in a `UsageError`, whose class would bring the protocol with it. */
export function noRoom(): Error & { code: string } {
  const message = 'There is no room yet. Wait until useRoom gives you one.'
  return Object.assign(new Error(message), { name: 'UsageError', code: 'no-room-yet' })
}

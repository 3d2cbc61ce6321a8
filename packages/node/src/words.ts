/** Sentences for people, about what the protocol says in codes. Each says what to do. */

const REFUSALS: Readonly<Record<string, string>> = {
  'not-a-member': 'The room does not know us as a member. Ask a member for an invite.',
  excluded: 'We were excluded from this room. Knock again, and a member may let us in.',
  'invite-needed': 'This room admits by invite only. Ask a member for one.',
  'invite-revoked':
    'This invite does not count any more, or is for another room. Ask a member for a new one.',
  'invite-expired': 'This invite has expired. Ask a member for a new one.',
  asked: 'Somebody in the room has to let us in. We wait for it.',
  destroyed: 'This room was destroyed. Ask whoever invited you for another one.',
  denied: 'Somebody in the room said no. Talk to them before you knock again: the second no is for good.',
}

/** Why nobody lets us in. */
export function refusalMessage(refusal: string): string {
  return REFUSALS[refusal] ?? `The room does not let us in (${refusal}).`
}

/** Sentences for people, about what the protocol says in codes. Each says what to do. */

const REFUSALS: Readonly<Record<string, string>> = {
  'not-a-member': 'The room does not know us as a member. Ask a member for an invite.',
  excluded: 'We were excluded from this room, and cannot come back as the same member.',
  'invite-needed': 'This room admits by invite only. Ask a member for one.',
  'invite-revoked':
    'This invite does not count any more, or is for another room. Ask a member for a new one.',
  'invite-expired': 'This invite has expired. Ask a member for a new one.',
}

/** Why nobody lets us in. */
export function refusalMessage(refusal: string): string {
  return REFUSALS[refusal] ?? `The room does not let us in (${refusal}).`
}

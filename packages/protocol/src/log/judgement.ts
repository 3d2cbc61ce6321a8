/**
 * The roster of a log that grows. `judge` says what it is, from all entries; that would cost each newcomer a look at all
 * that ever happened. Most entries are admissions and decisions that nothing speaks against: they add themselves to the
 * roster, and change nothing else in it. Those are put in here; after any other entry everything is judged again.
 */
import type { Policy } from '../group/policy.ts'
import type { PeerId } from '../ids.ts'
import type { Bitset } from './bitset.ts'
import { revokedInvite } from './decisions.ts'
import { admitted, type AdmittingEntry, compareSeniority, type Entry, isAdmitting, judge } from './roster.ts'
import type { Roster } from './roster.ts'

type Living = Map<PeerId, readonly AdmittingEntry[]>

export class Judgement {
  readonly #entries: readonly Entry[]
  readonly #countUsers: (entry: Entry) => number
  readonly #policy: Policy
  #roster: Roster
  #alive: Living = new Map()
  /** Whether the roster is that of all entries. */
  #isCurrent = true
  /** The places of entries that others may be judged by. */
  readonly #weighty = new Set<number>()
  /** From this place on all entries are plain. */
  #plainFrom = 0

  /** `entries` grows; `countUsers`: how many admissions are by the same invite as this one, itself among them. */
  constructor(entries: readonly Entry[], policy: Policy, countUsers: (entry: Entry) => number) {
    this.#entries = entries
    this.#policy = policy
    this.#roster = judge([], policy)
    this.#countUsers = countUsers
  }

  /** The roster of all entries: of this moment, the next entry changes it. */
  get roster(): Roster {
    if (!this.#isCurrent) {
      const roster = judge(this.#entries, this.#policy)
      this.#alive = new Map(roster.alive)
      this.#roster = { ...roster, alive: this.#alive }
      this.#isCurrent = true
    }
    return this.#roster
  }

  /** The roster of a part of the entries that is closed under "parent of"; of this moment, too, if it is all of them. */
  of(past: Bitset): Roster {
    const others = past.missing(this.#entries.length)
    const [first] = others
    // Not by way of the roster of all: that would be judged anew for each of many entries that follow little.
    if (first !== undefined && (first < this.#plainFrom || others.some((index) => this.#isDecision(index))))
      return judge(
        this.#entries.filter(({ index }) => past.has(index)),
        this.#policy,
      )
    const { roster } = this
    if (first === undefined) return roster
    return {
      ...roster,
      alive: without(
        roster.alive,
        others.flatMap((index) => this.#entries[index] ?? []),
      ),
    }
  }

  /** Takes note of the entry that was added last. */
  take(entry: Entry): void {
    const isPlain = this.#isCurrent && this.#isPlain(entry)
    if (!isSeal(entry) && entry.operation.body.kind !== 'admission') this.#weighty.add(entry.index)
    if (isPlain) {
      if (isAdmitting(entry)) addLiving(this.#alive, entry)
      else this.#roster = withDecision(this.#roster, entry)
      return
    }
    this.#isCurrent = false
    this.#plainFrom = entry.index + 1
  }

  /**
   * Whether an entry has no bearing on the verdict about any other, and lives itself: a seal; or one by somebody who lives,
   * that follows everything it could be concurrent with to its disadvantage, and is neither an exclusion nor a destruction,
   * nor an admission by an invite that is used up. A revocation must follow whatever it could be concurrent with to the
   * disadvantage of that.
   */
  #isPlain(entry: Entry): boolean {
    if (isSeal(entry)) return true
    const { body, author } = entry.operation
    if (body.kind === 'change' || body.kind === 'destruction' || body.kind === 'founding') return false
    const uses = (body.kind === 'admission' && body.evidence?.grant.uses) || 0
    if (uses > 0 && this.#countUsers(entry) > uses) return false
    const others = entry.past.missing(entry.index)
    const isAlone = body.kind !== 'revocation' || others.length === 0
    const followsAll = isAlone && others.every((index) => !this.#weighty.has(index))
    return followsAll && (this.#alive.get(author) ?? []).some((standing) => standing === entry.standing)
  }

  /** Whether an entry is in the roster other than by who lives. */
  #isDecision(index: number): boolean {
    const entry = this.#entries[index]
    return entry !== undefined && !isSeal(entry) && !isAdmitting(entry)
  }
}

/** The roster with one more that counts. It is not changed itself, since somebody may hold it as that of an earlier state. */
function withDecision(roster: Roster, entry: Entry): Roster {
  const { body } = entry.operation
  switch (body.kind) {
    case 'refresh':
      return { ...roster, refreshes: [...roster.refreshes, entry] }
    case 'revocation':
      return { ...roster, revoked: new Set(roster.revoked).add(revokedInvite(body)) }
    case 'denial': {
      const denials = new Map(roster.denials)
      return { ...roster, denials: denials.set(body.peer, (denials.get(body.peer) ?? 0) + 1) }
    }
    case 'vote': {
      const votes = new Map(roster.votes)
      return { ...roster, votes: votes.set(body.admission, [...(votes.get(body.admission) ?? []), entry]) }
    }
    case 'founding':
    case 'admission':
    case 'change':
    case 'destruction':
      return roster
  }
}

function isSeal({ operation: { body } }: Entry): boolean {
  return body.kind === 'change' && body.targets.length === 0
}

function addLiving(alive: Living, entry: AdmittingEntry): void {
  const peer = admitted(entry)
  alive.set(peer, [...(alive.get(peer) ?? []), entry].sort(compareSeniority))
}

function without(all: Roster['alive'], gone: readonly Entry[]): Living {
  const alive: Living = new Map(all)
  for (const entry of gone.filter(isAdmitting)) {
    const peer = admitted(entry)
    const rest = (alive.get(peer) ?? []).filter((other) => other !== entry)
    if (rest.length > 0) alive.set(peer, rest)
    else alive.delete(peer)
  }
  return alive
}

/**
 * What follows from a step, whatever it was: opens what can be opened, chooses what to send under, and sees to
 * everything that is owed. One place, so that the roles need not call each other (SPEC M4).
 */
import { covers, exclusionsLeft } from '../keys/cover.ts'
import { mayBeEntitledTo } from '../keys/entitled.ts'
import { isOutdated } from '../keys/generation.ts'
import type { VersionKeys } from '../keys/version-keys.ts'
import type { MembershipLog } from '../log/membership-log.ts'
import { admitted, type Entry, isAdmitting, type Roster } from '../log/roster.ts'
import type { OperationId, PeerId, VersionId } from '../ids.ts'
import type { ReplayWindows } from '../traffic/replay-window.ts'
import type { Beacon } from './beacon.ts'
import type { Context, Status } from './context.ts'
import type { Excluder } from './excluder.ts'
import type { HeldFrames } from './held-frames.ts'
import type { Introducer } from './introducer.ts'
import type { KeyRelay } from './key-relay.ts'
import type { Manager } from './manager.ts'
import { type SchemeState, schemeStateOf } from './member-state.ts'
import type { Newcomer } from './newcomer.ts'
import type { Cause } from './output.ts'
import type { Requests } from './requests.ts'
import type { SlotKeeper } from './slot-keeper.ts'
import type { Silence } from './silence.ts'
import type { Speaker } from './speaker.ts'
import type { Voter } from './voter.ts'
import { PARENTS_MAX } from '../limits.ts'
import { WITNESSES } from './excluder.ts'

interface Roles {
  readonly requests: Requests
  readonly excluder: Excluder
  readonly relay: KeyRelay
  readonly slots: SlotKeeper
  readonly manager: Manager
  readonly beacon: Beacon
  readonly introducer: Introducer
  readonly newcomer: Newcomer
  readonly speaker: Speaker
  readonly voter: Voter
  readonly silence: Silence
  readonly held: HeldFrames
  readonly windows: ReplayWindows
}

export class Settler {
  readonly #context: Context
  readonly #roles: Roles
  #members = new Map<PeerId, string>()
  /** The log that `#members` were told of. */
  #log: MembershipLog | undefined
  #told = ''
  /** How what we were told of last was managed; undefined while that is nothing. */
  #scheme: SchemeState | undefined
  /** Who was out when we last told of members, and how much of the log there was. */
  #toldOf: { readonly dead: Roster['dead']; readonly size: number } | undefined
  /** How much of the log we have looked at for votes. */
  #polled = 0
  /** How much of the log we have looked at for changes to bear witness of. */
  #witnessed = 0
  /** Whether we lack operations, and heads that would show that they have come after all. */
  #lacking = false
  #shown: readonly OperationId[] = []
  /** The best version that covers our view, when we do not hold it. */
  #wanted: Entry | undefined
  /** Whether the next exclusion is expected to cut a member off from changes. */
  #isWornOut = false
  #looked: { log: MembershipLog; size: number; keys: number; status: Status } | undefined

  constructor(context: Context, roles: Roles) {
    this.#context = context
    this.#roles = roles
  }

  /** Something showed that we lack operations, perhaps these; or that we lack nothing after all. */
  lack(lacking = true, shown: readonly OperationId[] = []): void {
    this.#lacking = lacking
    this.#shown = shown
  }

  get #isLacking(): boolean {
    const { log } = this.#context
    if (this.#shown.length > 0 && log.covers(this.#shown)) this.lack(false)
    return this.#lacking || log.missing.length > 0
  }

  settle(): void {
    const context = this.#context
    if (context.status !== 'joining' && context.status !== 'joined') return
    if (this.#hasMoved() && !this.#catchUp()) return
    this.#planErasure()
    this.#seeToOwed()
    this.#roles.slots.advance()
    this.#roles.speaker.flush()
  }

  /** Whether log or keys are others than when we last looked: most steps change neither, and cost next to nothing. */
  #hasMoved(): boolean {
    const { log, ring, status } = this.#context
    const before = this.#looked
    this.#looked = { log, size: log.size, keys: ring.generation, status }
    return (
      before?.log !== log ||
      before.size !== log.size ||
      before.keys !== ring.generation ||
      before.status !== status
    )
  }

  /** Draws the conclusions from a log or keys that have changed. Returns whether we are still in, or on our way. */
  #catchUp(): boolean {
    const context = this.#context
    if (this.#wasDestroyed()) return false
    for (const { version } of context.ring.openAll(context.now)) this.#relay(version)
    this.#followRevisions()
    const wanted = this.#choose()
    // Nobody was asked for this one in vain yet (SPEC J7).
    if (wanted && wanted !== this.#wanted) this.#roles.requests.progressed()
    this.#wanted = wanted
    const { current, log } = context
    this.#isWornOut = current !== undefined && exclusionsLeft(log, current.version) === 0
    if (this.#wentOut()) return false
    this.#comeIn()
    this.#tellVotes()
    this.#tellMembers()
    this.#tellKeys()
    this.#bearWitness()
    this.#release()
    return true
  }

  #relay(version: VersionId): void {
    const entry = this.#context.log.get(version)
    if (entry) this.#roles.relay.plan(entry)
  }

  /** Revisions that admissions name, also those that came before their version's keys. */
  #followRevisions(): void {
    const { log, ring, now, timing } = this.#context
    for (const keys of ring.versions)
      keys.advanceTo(log.latestRevision(keys.version), { now, lateMs: timing.lateMs })
  }

  /**
   * Takes the best version that covers our view and that we hold (SPEC K7). Returns the best that covers, when it is a
   * better one that we do not hold; undefined when there is none.
   */
  #choose(): Entry | undefined {
    const context = this.#context
    let wanted: Entry | undefined
    let chosen: VersionKeys | undefined
    for (const version of context.log.versions) {
      const held = context.ring.get(version.operation.id)
      if (held === undefined && wanted !== undefined) continue
      if (isOutdated(context.log.roster, version) || !covers(context.log, version)) continue
      chosen = held
      if (chosen !== undefined) break
      wanted ??= version
    }
    context.current = chosen
    context.ring.supersede(chosen, context.now)
    return wanted
  }

  /** Whether somebody destroyed the room (SPEC E8). */
  #wasDestroyed(): boolean {
    const { destroyed } = this.#context.log.roster
    if (destroyed === undefined) return false
    const { author, body } = destroyed.operation
    const to = body.kind === 'destruction' ? body.successor : undefined
    this.#context.notify({ event: 'destroyed', by: author, ...(to && { to }) })
    this.end('destroyed')
    return true
  }

  /** Whether we are on the roster no more (SPEC E5). */
  #wentOut(): boolean {
    const { log, self } = this.#context
    if (this.#context.isMember) return false
    const own = log.entries.filter(isAdmitting).filter((entry) => admitted(entry) === self)
    const ending = own.flatMap((entry) => log.roster.endings.get(entry.operation.id) ?? []).at(-1)
    const { status } = this.#context
    // Nobody ended our admission: it is void, and who gave it was no member. Somebody else may let us in.
    if (ending === undefined && status === 'joined') this.#roles.newcomer.startOver()
    // Who was out before and knocks again finds its old end in the log.
    const isOld = status === 'joining' && (ending?.left || !this.#context.wasMember)
    if (ending === undefined || isOld) return status === 'joined'
    const { author, body } = ending.by.operation
    const isMoved = body.successor !== undefined
    if (body.successor) this.#context.notify({ event: 'moved', by: author, to: body.successor })
    else if (ending.left) this.#context.notify({ event: 'left' })
    else this.#context.notify({ event: 'excluded', by: author, reason: body.reason })
    this.end(isMoved ? 'moved' : ending.left ? 'left' : 'excluded')
    return true
  }

  /** Erases all keys and stops: there is nothing more to do in this room. */
  end(status: 'left' | 'excluded' | 'destroyed' | 'moved'): void {
    const context = this.#context
    context.status = status
    this.#looked = undefined
    context.current = undefined
    context.ring.eraseAll()
    context.agenda.clear()
    this.#roles.requests.forgetAll()
    this.#roles.held.clear()
  }

  #comeIn(): void {
    const context = this.#context
    const { current, log } = context
    if (context.status !== 'joining' || current === undefined || !context.isMember) return
    context.status = 'joined'
    this.#roles.newcomer.joined()
    this.#roles.beacon.start()
    const { version, revision } = current
    context.notify({
      event: 'joined',
      version,
      revision,
      members: log.roster.alive.size,
      ...schemeStateOf(context),
    })
    // Who comes back after a sleep hears what happened meanwhile.
    if (this.#log !== log) {
      this.#members = new Map(context.others.map((peer) => [peer, context.nameOf(peer)]))
      this.#polled = log.size
    }
    this.#log = log
  }

  /** Votes that came since we last told of them and count: before those are told to be out who were voted out by them. */
  #tellVotes(): void {
    const context = this.#context
    if (context.status !== 'joined') return
    const { log } = context
    const fresh = log.entries.slice(this.#polled)
    this.#polled = log.size
    for (const entry of fresh) {
      const { author, body } = entry.operation
      const cast = (body.kind === 'vote' && log.roster.votes.get(body.admission)) || []
      const about = body.kind === 'vote' ? log.get(body.admission) : undefined
      if (!cast.includes(entry) || !about || !isAdmitting(about)) continue
      const peer = admitted(about)
      const votes = new Set(cast.map(({ operation }) => operation.author)).size
      const [name, byName] = [context.nameOf(peer), context.nameOf(author)]
      context.notify({ event: 'vote', peer, name, by: author, byName, votes })
    }
  }

  #tellMembers(): void {
    const context = this.#context
    if (context.status !== 'joined') return
    const { log, self } = context
    for (const peer of this.#mayHaveCome()) {
      if (peer === self || this.#members.has(peer) || !log.roster.alive.has(peer)) continue
      const name = context.nameOf(peer)
      this.#members.set(peer, name)
      context.notify({ event: 'member', peer, name, change: 'admitted' })
      this.#roles.beacon.supposeOnline(peer)
    }
    // Else there are as many as there are others, and none of them has gone.
    if (this.#members.size < log.roster.alive.size) return
    for (const [peer, name] of this.#members) {
      if (log.roster.alive.has(peer)) continue
      this.#members.delete(peer)
      this.#roles.windows.keepOnly(log.roster.alive)
      context.notify({ event: 'member', peer, name, change: this.#hasLeft(peer) ? 'left' : 'excluded' })
    }
  }

  /** Those who may be members since we last told of them: whoever was admitted; anybody, if all was judged anew. */
  #mayHaveCome(): Iterable<PeerId> {
    const { log } = this.#context
    const { alive, dead } = log.roster
    const before = this.#toldOf
    this.#toldOf = { dead, size: log.size }
    if (before?.dead !== dead) return alive.keys()
    return log.entries.slice(before.size).filter(isAdmitting).map(admitted)
  }

  /**
   * Says at once that we know of a change, if we are among the three whom its author waits for (SPEC E3); and of an
   * admission, if we are the one that lets the newcomer speak (SPEC J6).
   */
  #bearWitness(): void {
    const { log, status } = this.#context
    const fresh = log.entries.slice(this.#witnessed)
    this.#witnessed = log.size
    this.#roles.introducer.learn(fresh)
    if (status === 'joined' && fresh.some((entry) => this.#isWitness(entry))) this.#roles.beacon.beatSoon()
  }

  #isWitness(entry: Entry): boolean {
    const { self } = this.#context
    const { author, id, body } = entry.operation
    if (author === self || (isAdmitting(entry) && admitted(entry) === self)) return false
    const without = isAdmitting(entry) ? [author, admitted(entry)] : [author]
    return this.#context.rank(`witness ${id}`, without) < (body.kind === 'change' ? WITNESSES : 1)
  }

  #hasLeft(peer: PeerId): boolean {
    const { dead, endings } = this.#context.log.roster
    const last = [...dead.values()].filter((entry) => admitted(entry) === peer).at(-1)
    return last !== undefined && (endings.get(last.operation.id) ?? []).some(({ left }) => left)
  }

  #tellKeys(): void {
    const { current, log, status } = this.#context
    if (current === undefined || status !== 'joined') return
    const { version, revision } = current
    const now = `${version} ${revision}`
    if (now === this.#told) return
    const state = schemeStateOf(this.#context)
    const isOther = this.#scheme?.scheme !== state.scheme || this.#scheme.manager !== state.manager
    const cause = this.#told.startsWith(version) ? 'introduction' : this.#causeOf(log.get(version), isOther)
    this.#told = now
    this.#scheme = state
    this.#context.notify({ event: 'keys', version, revision, heads: log.heads, ...state, cause })
  }

  /** `isOther`: whether it is managed otherwise than what we sent under before. */
  #causeOf(version: Entry | undefined, isOther: boolean): Cause {
    const body = version?.operation.body
    if (body?.kind === 'refresh') return isOther && this.#scheme ? 'transition' : 'refresh'
    if (body?.kind !== 'change') return 'founding'
    if (body.targets.length === 0) return 'seal'
    return body.targets.every(({ leave }) => leave !== undefined) ? 'leave' : 'exclusion'
  }

  #planErasure(): void {
    const { ring, agenda, now } = this.#context
    const next = ring.erase(now)
    if (Number.isFinite(next)) agenda.set('erase', next, () => undefined)
  }

  /** Asks for what we lack; seals what has to be sealed. */
  #seeToOwed(): void {
    const wanted = this.#wanted
    const { status, current, log, now, agenda, self } = this.#context
    if (status !== 'joined' && !this.#context.isMember) return
    const { requests, excluder, held, manager, voter, silence } = this.#roles
    if (this.#context.isReady) {
      manager.plan()
      voter.plan()
      silence.plan()
    }
    if (status === 'joined' && this.#context.confirmed)
      excluder.planSeal(current === undefined && wanted === undefined)
    if (current) agenda.cancel('supersede')
    if (wanted && status === 'joined')
      excluder.planSupersede(wanted.operation.id, () => this.#wanted?.operation.id)
    // Else nobody could name all that it knows, and pages of the log would not end (SPEC L20).
    if (current && this.#context.isReady && log.heads.length > PARENTS_MAX)
      excluder.oweChangeFor(current.version)
    if (current && this.#isWornOut && this.#context.isReady) excluder.planRefresh(current.version)
    if (wanted) requests.hint(wanted.operation.author)
    // A frame may wait for a version that is not the best one: what was said under it was said to us all the same. Unless we
    // came later: nobody gives us that one, and there is no use in asking (SPEC K10).
    const awaited = held.awaitedVersions(now).filter((id) => !this.#context.isForeign(id))
    const unknown = held.awaitsSender(now) || awaited.some((id) => log.get(id) === undefined)
    const others = awaited.filter((id) => id !== wanted?.operation.id && mayBeEntitledTo(log, id, self))
    const isAsked = wanted && !this.#roles.relay.mayCome(wanted)
    const versions = isAsked ? [wanted.operation.id, ...others] : others
    if (versions.length > 0 || unknown || this.#isLacking) requests.sync(versions)
  }

  #release(): void {
    const { ring, log, now } = this.#context
    const released = this.#roles.held.release(now, (awaits) =>
      'version' in awaits
        ? ring.get(awaits.version) !== undefined || ring.isErased(awaits.version)
        : log.roster.alive.has(awaits.sender),
    )
    for (const inbound of released) this.#context.emit({ kind: 'retry', inbound })
  }
}

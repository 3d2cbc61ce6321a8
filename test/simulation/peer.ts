/** One simulated process: a member, its shell, and what its user saw. */
import {
  decodeInvite,
  type Entrance,
  isRejection,
  makeProof,
  nobleSigner,
  type Member,
  type MemberState,
  type Notification,
  type Operation,
  type Output,
  type PeerId,
  type Signer,
  type StepContext,
  type Wish,
} from '@conclave/protocol'
import type { World } from './world.ts'

export class SimPeer {
  readonly label: string
  readonly signer: Signer
  /** Replaced by a restart. */
  member: Member
  readonly seen: Notification[] = []
  /** What is on its disk. */
  readonly stored: Operation[] = []
  alive = true
  /** Peers in different compartments do not reach each other. */
  compartment = 0
  /** Sends, but nothing reaches it: a member that goes on without knowing what the others did. */
  deaf = false
  /** Frozen: it does nothing, and what is sent to it is lost. */
  asleep = false
  readonly #world: World

  constructor(world: World, label: string, init: { signer: Signer; member: Member }) {
    this.#world = world
    this.label = label
    this.signer = init.signer
    this.member = init.member
  }

  get id(): PeerId {
    return this.member.self
  }

  get state(): MemberState {
    return this.member.state
  }

  get isJoined(): boolean {
    return this.alive && !this.asleep && this.member.unsafeInsideForTests.status === 'joined'
  }

  get texts(): string[] {
    return this.seen.flatMap((notification) => (notification.event === 'message' ? [notification.text] : []))
  }

  start(entrance: Entrance): void {
    this.#act((at) => this.member.start(entrance, at))
  }

  say(text: string): void {
    this.#act((at) => this.member.say(text, at))
  }

  act(name: string, data: ArrayLike<number>, others: readonly SimPeer[] = []): void {
    const action = {
      name,
      to: others.map(({ id }) => id),
      form: 'bytes',
      data: Uint8Array.from(data),
    } as const
    this.#act((at) => this.member.act(action, at))
  }

  exclude(others: readonly SimPeer[], reason = ''): void {
    const peers = others.map(({ id }) => id)
    this.#act((at) => this.member.exclude(peers, reason, at))
  }

  /** Enters by an invite's text. */
  enter(invite: string): void {
    const { group, signer } = { group: this.#world.group, signer: this.signer }
    const { grant, seed } = decodeInvite(invite, this.#world.suite, 0)
    const proof = makeProof(group.id, nobleSigner(seed), signer.publicKey)
    this.start({ kind: 'join', evidence: { grant, proof } })
  }

  /** An invite's text. */
  invite(uses = 0): string {
    return this.member.invite({ ttl: 0, uses, relays: [] }, this.#world.step())
  }

  decide(wish: Wish): void {
    this.#act((at) => this.member.decide(wish, at))
  }

  leave(): void {
    this.#act((at) => this.member.leave(at))
  }

  crash(): void {
    this.alive = false
  }

  /** Comes back as a new process with the same identity and what was on its disk. */
  restart(): void {
    this.member = this.#world.memberFor(this.signer, this.label)
    this.alive = true
    this.asleep = false
    this.#act((at) => this.member.restore([...this.stored], at))
    this.start({ kind: 'join' })
  }

  sleep(): void {
    this.asleep = true
  }

  wake(): void {
    this.asleep = false
    this.tick()
  }

  /** Its network came, or came back. */
  comeOnline(): void {
    this.#act((at) => this.member.wake(at))
  }

  receive(bytes: Uint8Array, from: string): void {
    if (!this.alive || this.deaf || this.asleep) return
    const inbound = { bytes, from }
    const screened = this.member.screen(inbound, this.#world.now)
    if (isRejection(screened)) {
      this.#world.count(screened.rejected)
      return
    }
    if (screened.kind === 'waiting') {
      this.#act((at) => this.member.hold(inbound, at))
      return
    }
    if (!screened.claims.every((claim) => this.#world.suite.verify(claim))) {
      this.#world.count('bad-signature')
      return
    }
    this.#act((at) => this.member.handle(screened, at))
  }

  tick(): void {
    this.#act((at) => this.member.tick(at))
  }

  /** Runs one step and carries out what it asks for. */
  #act(step: (at: StepContext) => Output[]): void {
    if (!this.alive || this.asleep) return
    // What is due runs as a step of its own, so that whoever watches sees the view that each frame was sent in.
    const { nextDeadline } = this.member
    if (nextDeadline !== undefined && nextDeadline <= this.#world.now) {
      this.#carryOut(this.member.tick(this.#world.step()))
    }
    this.#carryOut(step(this.#world.step()))
    this.#world.schedule(this)
  }

  #carryOut(outputs: readonly Output[]): void {
    this.#world.onStep(this, outputs)
    for (const output of outputs) this.#world.carryOut(this, output)
  }
}

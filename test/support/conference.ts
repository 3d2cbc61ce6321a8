/** A relay and headless peers as processes of their own, on loopback. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CliProcess, type JsonObject } from '../../scripts/cli-process.ts'
import { until } from './until.ts'

export interface PeerSpec {
  name: string
  /** Absent: it founds the room. */
  invite?: string
  flags?: string[]
  /** Where it is met, without an invite; all there are by default. */
  relays?: readonly RelaySite[]
  /** Keeps identity and store, so that it can come back. */
  isKept?: boolean
  /** For Node itself, e.g. a module that makes the process crash at a certain point. */
  nodeFlags?: string[]
}

export interface MemberLine {
  peer: string
  name: string
  online: boolean
  votes?: number
  via?: string
}

export interface RelaySite {
  process: CliProcess
  readonly address: string
  /** Where its identity is kept. */
  readonly identity: string
}

/** One process under test. */
export class Peer {
  readonly name: string
  readonly process: CliProcess
  #id: string | undefined

  constructor(name: string, process: CliProcess) {
    this.name = name
    this.process = process
  }

  async joined(ms?: number): Promise<JsonObject> {
    const event = await this.process.expect('joined', {}, ms)
    this.#id = String(event['peer'])
    return event
  }

  /** Its peer id, once it has joined. */
  get id(): string {
    if (this.#id === undefined) throw new Error(`${this.name} has not joined`)
    return this.#id
  }

  async say(text: string): Promise<void> {
    await this.process.command('send', { text })
  }

  async hears(text: string, ms?: number): Promise<JsonObject> {
    return await this.process.expect('message', { text, verified: true }, ms)
  }

  get heard(): string[] {
    return this.process.seen('message').map(({ text }) => String(text))
  }

  async members(): Promise<MemberLine[]> {
    return (await this.process.command('members'))['members'] as MemberLine[]
  }

  async state(): Promise<JsonObject> {
    return await this.process.command('state')
  }
}

export class Conference {
  readonly peers: Peer[] = []
  readonly relays: RelaySite[] = []
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  static async start({ relays = 1 } = {}): Promise<Conference> {
    const conference = new Conference(await mkdtemp(join(tmpdir(), 'conclave-test-')))
    for (let i = 0; i < relays; i++) await conference.#addRelay(`relay-${i}.identity`)
    return conference
  }

  async #addRelay(name: string): Promise<void> {
    const identity = this.directory(name)
    const started = await startRelay(identity, '/ip4/127.0.0.1/tcp/0/ws')
    this.relays.push({ ...started, identity })
  }

  get relay(): CliProcess {
    return this.#site.process
  }

  get relayAddress(): string {
    return this.#site.address
  }

  get #site(): RelaySite {
    const [site] = this.relays
    if (site === undefined) throw new Error('The conference has no relay.')
    return site
  }

  /** Starts the relay again, where and as who it was before. */
  async restartRelay(site = this.#site): Promise<void> {
    const { process } = await startRelay(site.identity, site.address.split('/p2p/')[0] ?? '')
    site.process = process
  }

  /** A directory that is removed with the conference. */
  directory(name: string): string {
    return join(this.#directory, name)
  }

  /** Starts a peer without waiting for it to be in. */
  spawn({ name, invite, flags = [], relays = this.relays, isKept = false, nodeFlags = [] }: PeerSpec): Peer {
    const founding = relays.flatMap(({ address }) => ['--relay', address])
    const where = invite === undefined ? founding : [invite]
    const kept = isKept ? this.#keeping(name) : []
    return this.#start(name, [...where, ...kept, ...flags], nodeFlags)
  }

  /** Starts a kept peer again: it has its identity, its store, and nothing else to go by. */
  again({ name }: Peer, flags: string[] = [], nodeFlags: string[] = []): Peer {
    return this.#start(name, [...this.#keeping(name), ...flags], nodeFlags)
  }

  #start(name: string, args: string[], nodeFlags: string[]): Peer {
    const peer = new Peer(name, new CliProcess(['peer', ...args, '--name', name], nodeFlags))
    this.peers.push(peer)
    return peer
  }

  #keeping(name: string): string[] {
    return ['--identity', this.directory(`${name}.identity`), '--store', this.storeOf(name)]
  }

  /** The directory that a kept peer of that name has its store in. */
  storeOf(name: string): string {
    return this.directory(`${name}.store`)
  }

  /** A room of peers that have all joined and know of each other. */
  async room(
    count: number,
    flags: string[] = [],
    rest: Pick<PeerSpec, 'isKept' | 'nodeFlags'> = {},
  ): Promise<{ peers: Peer[]; invite: string }> {
    const founder = this.spawn({ name: 'peer 1', flags, ...rest })
    await founder.joined()
    const invite = await this.invite(founder)
    const others = Array.from({ length: count - 1 }, (_, i) =>
      this.spawn({ name: `peer ${i + 2}`, invite, flags, ...rest }),
    )
    await Promise.all(others.map(async (peer) => await peer.joined()))
    const peers = [founder, ...others]
    await this.agree(peers)
    return { peers, invite }
  }

  async invite(peer: Peer): Promise<string> {
    return String((await peer.process.command('invite'))['url'])
  }

  /** Waits until all are under one version and revision, with one set of heads and `count` members on the roster. */
  async agree(peers: readonly Peer[], ms = 20_000, count = peers.length): Promise<JsonObject> {
    return await until(
      async () => {
        const states = await Promise.all(peers.map(async (peer) => await peer.state()))
        const [first] = states
        const keys = states.map(({ version, revision, heads, members }) =>
          JSON.stringify([version, revision, heads, members]),
        )
        const isOne =
          new Set(keys).size === 1 && first?.['members'] === count && first['version'] !== undefined
        return isOne ? first : undefined
      },
      { ms, what: `${peers.length} peers agree` },
    )
  }

  /** Waits until each of them is connected to each other directly. */
  async meshed(peers: readonly Peer[]): Promise<void> {
    await until(
      async () => {
        const lists = await Promise.all(
          peers.map(async (peer) => (await peer.members()).filter(({ peer: id }) => id !== peer.id)),
        )
        return lists.every((list) => list.every(({ via }) => via === 'webrtc'))
      },
      { ms: 30_000, what: 'every connection is WebRTC' },
    )
  }

  /**
   * Has each say something and waits until each other has heard it. They share a revision first: what is said by somebody who
   * does not know of a newcomer yet is not meant for it.
   */
  async converse(peers: readonly Peer[], occasion: string): Promise<void> {
    await until(
      async () => {
        const states = await Promise.all(peers.map(async (peer) => await peer.state()))
        const keys = new Set(states.map(({ version, revision }) => JSON.stringify([version, revision])))
        return keys.size === 1 && states[0]?.['version'] !== undefined
      },
      { what: `${peers.length} peers share a revision` },
    )
    for (const peer of peers) await peer.say(`${occasion}: ${peer.name}`)
    for (const peer of peers) {
      for (const other of peers) if (other !== peer) await other.hears(`${occasion}: ${peer.name}`)
    }
  }

  async stop(): Promise<void> {
    const processes = [...this.peers, ...this.relays].map(({ process }) => process)
    await Promise.all(processes.map(async (process) => await process.stop()))
    await rm(this.#directory, { recursive: true, force: true })
  }
}

async function startRelay(
  identity: string,
  listen: string,
): Promise<{ process: CliProcess; address: string }> {
  const process = new CliProcess(['relay', '--listen', listen, '--identity', identity])
  const { multiaddrs } = await process.expect('listening')
  if (!Array.isArray(multiaddrs)) throw new Error('The relay did not say where it listens.')
  return { process, address: String(multiaddrs[0]) }
}

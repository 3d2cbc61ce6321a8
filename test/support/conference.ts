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
  /** For Node itself, e.g. a module that makes the process crash at a certain point. */
  nodeFlags?: string[]
}

export interface MemberLine {
  peer: string
  name: string
  online: boolean
  via?: string
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
  readonly #directory: string
  relay: CliProcess
  relayAddress: string

  private constructor(directory: string, relay: CliProcess, relayAddress: string) {
    this.#directory = directory
    this.relay = relay
    this.relayAddress = relayAddress
  }

  static async start(): Promise<Conference> {
    const directory = await mkdtemp(join(tmpdir(), 'conclave-test-'))
    const { relay, address } = await startRelay(directory, '/ip4/127.0.0.1/tcp/0/ws')
    return new Conference(directory, relay, address)
  }

  /** Starts the relay again, where and as who it was before. */
  async restartRelay(): Promise<void> {
    const listen = this.relayAddress.split('/p2p/')[0] ?? ''
    const { relay } = await startRelay(this.#directory, listen)
    this.relay = relay
  }

  /** A directory that is removed with the conference. */
  directory(name: string): string {
    return join(this.#directory, name)
  }

  /** Starts a peer without waiting for it to be in. */
  spawn({ name, invite, flags = [], nodeFlags = [] }: PeerSpec): Peer {
    const where = invite === undefined ? ['--relay', this.relayAddress] : [invite]
    const peer = new Peer(name, new CliProcess(['peer', ...where, '--name', name, ...flags], nodeFlags))
    this.peers.push(peer)
    return peer
  }

  /** A room of peers that have all joined and know of each other. */
  async room(count: number, flags: string[] = []): Promise<{ peers: Peer[]; invite: string }> {
    const founder = this.spawn({ name: 'peer 1', flags })
    await founder.joined()
    const invite = await this.invite(founder)
    const others = Array.from({ length: count - 1 }, (_, i) =>
      this.spawn({ name: `peer ${i + 2}`, invite, flags }),
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

  /** Has each say something and waits until each other has heard it. */
  async converse(peers: readonly Peer[], occasion: string): Promise<void> {
    for (const peer of peers) await peer.say(`${occasion}: ${peer.name}`)
    for (const peer of peers) {
      for (const other of peers) if (other !== peer) await other.hears(`${occasion}: ${peer.name}`)
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.peers.map(async (peer) => await peer.process.stop()), this.relay.stop()])
    await rm(this.#directory, { recursive: true, force: true })
  }
}

async function startRelay(
  directory: string,
  listen: string,
): Promise<{ relay: CliProcess; address: string }> {
  const relay = new CliProcess(['relay', '--listen', listen, '--identity', join(directory, 'relay.identity')])
  const { multiaddrs } = await relay.expect('listening')
  if (!Array.isArray(multiaddrs)) throw new Error('The relay did not say where it listens.')
  return { relay, address: String(multiaddrs[0]) }
}
